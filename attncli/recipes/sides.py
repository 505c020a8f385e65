"""The sides of a model's weights: its queries or its keys, once words are merged and tokens left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.arrays import Array
from attncli.models.checkpoint.tokenizing import ModelSentence
from attncli.settings.model import ModelSettings
from attncli.text.segments import is_unspaced
from attncli.text.tokens import Sentence, Token


@dataclass(frozen=True, eq=False)
class Side:
    """The rows or the columns of weights, `m` of a text's n tokens.

    groups `[n]`: the word of each token, counted in the order of the text, or each token by itself; hidden `[words]`:
    the words that are left out; members: the tokens of each row; sentence: the rows as tokens; special `[m]`: those
    that the post-processor added.
    """

    tokens: ModelSentence
    groups: Array
    hidden: Array
    members: tuple[list[int], ...]
    sentence: Sentence
    special: Array

    @classmethod
    def of(cls, tokens: ModelSentence, settings: ModelSettings) -> "Side":
        """The tokens under `--words`, `--hide-special` and `--hide-first`."""
        groups = _words(tokens) if settings.words else np.arange(len(tokens.tokens))  # [n]
        special = special_tokens(tokens)[np.unique(groups, return_index=True)[1]]  # [words]
        first = np.arange(len(special)) == 0
        hidden = special & settings.hide_special | first & settings.hide_first
        words = np.split(np.arange(len(groups)), np.flatnonzero(np.diff(groups)) + 1)  # groups ascend
        members = tuple(each.tolist() for each, left_out in zip(words, hidden, strict=True) if not left_out)
        rows = tuple(_token(tokens, index, each) for index, each in enumerate(members))
        sentence = Sentence(tokens.text, rows, pair=tokens.pair)
        return cls(tokens, groups, hidden, members, sentence, special[~hidden])

    def any(self, marked: Array) -> Array:
        """Whether any token of each row is marked: `[m, ...]` of `[n, ...]`, boolean."""
        starts = np.unique(self.groups, return_index=True)[1]  # [words]; where each begins
        found: Array = np.logical_or.reduceat(marked, starts, axis=0)[~self.hidden]
        return found


def segments(tokens: ModelSentence) -> Array | None:
    """Of two texts the one that each token is of: `[n]`; None of one text."""
    return None if tokens.pair is None else np.array([token.segment for token in tokens.tokens])


def special_tokens(tokens: ModelSentence) -> Array:
    """The tokens that the post-processor added: boolean `[n]`."""
    return np.array([token.special for token in tokens.tokens])


def _words(tokens: ModelSentence) -> Array:
    """The word of each token by number, `[n]`; a special token is a word of its own."""
    words = [token.word for token in tokens.tokens]
    starts = [index == 0 or word is None or word != words[index - 1] for index, word in enumerate(words)]
    numbers: Array = np.cumsum(starts) - 1
    return numbers


def _token(tokens: ModelSentence, index: int, members: Sequence[int]) -> Token:
    """One token of the sentence; a special one, which has no place in the text, is named by its piece."""
    own = [tokens.tokens[member] for member in members]
    first, pieces = own[0], tuple(token.piece for token in own)
    start, end = first.start, max(token.end for token in own)
    if len(own) > 1:  # a space may be a piece of its own in front of its word
        start += len(tokens.text[start:end]) - len(tokens.text[start:end].lstrip())
    text = tokens.text[start:end] or first.piece
    segment = None if tokens.pair is None else first.segment
    seams = _is_seam(tokens, members[0]), _is_seam(tokens, members[-1] + 1)
    word, said = "".join(pieces), own[-1].generated
    return Token(index, text, word, start, end, first.id, first.special, pieces, segment, said, seams)


def _is_seam(tokens: ModelSentence, place: int) -> bool:
    """Whether the token at a place goes on with the word of the one before: no blank or sign is between them.

    Scripts that are written without blanks have no seams.
    """
    if not 0 < place < len(tokens.tokens):
        return False
    before, after = tokens.tokens[place - 1], tokens.tokens[place]
    if before.special or after.special or before.end != after.start or not 0 < after.start < after.end:
        return False
    ends = tokens.text[after.start - 1], tokens.text[after.start]
    return all(map(str.isalnum, ends)) and not all(map(is_unspaced, ends))
