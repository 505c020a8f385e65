"""The rows of words: from the index of a store, and once many were asked for, from a table of all words in memory."""

from collections.abc import Iterable

from attncli.vectors.store.index import Index

LARGEST = 500_000  # words of a set whose words are worth holding: some 60 MB


class Lexicon:
    """Look-ups in a set. The table is made once as many words were asked for as the set has, which takes as long."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._asked = 0
        self._rows: dict[str, int] | None = None

    def find(self, words: Iterable[str]) -> dict[str, int]:
        """The row of each of `words` that is in the set. Raises ResourceError where the index was altered."""
        asked = dict.fromkeys(words)
        if self._rows is None and self._asked >= self._index.info.words <= LARGEST:
            self._rows = {word: row for row, word in enumerate(self._index.first_words(self._index.info.words))}
        if self._rows is None:
            self._asked += len(asked)
            return self._index.find(asked)
        return {word: self._rows[word] for word in asked if word in self._rows}
