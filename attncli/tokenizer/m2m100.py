"""The tokens of M2M-100 (Fan et al. 2020): SentencePiece's pieces with the numbers of vocab.json, and languages behind.

The codes of the languages are numbered from the end of the vocabulary on; one stands in front of every text.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attncli.errors import quoted
from attncli.tokenizer.encoded import Encoder, Mark, Marks, marked
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.language_codes import M2M100, WMT21
from attncli.tokenizer.numbered import END, PADDING, START, UNKNOWN, Numbered, cutter_of, read_vocabulary
from attncli.tokenizer.settings import Settings, added_tokens, extra_tokens, text_of

CODES = {"m2m100": M2M100, "wmt21": WMT21}
ROLES = {"bos_token": START, "eos_token": END, "sep_token": END, "pad_token": PADDING, "unk_token": UNKNOWN}


def m2m100_encoder(path: Path, settings: Settings, config: Mapping[str, Any], most: int) -> Encoder:
    """The tokenizer of a file of pieces, and of the vocab.json beside it.

    Raises:
        FaultyTokenizerError: files that are damaged, a vocabulary without the tokens that every text may need, or a
            language in the settings that is none.
        ResourceError: a file that is missing, or no JSON object.
    """
    extra = {number: token.content for number, token in added_tokens(settings, path.parent, {}).items()}
    special = [text_of(settings.get(role), default) for role, default in ROLES.items()]
    special += [*extra.values(), *(token.content for token in extra_tokens(settings))]
    end = text_of(settings.get("eos_token"), END)
    vocabulary = read_vocabulary(path.parent / "vocab.json", end)
    marks = _marks(settings, len(vocabulary), Mark(vocabulary[end], end))
    numbers = {**vocabulary, **{mark.piece: mark.id for mark in marks.codes.values()}}
    numbers |= _added(special, vocabulary) | {text: number for number, text in extra.items()}
    numbered = Numbered(cutter_of(path, list(dict.fromkeys(special)), config, most), numbers)
    side = numbered.pieces.truncation_side
    return marked(numbered.bare, numbered.spelled().get, marks)._replace(truncation_side=side)


def _added(texts: list[str], vocabulary: Mapping[str, int]) -> dict[str, int]:
    """The numbers of tokens that the vocabulary lacks, from its end on."""
    fresh = [text for text in dict.fromkeys(texts) if text not in vocabulary]
    return {text: len(vocabulary) + number for number, text in enumerate(fresh)}


def _marks(settings: Settings, first: int, end: Mark) -> Marks:
    known = CODES.get(str(settings.get("language_codes")), M2M100)
    codes = {code: Mark(first + number, f"__{code}__") for number, code in enumerate(known)}
    source = text_of(settings.get("src_lang"), "en")
    target = text_of(settings.get("tgt_lang"), "")
    if wrong := next((code for code in (source, target) if code and code not in codes), None):
        raise FaultyTokenizerError(f"tokenizer_config.json: expected a language of M2M-100, got {quoted(wrong)}")
    return Marks(codes, codes[source], codes.get(target), end, behind=False)
