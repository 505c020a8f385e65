"""The steps around a vocabulary as each class of transformers 5 builds them: one function a step, one row a class."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from attncli.tokenizer.class_tokens import (
    ALBERT,
    BERT,
    BLANKS,
    BLENDERBOT,
    COHERE,
    DEBERTA,
    GEMMA,
    GPT2,
    LLAMA,
    MASK,
    NOT_USED,
    PEGASUS,
    QWEN,
    ROBERTA,
    SENTENCES,
    T5,
)
from attncli.tokenizer.form import QWEN2
from attncli.tokenizer.kind import TWICE_APART, TWO_SEGMENTS, Kind, Work, byte_pairs, put_around, with_steps
from attncli.tokenizer.language_codes import MBART, MBART50, NLLB
from attncli.tokenizer.settings import extra_tokens
from attncli.tokenizer.unigram_kinds import (
    after_albert,
    after_deberta,
    after_sentencepiece,
    after_t5,
    albert,
    camembert,
    charsmap,
    deberta_v2,
    mbart,
    nllb,
    pegasus,
    sentencepiece,
    spaced,
    t5,
    unigrams,
)


def _bert(work: Work) -> Any:
    library, settings, model = work.library, work.settings, work.tokenizer.model
    model.unk_token, model.max_input_chars_per_word, model.continuing_subword_prefix = work.text("unk_token"), 100, "##"
    normalizer = library.normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
        lowercase=settings.get("do_lower_case", True),
    )
    return with_steps(work, model, normalizer, library.pre_tokenizers.BertPreTokenizer())


def _after_bert(work: Work) -> None:
    first, last = (
        (work.text("cls_token"), work.number("cls_token", 2)),
        (work.text("sep_token"), work.number("sep_token", 3)),
    )
    put_around(work, first, last, TWO_SEGMENTS)


def _after_mpnet(work: Work) -> None:
    work.tokenizer.post_processor = work.library.processors.RobertaProcessing(
        (work.text("sep_token"), work.number("sep_token", 2)), (work.text("cls_token"), work.number("cls_token", 0))
    )


def _bytes(work: Work, keep_after: bool = False) -> Any:
    cut = work.library.pre_tokenizers.ByteLevel(add_prefix_space=bool(work.settings.get("add_prefix_space")))
    return with_steps(work, byte_pairs(work), None, cut, keep_after=keep_after)


def _blenderbot(work: Work) -> Any:
    return _bytes(replace(work, settings={"add_prefix_space": True} | work.settings), keep_after=True)


def _gpt_neox(work: Work) -> Any:
    fresh = _bytes(work)
    fresh.normalizer = work.library.normalizers.NFC()
    return fresh


def _cohere(work: Work) -> Any:
    library, fresh = work.library, _bytes(work, keep_after=True)
    digits = library.pre_tokenizers.Digits(individual_digits=True)
    fresh.normalizer = library.normalizers.NFC()
    fresh.pre_tokenizer = library.pre_tokenizers.Sequence([digits, fresh.pre_tokenizer])
    return fresh


def _after_roberta(work: Work) -> None:
    work.tokenizer.post_processor = work.library.processors.RobertaProcessing(
        (work.text("sep_token"), work.number("sep_token")),
        (work.text("cls_token"), work.number("cls_token")),
        work.settings.get("trim_offsets", True),
        bool(work.settings.get("add_prefix_space")),
    )


def _llama(work: Work) -> Any:
    prefix = work.settings.get("add_prefix_space")
    first = "always" if work.settings.get("legacy", False) else "first"
    scheme = "never" if prefix is not None and not prefix else first
    cut = work.library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme, split=False)
    return with_steps(work, byte_pairs(work, fuse=True, fallback=True), None, cut, keep_after=True)


def _gemma(work: Work) -> Any:
    cut = work.library.pre_tokenizers.Split(" ", "merged_with_previous")
    model = byte_pairs(work, work.text("unk_token"), fuse=True, fallback=True)
    return with_steps(work, model, work.library.normalizers.Replace(" ", "▁"), cut, keep_after=True)


def _qwen2(work: Work) -> Any:
    library, prefix = work.library, bool(work.settings.get("add_prefix_space"))
    cut = library.pre_tokenizers.Sequence(
        [
            library.pre_tokenizers.Split(library.Regex(QWEN2), behavior="isolated", invert=False),
            library.pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=False),
        ]
    )
    return with_steps(work, byte_pairs(work), library.normalizers.NFC(), cut, keep_after=True)


def _after_qwen2(work: Work) -> None:
    texts = dict.fromkeys(token.content for token in [*work.special.values(), *extra_tokens(work.settings)])
    work.tokenizer.add_tokens([work.library.AddedToken(text, special=True) for text in texts])


KINDS: Mapping[str, Kind] = {
    "bert": Kind("WordPiece", BERT, _bert, _after_bert),
    "mpnet": Kind("WordPiece", ROBERTA | {"unk_token": "[UNK]", "mask_token": MASK}, _bert, _after_mpnet),
    "roberta": Kind("BPE", ROBERTA, _bytes, _after_roberta, of_bytes=True),
    "blenderbot": Kind("BPE", BLENDERBOT, _blenderbot, of_bytes=True, takes_spaces=True),
    "gpt2": Kind("BPE", GPT2, lambda work: _bytes(work, keep_after=True), of_bytes=True),
    "gpt_neox": Kind("BPE", GPT2 | {"pad_token": "<|padding|>"}, _gpt_neox, of_bytes=True),
    "cohere": Kind("BPE", COHERE, _cohere, of_bytes=True),
    "llama": Kind("BPE", LLAMA, _llama),
    "gemma": Kind("BPE", GEMMA, _gemma),
    "qwen2": Kind("BPE", QWEN, _qwen2, _after_qwen2, of_bytes=True),
    "xlm-roberta": Kind("Unigram", ROBERTA, lambda work: sentencepiece(work, 3), after_sentencepiece),
    "albert": Kind("Unigram", ALBERT, albert, after_albert),
    "deberta": Kind("BPE", DEBERTA, _bytes, partial(after_deberta, pair=TWICE_APART), of_bytes=True),
    "deberta-v2": Kind("Unigram", DEBERTA, deberta_v2, after_deberta),
    "t5": Kind("Unigram", T5, t5, after_t5, tuple(BLANKS), always=True),
    "camembert": Kind("Unigram", ROBERTA | {"mask_token": MASK}, camembert, after_sentencepiece, tuple(NOT_USED)),
    "mbart": Kind("Unigram", ROBERTA | {"mask_token": MASK}, mbart, extra=MBART, always=True),
    "mbart50": Kind(
        "Unigram",
        {name: token for name, token in ROBERTA.items() if name != "bos_token"} | {"mask_token": MASK},
        lambda work: spaced(work, unigrams(work, 3), charsmap(work)),
        extra=MBART50,
        always=True,
        takes_spaces=True,
    ),
    "nllb": Kind("BPE", ROBERTA | {"mask_token": MASK}, nllb, extra=NLLB, saved=True, takes_spaces=True),
    "pegasus": Kind("Unigram", PEGASUS, pegasus, partial(after_t5, between=False), tuple(SENTENCES), always=True),
}
