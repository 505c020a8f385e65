"""The steps around a vocabulary as each class of transformers 5 builds them: one function a step, one row a class."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from attncli.tokenizer.language_codes import MBART, MBART50, NLLB
from attncli.tokenizer.settings import AddedToken, Settings, extra_tokens

#: Two texts in one input: the token in front of a text, the one behind it, and the segment of each; or no segments.
TWO_SEGMENTS = "{0}:0 $A:0 {1}:0 $B:1 {1}:1"
TWICE_APART = "{0} $A {1} {1} $B {1}"


@dataclass(frozen=True)
class Work:
    """The material of a kind: the library, the tokenizer as its file has it, the file's bytes, and the settings."""

    library: Any
    tokenizer: Any
    data: bytes
    settings: Settings
    special: Mapping[str, AddedToken] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The special token, or "None" without one, as transformers writes it."""
        return self.special[name].content if name in self.special else "None"

    def number(self, name: str, default: int | None = None) -> Any:
        """The id of a special token."""
        found = self.tokenizer.token_to_id(self.text(name))
        return default if found is None else found


@dataclass(frozen=True)
class Kind:
    """A class: the model that its vocabulary is for, its special tokens, and the steps built before and after them.

    extra: special tokens that are added where the settings list none; saved: only to those of a tokenizer.json.
    of_bytes: the vocabulary is of bytes, and one with ▁ for the space is of no use to it; always: whether its steps are
    built without a tokenizer_config.json too; takes_spaces: the mask takes those in front of it, however it is named.
    """

    model: str
    defaults: Settings
    before: Callable[[Work], Any]
    after: Callable[[Work], None] = lambda work: None
    extra: tuple[str, ...] = ()
    of_bytes: bool = False
    always: bool = False
    saved: bool = False
    takes_spaces: bool = False


def _with(work: Work, model: Any, normalizer: Any, cut: Any, *, keep_after: bool = False) -> Any:
    """A tokenizer of a model and two steps, with the file's own third one if it is kept."""
    fresh = work.library.Tokenizer(model)
    if normalizer is not None:
        fresh.normalizer = normalizer
    fresh.pre_tokenizer = cut
    if keep_after and work.tokenizer.post_processor is not None:
        fresh.post_processor = work.tokenizer.post_processor
    return fresh


def _bert(work: Work) -> Any:
    library, settings, model = work.library, work.settings, work.tokenizer.model
    model.unk_token, model.max_input_chars_per_word, model.continuing_subword_prefix = work.text("unk_token"), 100, "##"
    normalizer = library.normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        strip_accents=settings.get("strip_accents"),
        lowercase=settings.get("do_lower_case", True),
    )
    return _with(work, model, normalizer, library.pre_tokenizers.BertPreTokenizer())


def _after_bert(work: Work) -> None:
    first, last = (
        (work.text("cls_token"), work.number("cls_token", 2)),
        (work.text("sep_token"), work.number("sep_token", 3)),
    )
    _put_around(work, first, last, TWO_SEGMENTS)


def _after_mpnet(work: Work) -> None:
    work.tokenizer.post_processor = work.library.processors.RobertaProcessing(
        (work.text("sep_token"), work.number("sep_token", 2)), (work.text("cls_token"), work.number("cls_token", 0))
    )


def _put_around(work: Work, first: tuple[str, int], last: tuple[str, int], pair: str) -> None:
    """A token in front of every text, and one behind it; `pair` says it of two texts, and their segments."""
    work.tokenizer.post_processor = work.library.processors.TemplateProcessing(
        single=[first[0], "$A", last[0]],
        pair=[each.format(first[0], last[0]) for each in pair.split()],
        special_tokens=[first, last],
    )


def _byte_pairs(work: Work, unk: str | None = None, fuse: bool = False, fallback: bool = False) -> Any:
    model = work.tokenizer.model
    model.unk_token, model.fuse_unk, model.byte_fallback, model.ignore_merges = unk, fuse, fallback, False
    model.continuing_subword_prefix = model.end_of_word_suffix = ""
    return model


