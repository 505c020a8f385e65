"""The boundaries of words: rules by which a text is cut into spans that a vector set knows or lacks."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from attncli.text.equivalents import equivalents
from attncli.text.signs import Span

Segments = tuple[list[tuple[Span, str]], list[Span]]  # known words with their places, places of unknown ones

# Every character is first reduced to a kind, so that the rules below are regular expressions over kinds.
_WORD, _DIGIT, _UNSPACED, _MARK = "w", "d", "u", "m"
_CONNECTORS = (
    dict.fromkeys("'’＇", "'") | dict.fromkeys("-‐‑", "-") | {".": ".", ",": ","} | dict.fromkeys("_/&@:+·", "/")
)
# w letter, d digit, u character of an unspaced script, m mark or joiner, which continues a word and never begins one
_COMPOUND = re.compile(r"'?[wdu][wdum]*(?:['\-.,/][wdu][wdum]*)*\.?")
_PIECE = re.compile(r"d+(?:[.,]d+)+(?![wdm])|[wd][wdm]*|u[um]*")  # 3.14 and 1,000 are one
_JOINED = re.compile(r"'?[wdu][wdum]*(?:['\-][wdu][wdum]*)*\.?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_UNSPACED_RANGES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # iteration mark and number zero of Han text
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x31F0, 0x31FF),  # Katakana extensions
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x20000, 0x3FFFF),  # Han, further planes
)
_UNSPACED_ALONE = re.compile(f"[{''.join(f'{chr(low)}-{chr(high)}' for low, high in _UNSPACED_RANGES)}]+")
_INVISIBLE = "\u00ad\u200c\u200d"  # soft hyphen and joiners belong to the word around them
_OF_EMOJI = "\ufe0e\ufe0f\u20e3"  # presentation selectors and the keycap belong to no word
_LONGEST_JOIN = 8  # pieces of a compound tried as one word
_LONGEST_MATCH = 12  # characters of an unspaced script tried as one word


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    category = unicodedata.category(char)
    if category[0] in "LN":
        unspaced = any(low <= ord(char) <= high for low, high in _UNSPACED_RANGES)
        return _UNSPACED if unspaced else _DIGIT if category == "Nd" else _WORD
    if (category[0] == "M" and char not in _OF_EMOJI) or char in _INVISIBLE:
        return _MARK
    return _CONNECTORS.get(char, " ")


@dataclass(frozen=True)
class Compound:
    """Words joined without a blank: the kinds of its characters, its place, and the places of its pieces."""

    kinds: str
    start: int
    pieces: tuple[Span, ...]

    def is_unspaced(self, piece: Span) -> bool:
        """Whether a piece is of a script that writes no blanks between words."""
        return self.kinds[piece[0] - self.start] == _UNSPACED


def compounds_of(text: str) -> Iterator[Compound]:
    """The compounds of a text, from left to right."""
    for match in _COMPOUND.finditer("".join(map(_kind, text))):
        start, kinds = match.start(), match.group()
        pieces = tuple((start + piece.start(), start + piece.end()) for piece in _PIECE.finditer(kinds))
        yield Compound(kinds, start, pieces)


def _spans(compound: Compound, first: int) -> Iterator[tuple[int, Span]]:
    """The spans that could be one word from piece `first` on, longest first, with the piece after each."""
    last = min(len(compound.pieces), first + _LONGEST_JOIN)
    for after in range(last, first, -1):
        start, end = compound.pieces[first][0], compound.pieces[after - 1][1]
        yield from ((after, span) for span in _with_punctuation(compound, start, end))


def _with_punctuation(compound: Compound, start: int, end: int) -> Iterator[Span]:
    """The word itself; with the apostrophe before it (`'s`); with its full stop, first where it has others (`U.S.`)."""
    kinds, offset = compound.kinds, compound.start
    dotted = [(start, end + 1)] if kinds[end - offset : end - offset + 1] == "." else []
    inner = "." in kinds[start - offset : end - offset]
    quoted = [(start - 1, end)] if start > offset and kinds[start - 1 - offset] == "'" else []
    yield from [*quoted, *dotted, (start, end)] if inner else [*quoted, (start, end), *dotted]


def _matches(text: str, piece: Span) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """The spans of an unspaced piece that could be a word, never splitting a cluster, and the forms of each."""
    start, end = piece
    forms_of = _itself if _has_one_form(text[start:end]) else forms
    inside = {at for at in range(start + 1, end) if unicodedata.category(text[at])[0] == "M"}
    for at in range(start, end):
        for stop in range(at + 1, min(end, at + _LONGEST_MATCH) + 1):
            if stop not in inside:
                yield (at, stop), forms_of(text[at:stop])


def _contraction(text: str, span: Span) -> tuple[Span, ...]:
    """`didn't` as `did` + `n't` and `it's` as `it` + `'s`, the way treebanks and the sets trained on them split."""
    start, end = span
    word = text[start:end].lower().replace("’", "'")
    cut = len(word) - 3 if word.endswith("n't") else word.rfind("'")
    return ((start, start + cut), (start + cut, end)) if cut > 0 else ()


def candidates(text: str, compound: Compound) -> Iterator[str]:
    """Everything that could be looked up for a compound."""
    for first, piece in enumerate(compound.pieces):
        for _, (start, end) in _spans(compound, first):
            yield from forms(text[start:end])
            for a, b in _contraction(text, (start, end)):
                yield from forms(text[a:b])
        if compound.is_unspaced(piece):
            yield from chain.from_iterable(spellings for _, spellings in _matches(text, piece))


@lru_cache(maxsize=65536)
def forms(word: str) -> tuple[str, ...]:
    """The spellings under which a word is looked up, in order: as typed, composed, with plain marks, in lower case.

    Then the same with other code points: the set may have been normalised in another way, or not at all.
    """
    if _UNSPACED_ALONE.fullmatch(word):
        return _unspaced_forms(word)
    composed = unicodedata.normalize("NFC", word)
    plain = composed.translate(_PLAIN)
    lower, compatible = plain.lower(), unicodedata.normalize("NFKC", plain)
    folded = (lower, lower.replace("i\u0307", "i"), compatible.lower(), compatible.casefold())  # İ is i with a dot
    ungrouped = [plain.replace(",", "")] if _GROUPED.fullmatch(plain) else []  # 1,000
    tried = (word, composed, plain, *folded, *ungrouped)
    return tuple(dict.fromkeys(tried if word.isascii() else (*tried, *equivalents(tried))))


def _unspaced_forms(word: str) -> tuple[str, ...]:
    """The spellings of a word of unspaced scripts, which have no cases: nearly always the one as typed."""
    if _has_one_form(word):
        return (word,)
    return tuple(dict.fromkeys((word, *(unicodedata.normalize(form, word) for form in ("NFC", "NFKC", "NFD", "NFKD")))))


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script that is written without blanks between words."""
    return _UNSPACED_ALONE.fullmatch(char) is not None


