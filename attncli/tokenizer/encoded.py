"""The tokens of a text, or of two in one input, as a tokenizer gives them, and its functions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol


class Encoded(NamedTuple):
    """The tokens of a text, or of two: ids, pieces, which ones were put around them, their places, and their words.

    spans and words are those in the token's own text, of which `texts` has the number, None of tokens put around;
    segments: the type ids of the post-processor, which tell a model with an embedding of them the second text.
    """

    ids: list[int]
    pieces: list[str]
    special: list[int]
    spans: list[tuple[int, int]]
    words: list[int | None]
    segments: list[int]
    texts: list[int | None]


class Mark(NamedTuple):
    """A token that is put around texts."""

    id: int
    piece: str


class Marks(NamedTuple):
    """The tokens that mark texts by their language.

    codes: the mark of each language; source, target: those of texts for which none is named, None for a target that is
    marked as its source; end: stands behind every text; behind: whether the language stands behind that, and not in
    front of the text.
    """

    codes: dict[str, Mark]
    source: Mark
    target: Mark | None
    end: Mark
    behind: bool

    def around(self, found: Encoded, language: Mark) -> Encoded:
        """The tokens of a text in a language, with its mark and the end."""
        before, after = ([], [self.end, language]) if self.behind else ([language], [self.end])
        return around(found._replace(segments=[0] * len(found.ids)), before, after)


class Roles(NamedTuple):
    """Tokens with a role: texts begin with one (`bos_token`, else `cls_token`), one stands between two (`sep_token`).

    mask: the one in the place of a word that is to be found (`mask_token`).
    """

    begin: Mark | None = None
    separator: Mark | None = None
    mask: Mark | None = None


class Encoding(Protocol):
    """From a text, or from two, to their tokens."""

    def __call__(self, text: str, pair: str | None = None, /) -> Encoded:
        """The tokens; FaultyTokenizerError where the tokenizer fails."""
        ...


class Encoder(NamedTuple):
    """From a text, or from two, to its tokens, from an id to its piece, and warnings about the tokenizer.

    truncation_side: where it cuts a text that is too long. bare: from a text to its tokens without those around it, and
    marks, where texts are marked with their language. roles: tokens that have one.
    """

    encode: Encoding
    piece: Callable[[int], str | None]
    warnings: tuple[str, ...] = ()
    bare: Encoding | None = None
    marks: Marks | None = None
    truncation_side: str = "right"
    roles: Roles = Roles()

    @property
    def of_targets(self) -> "Encoder | None":
        """The encoder of targets, where they are marked with their language."""
        if self.bare is None or self.marks is None:
            return None
        marks = self.marks._replace(source=self.marks.target or self.marks.source)
        return marked(self.bare, self.piece, marks)._replace(truncation_side=self.truncation_side, roles=self.roles)


def around(found: Encoded, before: Sequence[Mark], after: Sequence[Mark]) -> Encoded:
    """The tokens of a text with others in front of it and behind it."""
    return Encoded(
        [*(mark.id for mark in before), *found.ids, *(mark.id for mark in after)],
        [*(mark.piece for mark in before), *found.pieces, *(mark.piece for mark in after)],
        [*(1 for _ in before), *found.special, *(1 for _ in after)],
        [*((0, 0) for _ in before), *found.spans, *((0, 0) for _ in after)],
        [*(None for _ in before), *found.words, *(None for _ in after)],
        [*(0 for _ in before), *found.segments, *(0 for _ in after)],
        [*(None for _ in before), *found.texts, *(None for _ in after)],
    )


def without_front(found: Encoded) -> Encoded:
    """The tokens without those that were put in front of the first text."""
    front = next((place for place, special in enumerate(found.special) if not special), len(found.special))
    return Encoded._make(column[front:] for column in found)


def with_front(found: Encoded, begin: Mark | None) -> Encoded:
    """The tokens with one that texts begin with in front, if there is one, and none was put there."""
    return found if begin is None or found.special[:1] == [1] else around(found, [begin], [])


def marked(bare: Encoding, piece: Callable[[int], str | None], marks: Marks) -> Encoder:
    """The encoder of texts in the language of sources, unless one is named."""
    return Encoder(lambda text, pair=None: marks.around(bare(text, pair), marks.source), piece, (), bare, marks)