def _bytes(work: Work, keep_after: bool = False) -> Any:
    cut = work.library.pre_tokenizers.ByteLevel(add_prefix_space=bool(work.settings.get("add_prefix_space")))
    return _with(work, _byte_pairs(work), None, cut, keep_after=keep_after)


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
    return _with(work, _byte_pairs(work, fuse=True, fallback=True), None, cut, keep_after=True)


def _gemma(work: Work) -> Any:
    cut = work.library.pre_tokenizers.Split(" ", "merged_with_previous")
    model = _byte_pairs(work, work.text("unk_token"), fuse=True, fallback=True)
    return _with(work, model, work.library.normalizers.Replace(" ", "▁"), cut, keep_after=True)


def _qwen2(work: Work) -> Any:
    library, prefix = work.library, bool(work.settings.get("add_prefix_space"))
    cut = library.pre_tokenizers.Sequence(
        [
            library.pre_tokenizers.Split(library.Regex(QWEN2), behavior="isolated", invert=False),
            library.pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=False),
        ]
    )
    return _with(work, _byte_pairs(work), library.normalizers.NFC(), cut, keep_after=True)


def _after_qwen2(work: Work) -> None:
    texts = dict.fromkeys(token.content for token in [*work.special.values(), *extra_tokens(work.settings)])
    work.tokenizer.add_tokens([work.library.AddedToken(text, special=True) for text in texts])


def _sentencepiece(work: Work, unknown: int, normalizer: Any = None) -> Any:
    """SentencePiece's unigrams as XLM-R has them: of the file's normalizer its table of characters alone."""
    library, prefix = work.library, work.settings.get("add_prefix_space", True)
    cut = library.pre_tokenizers.Sequence(
        [
            library.pre_tokenizers.WhitespaceSplit(),
            library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always" if prefix else "never"),
        ]
    )
    return _with(work, _unigrams(work, unknown), normalizer or _charsmap(work), cut)


def _unigrams(work: Work, unknown: int) -> Any:
    given = re.search(rb'"unk_id"\s*:\s*(\d+)', work.data)
    if given and int(given[1]) == unknown and not re.search(rb'"byte_fallback"\s*:\s*true', work.data):
        return work.tokenizer.model
    vocabulary = [(piece, score) for piece, score in json.loads(work.data)["model"]["vocab"]]
    return work.library.models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False)


def _charsmap(work: Work) -> Any:
    import base64  # late: few models need it

    own = work.tokenizer.normalizer
    state = {} if own is None else json.loads(own.__getstate__())
    for part in state["normalizers"] if state.get("type") == "Sequence" else [state]:
        if part.get("type") == "Precompiled":
            return work.library.normalizers.Precompiled(base64.b64decode(part["precompiled_charsmap"]))
    return None


def _albert(work: Work) -> Any:
    library, settings, table = work.library.normalizers, work.settings, _charsmap(work)
    steps = [library.Replace("``", '"'), library.Replace("''", '"')]
    if not settings.get("keep_accents", False):
        steps += [library.NFKD(), library.StripAccents()]
    if settings.get("do_lower_case", True):
        steps += [library.Lowercase()]
    fresh = _sentencepiece(work, 1, library.Sequence(steps + ([table] if table else [])))
    if work.tokenizer.post_processor is not None:
        fresh.post_processor = work.tokenizer.post_processor
    return fresh


def _after_albert(work: Work) -> None:
    if work.tokenizer.post_processor is None:
        _after_deberta(work)


def _deberta_v2(work: Work) -> Any:
    library, settings = work.library, work.settings
    spaces = library.normalizers.Replace(library.Regex(r"\s{2,}|[\n\r\t]"), " ")
    steps = [library.normalizers.Lowercase()] if settings.get("do_lower_case", False) else []
    steps += [spaces, library.normalizers.NFC(), library.normalizers.Strip(left=False, right=True)]
    cuts = [library.pre_tokenizers.Punctuation("isolated")] if settings.get("split_by_punct", False) else []
    scheme = "always" if settings.get("add_prefix_space", True) else "first"
    cuts += [library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme)]
    scored = [tuple(piece) for piece in json.loads(work.data)["model"]["vocab"]]
    own = (work.text("unk_token"), 0.0)
    unknown = scored.index(own) if own in scored else settings.get("unk_id", 1)
    sequences = library.normalizers.Sequence(steps), library.pre_tokenizers.Sequence(cuts)
    return _with(work, _unigrams(work, unknown), *sequences)