def _has_one_form(text: str) -> bool:
    """Whether a text, and so every stretch of it, is of unspaced scripts and in every normal form the same."""
    return bool(_UNSPACED_ALONE.fullmatch(text)) and all(unicodedata.is_normalized(f, text) for f in ("NFC", "NFKD"))


def _itself(word: str) -> tuple[str, ...]:
    return (word,)


_PLAIN = str.maketrans({"’": "'", "＇": "'", "‐": "-", "‑": "-"} | dict.fromkeys(_INVISIBLE, None))


def lookup(text: str, span: Span, rows: Mapping[str, int]) -> str | None:
    """The first spelling of a span that the set has."""
    return next((form for form in forms(text[slice(*span)]) if form in rows), None)


def segment(text: str, compound: Compound, rows: Mapping[str, int]) -> Segments:
    """The known words of a compound and the places of its unknown ones; one unknown word if nothing is known."""
    known: list[tuple[Span, str]] = []
    unknown: list[Span] = []
    first = 0
    while first < len(compound.pieces):
        first, (found, missing) = _next(text, compound, first, rows)
        known += found
        unknown += missing
    if not known and len(unknown) > 1 and _JOINED.fullmatch(compound.kinds):
        unknown = [(unknown[0][0], unknown[-1][1])]
    return known, unknown


def _next(text: str, compound: Compound, first: int, rows: Mapping[str, int]) -> tuple[int, Segments]:
    """The span at piece `first`: the piece after it, and the words found and missing."""
    for after, span in _spans(compound, first):
        for spans in ((span,), _contraction(text, span)):
            words = [word for each in spans if (word := lookup(text, each, rows))]
            if words and len(words) == len(spans):
                return after, (list(zip(spans, words, strict=True)), [])
    piece = compound.pieces[first]
    return first + 1, _cheapest_matches(text, piece, rows) if compound.is_unspaced(piece) else ([], [piece])


def _cheapest_matches(text: str, piece: Span, rows: Mapping[str, int]) -> Segments:
    """Cut an unspaced piece into the known words of the highest ranks; neighbouring unknown characters are one word."""
    from attncli.text.splitting import cheapest_split, rank_cost  # for scripts without blanks alone

    words = _known_spans(text, piece, rows)
    costs = defaultdict[int, list[tuple[int, float]]](list)
    for (start, end), word in words.items():
        costs[start].append((end, rank_cost(rows[word])))
    spans = cheapest_split(piece, lambda at: costs.get(at, ()))
    known = [(span, words[span]) for span in spans if span in words]
    return known, list(_joined(span for span in spans if span not in words))


def _known_spans(text: str, piece: Span, rows: Mapping[str, int]) -> dict[Span, str]:
    """The spans of an unspaced piece that are words, each with the first spelling of it that the set has."""
    found = ((span, next(filter(rows.__contains__, spelt), None)) for span, spelt in _matches(text, piece))
    return {span: word for span, word in found if word is not None}


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans, those as one that follow each other without a gap."""
    last: Span | None = None
    for start, end in spans:
        if last and last[1] == start:
            start = last[0]
        elif last:
            yield last
        last = start, end
    if last:
        yield last
