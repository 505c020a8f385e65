"""The reading of a text in lower case, for models that are given no other, with the text as it was typed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.reading import TextReader


def read_in_lower_case(text: str, texts: TextReader) -> ModelSentence:
    """The tokens of a text in lower case, however many they are, at their places in the text as typed.

    Each character becomes its own lower case, as the `Lowercase` of tokenizers has it; the pieces of special tokens,
    `[MASK]`, stay as they are.

    Raises:
        AttnError, ResourceError: as `TextReader.read_long`.
    """
    lowered = [*_lowered(text, texts)]
    origin = [place for place, each in enumerate(lowered) for _ in each]  # one letter becomes two: İ
    read = texts.read_long("".join(lowered))
    return replace(read, text=text, tokens=tuple(_typed(token, text, origin) for token in read.tokens))


def _lowered(text: str, texts: TextReader) -> Iterator[str]:
    """Each character in lower case, by itself; those of pieces that are no text as they are."""
    pieces = {texts.tokenizer.piece(id) for id in texts.tokenizer.silent}
    kept = "|".join(re.escape(each) for each in sorted(pieces, key=len, reverse=True) if each) or "(?!)"
    for number, part in enumerate(re.split(f"({kept})", text)):
        yield from part if number % 2 else map(str.lower, part)


def _typed(token: ModelToken, text: str, origin: Sequence[int]) -> ModelToken:
    """A token of the text in lower case at its place in the text as typed."""
    start = origin[token.start] if token.start < len(origin) else len(text)
    end = origin[token.end - 1] + 1 if token.end > token.start else start
    return replace(token, text=text[start:end], start=start, end=end)