def _after_deberta(work: Work, pair: str = TWO_SEGMENTS) -> None:
    first, last = ((work.text(name), work.number(name, 0)) for name in ("cls_token", "sep_token"))
    _put_around(work, first, last, pair)


def _camembert(work: Work) -> Any:
    return _sentencepiece(work, work.tokenizer.model.token_to_id(work.text("unk_token")) or 0)


def _after_sentencepiece(work: Work) -> None:
    first, last = ((work.text(name), work.number(name)) for name in ("bos_token", "eos_token"))
    _put_around(work, first, last, TWICE_APART)


def _t5(work: Work) -> Any:
    plain = {name: value for name, value in work.settings.items() if name != "add_prefix_space"}
    return _sentencepiece(replace(work, settings=plain), 2)


def _after_t5(work: Work, between: bool = True) -> None:
    """The end behind a text; of two texts also between them."""
    end = (work.text("eos_token"), work.number("eos_token", 1))
    work.tokenizer.post_processor = work.library.processors.TemplateProcessing(
        single=["$A", end[0]], pair=["$A", *[end[0]] * between, "$B", end[0]], special_tokens=[end]
    )


def _spaced(work: Work, model: Any, table: Any = None, before: Sequence[Any] = ()) -> Any:
    """Runs of spaces as one, after SentencePiece's table if the file has it; words begin with ▁."""
    library = work.library
    steps = [*([table] if table else before), library.normalizers.Replace(library.Regex(" {2,}"), " ")]
    cut = library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return _with(work, model, library.normalizers.Sequence(steps), cut)


def _mbart(work: Work) -> Any:
    fresh = _sentencepiece(replace(work, settings={}), 3)
    return _with(work, fresh.model, None, fresh.pre_tokenizer)


def _nllb(work: Work) -> Any:
    model, table = _byte_pairs(work, work.text("unk_token"), fuse=True), _charsmap(work)
    fresh = _spaced(work, model, table)
    return fresh if table else _with(work, model, None, fresh.pre_tokenizer)


def _pegasus(work: Work) -> Any:
    library = work.library
    lines = [library.normalizers.Replace(library.Regex(r"\n"), " ")]
    unknown = work.tokenizer.model.token_to_id(work.text("unk_token")) or 0
    return _spaced(work, _unigrams(work, unknown), _charsmap(work), lines)


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
    "xlm-roberta": Kind("Unigram", ROBERTA, lambda work: _sentencepiece(work, 3), _after_sentencepiece),
    "albert": Kind("Unigram", ALBERT, _albert, _after_albert),
    "deberta": Kind("BPE", DEBERTA, _bytes, partial(_after_deberta, pair=TWICE_APART), of_bytes=True),
    "deberta-v2": Kind("Unigram", DEBERTA, _deberta_v2, _after_deberta),
    "t5": Kind("Unigram", T5, _t5, _after_t5, tuple(BLANKS), always=True),
    "camembert": Kind("Unigram", ROBERTA | {"mask_token": MASK}, _camembert, _after_sentencepiece, tuple(NOT_USED)),
    "mbart": Kind("Unigram", ROBERTA | {"mask_token": MASK}, _mbart, extra=MBART, always=True),
    "mbart50": Kind(
        "Unigram",
        {name: token for name, token in ROBERTA.items() if name != "bos_token"} | {"mask_token": MASK},
        lambda work: _spaced(work, _unigrams(work, 3), _charsmap(work)),
        extra=MBART50,
        always=True,
        takes_spaces=True,
    ),
    "nllb": Kind("BPE", ROBERTA | {"mask_token": MASK}, _nllb, extra=NLLB, saved=True, takes_spaces=True),
    "pegasus": Kind("Unigram", PEGASUS, _pegasus, partial(_after_t5, between=False), tuple(SENTENCES), always=True),
}
