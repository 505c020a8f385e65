"""The text of the tokens that a model says, as they come, and the sentence that they make with the text before them."""

import codecs
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from attncli.models.checkpoint.token_places import trimmed, words_of
from attncli.models.checkpoint.token_text import piece_bytes
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken

#: How the pieces of a word after its first are marked by tokenizers that mark no space, in front or at the end.
INNER, CUT = "##", "@@"


@dataclass
class _Spoken:
    """A token: `start` to `end` are its place in what was said; those of a character in parts share its place."""

    id: int
    piece: str
    special: bool
    start: int = 0
    end: int = 0


class Speech:
    """The text of tokens that are said one after another.

    piece: of an id; spelling: of the pieces, as `ModelTokenizer.spelling` names it; silent: the ids of tokens that are
    no text; before: the sentence that it follows. A character of several tokens is there with the last of them.
    """

    def __init__(
        self, piece: Callable[[int], str], spelling: str, silent: Collection[int], before: ModelSentence
    ) -> None:
        self._piece, self._spelling, self._silent, self._before = piece, spelling, silent, before
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._spoken: list[_Spoken] = []
        self._open: list[_Spoken] = []  # tokens of a character that is not whole yet
        self._glued = not before.text.strip()
        self.text = ""

    def add(self, id: int) -> str:
        """The text that the next token completes, `` for a token that is none."""
        token = _Spoken(id, self._piece(id), id in self._silent)
        self._spoken.append(token)
        if token.special:
            return self.finish()
        text = self._decoder.decode(self._bytes(token.piece))
        if self._glued and self._spelling != "words":  # nothing is before it
            text = text.removeprefix(" ")
            self._glued = not text
        return self._said(text, token)

    def finish(self) -> str:
        """The text of the tokens that made no whole character, where no more come."""
        return self._said(self._decoder.decode(b"", True))

    def _said(self, text: str, token: _Spoken | None = None) -> str:
        """The text, which ends with the token and is begun by those that wait for it."""
        start, self.text = len(self.text), self.text + text
        for each in self._open if text else ():
            each.start, each.end = each.start if each.start < each.end else start, start + 1
        if token is not None:
            token.start, token.end = start, start + len(text)
        waiting = [] if text else self._open
        more = token is not None and bool(self._decoder.getstate()[0])
        self._open = [*waiting, *([token] if token is not None and more else [])]
        return text

    def _bytes(self, piece: str) -> bytes:
        if self._spelling != "words":
            return piece_bytes(piece, self._spelling == "bytes")
        glued, self._glued = self._glued or piece.startswith(INNER), piece.endswith(CUT)
        return ("" if glued else " ").encode() + piece.removeprefix(INNER).removesuffix(CUT).encode("utf-8", "replace")

    @property
    def sentence(self) -> ModelSentence:
        """The sentence before it with the tokens that were said, which are marked as `generated`."""
        before = self._before
        n, base, text = len(before.tokens), len(before.text), before.text + self.text
        spans = [(base + each.start, base + each.end) for each in self._spoken]
        spans = [trimmed(text, *span) if span[0] < span[1] else span for span in spans]
        said = [
            ModelToken(n + at, each.id, each.piece, text[slice(*span)], *span, False, None, self._segment, True)
            for at, (each, span) in enumerate(zip(self._spoken, spans, strict=True))
        ]
        said = [
            replace(each, text="", start=0, end=0, special=True) if spoken.special else each
            for each, spoken in zip(said, self._spoken, strict=True)
        ]
        return replace(before, text=text, tokens=_with_words(text, (*before.tokens, *said)), segments=self._segments)

    @property
    def _segment(self) -> int:
        """That of the text which it follows."""
        return self._before.tokens[-1].segment

    @property
    def _segments(self) -> tuple[int, ...] | None:
        given = self._before.segments
        return None if given is None else (*given, *[given[-1]] * len(self._spoken))


def _with_words(text: str, tokens: tuple[ModelToken, ...]) -> tuple[ModelToken, ...]:
    """The tokens with the numbers of their words: those that were said begin one by their text alone."""
    last = next((token.word for token in reversed(tokens) if token.word is not None), None)
    marks = [last if token.generated else token.word for token in tokens]
    spans, special = [(token.start, token.end) for token in tokens], [token.special for token in tokens]
    numbers = words_of(text, spans, special, marks)
    return tuple(replace(token, word=number) for token, number in zip(tokens, numbers, strict=True))
