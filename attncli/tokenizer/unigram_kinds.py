"""The steps around SentencePiece's pieces as the classes of transformers 5 build them."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from attncli.tokenizer.kind import TWICE_APART, TWO_SEGMENTS, Work, byte_pairs, put_around, with_steps


def sentencepiece(work: Work, unknown: int, normalizer: Any = None) -> Any:
    """SentencePiece's unigrams as XLM-R has them: of the file's normalizer its table of characters alone."""
    library, prefix = work.library, work.settings.get("add_prefix_space", True)
    cut = library.pre_tokenizers.Sequence(
        [
            library.pre_tokenizers.WhitespaceSplit(),
            library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always" if prefix else "never"),
        ]
    )
    return with_steps(work, unigrams(work, unknown), normalizer or charsmap(work), cut)


def unigrams(work: Work, unknown: int) -> Any:
    """The unigrams of the file, with the number of the piece for unknown characters."""
    given = re.search(rb'"unk_id"\s*:\s*(\d+)', work.data)
    if given and int(given[1]) == unknown and not re.search(rb'"byte_fallback"\s*:\s*true', work.data):
        return work.tokenizer.model
    vocabulary = [(piece, score) for piece, score in json.loads(work.data)["model"]["vocab"]]
    return work.library.models.Unigram(vocabulary, unk_id=unknown, byte_fallback=False)


def charsmap(work: Work) -> Any:
    """The file's table of characters; None where it has none."""
    import base64  # late: few models need it

    own = work.tokenizer.normalizer
    state = {} if own is None else json.loads(own.__getstate__())
    for part in state["normalizers"] if state.get("type") == "Sequence" else [state]:
        if part.get("type") == "Precompiled":
            return work.library.normalizers.Precompiled(base64.b64decode(part["precompiled_charsmap"]))
    return None


def albert(work: Work) -> Any:
    """Quotes as one sign, without accents and in lower case as the settings say."""
    library, settings, table = work.library.normalizers, work.settings, charsmap(work)
    steps = [library.Replace("``", '"'), library.Replace("''", '"')]
    if not settings.get("keep_accents", False):
        steps += [library.NFKD(), library.StripAccents()]
    if settings.get("do_lower_case", True):
        steps += [library.Lowercase()]
    fresh = sentencepiece(work, 1, library.Sequence(steps + ([table] if table else [])))
    if work.tokenizer.post_processor is not None:
        fresh.post_processor = work.tokenizer.post_processor
    return fresh


def after_albert(work: Work) -> None:
    """The file's own tokens around texts, else those of BERT."""
    if work.tokenizer.post_processor is None:
        after_deberta(work)


def deberta_v2(work: Work) -> Any:
    """Runs of spaces as one; signs apart where the settings say so."""
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
    return with_steps(work, unigrams(work, unknown), *sequences)


def after_deberta(work: Work, pair: str = TWO_SEGMENTS) -> None:
    """The tokens around texts that BERT has, with segments or without."""
    first, last = ((work.text(name), work.number(name, 0)) for name in ("cls_token", "sep_token"))
    put_around(work, first, last, pair)


def camembert(work: Work) -> Any:
    """As in XLM-R, with another number of the unknown piece."""
    return sentencepiece(work, work.tokenizer.model.token_to_id(work.text("unk_token")) or 0)


def after_sentencepiece(work: Work) -> None:
    """A token in front of a text and one behind it, the second twice between two texts."""
    first, last = ((work.text(name), work.number(name)) for name in ("bos_token", "eos_token"))
    put_around(work, first, last, TWICE_APART)


def t5(work: Work) -> Any:
    """As in XLM-R, always with a space in front."""
    plain = {name: value for name, value in work.settings.items() if name != "add_prefix_space"}
    return sentencepiece(replace(work, settings=plain), 2)


def after_t5(work: Work, between: bool = True) -> None:
    """The end behind a text; of two texts also between them."""
    end = (work.text("eos_token"), work.number("eos_token", 1))
    work.tokenizer.post_processor = work.library.processors.TemplateProcessing(
        single=["$A", end[0]], pair=["$A", *[end[0]] * between, "$B", end[0]], special_tokens=[end]
    )


def spaced(work: Work, model: Any, table: Any = None, before: Sequence[Any] = ()) -> Any:
    """Runs of spaces as one, after SentencePiece's table if the file has it; words begin with ▁."""
    library = work.library
    steps = [*([table] if table else before), library.normalizers.Replace(library.Regex(" {2,}"), " ")]
    cut = library.pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return with_steps(work, model, library.normalizers.Sequence(steps), cut)


def mbart(work: Work) -> Any:
    """As in XLM-R, without the file's table of characters."""
    fresh = sentencepiece(replace(work, settings={}), 3)
    return with_steps(work, fresh.model, None, fresh.pre_tokenizer)


def nllb(work: Work) -> Any:
    """Merges, after the file's table of characters if it has one."""
    model, table = byte_pairs(work, work.text("unk_token"), fuse=True), charsmap(work)
    fresh = spaced(work, model, table)
    return fresh if table else with_steps(work, model, None, fresh.pre_tokenizer)


def pegasus(work: Work) -> Any:
    """Unigrams, after the file's table of characters, else with line breaks as spaces."""
    library = work.library
    lines = [library.normalizers.Replace(library.Regex(r"\n"), " ")]
    unknown = work.tokenizer.model.token_to_id(work.text("unk_token")) or 0
    return spaced(work, unigrams(work, unknown), charsmap(work), lines)
