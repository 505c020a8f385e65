"""Words of a model's texts by number: the same number for a word in every process that reads a part of the corpus."""

from collections.abc import Sequence
from hashlib import blake2b

RESERVED = 2**16  # numbers for the words that are asked for; what others get lies above
LIMIT = 2**31


class ModelWords:
    """Words that are asked for have their places as numbers, whatever their case; others what their letters give."""

    def __init__(self, asked: Sequence[str]) -> None:
        self._asked = self.of_asked(asked)
        self._folded = {word.casefold(): word for word in reversed(self._asked)}

    def of_asked(self, words: Sequence[str]) -> dict[str, int]:
        """The number of each."""
        return {word: place for place, word in enumerate(words[:RESERVED])}

    def numbered(self, text: str) -> tuple[int, str]:
        """The number of a word as typed, and its name: as it was asked for, else as typed."""
        name = text if text in self._asked else self._folded.get(text.casefold(), text)
        return self._asked[name] if name in self._asked else _hashed(name), name


def _hashed(name: str) -> int:
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    return RESERVED + number % (LIMIT - RESERVED)


def both(one: str, other: str) -> str:
    """The name of a number that two words happen to share: of 20,000 words that is so in one corpus of ten."""
    return one if other in one.split(" | ") else " | ".join(sorted({*one.split(" | "), other}))
