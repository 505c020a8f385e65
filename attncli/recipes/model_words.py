"""The tokens of a model as a sentence: pieces, or the words they belong to, with or without special ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.analysis.merging import hide, merge_words
from attncli.heads.parameters import Array
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.settings.model import ModelSettings
from attncli.text.tokens import Sentence, Token


@dataclass(frozen=True, eq=False)
class Pieces:
    """What the rows and columns of a model's weights stand for.

    groups `[n]` is the word of each token, counted in the order of the text, special `[m]` marks the tokens that the
    post-processor adds, visible `[m, m]` the keys that a query may see; m is n until `reduced` changes it.
    """

    tokens: ModelSentence
    sentence: Sentence
    groups: Array
    special: Array
    visible: Array

    @classmethod
    def of(cls, tokens: ModelSentence, visible: Array) -> "Pieces":
        """Every token by itself; visible `[n, n]`."""
        n = len(tokens.tokens)
        sentence = Sentence(tokens.text, tuple(_token(tokens, index, [index]) for index in range(n)))
        return cls(tokens, sentence, _words(tokens), np.array([token.special for token in tokens.tokens]), visible)

    @property
    def names_of_special(self) -> list[str]:
        """The pieces of the special tokens."""
        return [token.piece for token in self.tokens.tokens if token.special]

    def reduce(self, weights: Array, choice: ModelSettings) -> Array:
        """Weights `[..., n, n]` over words if asked for, without special tokens if asked for: `[..., m, m]`."""
        if choice.words:
            weights = merge_words(weights, self.groups)
        return hide(weights, self._special_of(choice)) if choice.hide_special else weights

    def reduced(self, choice: ModelSettings) -> "Pieces":
        """What the rows and columns of `reduce`'s result stand for."""
        groups = self.groups if choice.words else np.arange(len(self.groups))
        special = self._special_of(choice)  # [words]
        numbers = np.flatnonzero(~special) if choice.hide_special else np.arange(len(special))
        members = [np.flatnonzero(groups == number).tolist() for number in numbers]
        tokens = tuple(_token(self.tokens, index, each) for index, each in enumerate(members))
        belongs = groups[:, None] == numbers  # [n, m]
        visible = belongs.T @ self.visible @ belongs  # [m, m]; a word sees what any of its pieces sees
        return Pieces(self.tokens, Sentence(self.tokens.text, tokens), groups, special[numbers], visible)

    def members(self, index: int, choice: ModelSettings) -> list[int]:
        """The tokens that row `index` of `reduce`'s result stands for."""
        groups = self.groups if choice.words else np.arange(len(self.groups))
        special = self._special_of(choice)  # [words]
        number = np.flatnonzero(~special)[index] if choice.hide_special else index
        return np.flatnonzero(groups == number).tolist()

    def _special_of(self, choice: ModelSettings) -> Array:
        """Which tokens, or words if they are merged, are special: a special token is a word of its own."""
        if not choice.words:
            return self.special
        first: Array = np.unique(self.groups, return_index=True)[1]
        return self.special[first]


def _words(tokens: ModelSentence) -> Array:
    words = [token.word for token in tokens.tokens]
    starts = [index == 0 or word is None or word != words[index - 1] for index, word in enumerate(words)]
    numbers: Array = np.cumsum(starts) - 1
    return numbers


def _token(tokens: ModelSentence, index: int, members: Sequence[int]) -> Token:
    """One token of the sentence; a special one, which stands nowhere in the text, is named by its piece."""
    own = [tokens.tokens[member] for member in members]
    first, pieces = own[0], tuple(token.piece for token in own)
    start, end = first.start, max(token.end for token in own)
    if len(own) > 1:  # a space may be a piece of its own in front of its word
        start += len(tokens.text[start:end]) - len(tokens.text[start:end].lstrip())
    text = tokens.text[start:end] or first.piece
    return Token(index, text, "".join(pieces), start, end, first.id, first.special, pieces)
