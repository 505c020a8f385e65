"""The tokens of a text as a tokenizer gives them, and its functions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


class Encoded(NamedTuple):
    """The tokens of a text: ids, pieces, which ones were put around it, their places in it, and the word of each."""

    ids: list[int]
    pieces: list[str]
    special: list[int]
    spans: list[tuple[int, int]]
    words: list[int | None]


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
        return around(found, before, after)


class Encoder(NamedTuple):
    """From a text to its tokens, from an id to its piece, and warnings about the tokenizer.

    truncation_side: where it cuts a text that is too long. bare: from a text to its tokens without those around it, and
    marks, where texts are marked with their language.
    """

    encode: Callable[[str], Encoded]
    piece: Callable[[int], str | None]
    warnings: tuple[str, ...] = ()
    bare: Callable[[str], Encoded] | None = None
    marks: Marks | None = None
    truncation_side: str = "right"

    @property
    def of_targets(self) -> "Encoder | None":
        """The encoder of targets, where they are marked with their language."""
        if self.bare is None or self.marks is None:
            return None
        marks = self.marks._replace(source=self.marks.target or self.marks.source)
        return marked(self.bare, self.piece, marks)._replace(truncation_side=self.truncation_side)


def around(found: Encoded, before: Sequence[Mark], after: Sequence[Mark]) -> Encoded:
    """The tokens of a text with others in front of it and behind it."""
    return Encoded(
        [*(mark.id for mark in before), *found.ids, *(mark.id for mark in after)],
        [*(mark.piece for mark in before), *found.pieces, *(mark.piece for mark in after)],
        [*(1 for _ in before), *found.special, *(1 for _ in after)],
        [*((0, 0) for _ in before), *found.spans, *((0, 0) for _ in after)],
        [*(None for _ in before), *found.words, *(None for _ in after)],
    )


def marked(bare: Callable[[str], Encoded], piece: Callable[[int], str | None], marks: Marks) -> Encoder:
    """The encoder of texts in the language of sources, unless one is named."""
    return Encoder(lambda text: marks.around(bare(text), marks.source), piece, (), bare, marks)
