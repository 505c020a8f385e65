"""The place of each token of a model in its text, and the word that it belongs to."""

import unicodedata
from collections.abc import Iterator, Sequence

JOINERS = "\u00ad\u200c\u200d"  # soft hyphen, and joiners of letters or emoji


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space at its ends, which some tokenizers count to the piece; all-space ones stay.

    Others leave an all-space piece with nothing: it gets its space back.
    """
    if start == end and text[start - 1 : start].isspace():
        return start - 1, end
    inner = text[start:end].strip()
    if not inner:
        return start, end
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return start, start + len(inner)


def words_of(
    text: str, spans: list[tuple[int, int]], special: list[bool], word_ids: Sequence[object]
) -> Iterator[int | None]:
    """The number of each token's word, None for special ones.

    The rule, for every kind of tokenizer: a word starts where the tokenizer starts one, after white space, and between
    letters or digits and anything else. Pieces are never cut, and marks and joiners keep their neighbours together.
    """
    number, last_word, last_end = -1, object(), 0
    for span, added, word in zip(spans, special, word_ids, strict=True):
        if added:
            yield None
            continue
        starts = word != last_word or _is_apart(text, span, last_end)
        number += number < 0 or (starts and not _is_joined(text, span[0]))
        last_word, last_end = word, max(last_end, span[1])
        yield number


def _is_apart(text: str, span: tuple[int, int], last_end: int) -> bool:
    """Whether the text at the span is apart from the text before it; the pieces before it end at last_end.

    A space that is a piece of its own belongs to the word behind it.
    """
    start = span[0]
    if start < last_end or not 0 < start < len(text):  # a further piece of the same character
        return False
    if text[start - 1].isspace():
        return start > last_end
    return text[start].isspace() or text[start].isalnum() != text[_base(text, start - 1)].isalnum()


def _is_joined(text: str, place: int) -> bool:
    """Whether a mark or joiner ties the character at the place to the one before it."""
    if not 0 < place < len(text) or text[place - 1].isspace():
        return False
    alike = text[place].isalnum() and text[_base(text, place - 1)].isalnum()
    return _ties(text[place]) or (alike and _ties(text[place - 1]))


def _base(text: str, place: int) -> int:
    """The place of the character that the marks up to the place belong to."""
    while place > 0 and _ties(text[place]):
        place -= 1
    return place


def _ties(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character)[0] == "M"
