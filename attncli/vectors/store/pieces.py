"""The tokenizer kept in a store, and the tokens that it cuts an unknown word into: their ids are rows of the set."""

from hashlib import sha256
from pathlib import Path

from attncli.errors import ResourceError
from attncli.extras import package
from attncli.tokenizer.encoding import open_encoder
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.vectors.store import layout
from attncli.vectors.store.index import damaged, is_regular
from attncli.vectors.store.layout import Pieces

SKIP = "without it: --unknown skip"


def read_pieces(folder: Path, form: Pieces) -> bytes:
    """The tokenizer.json of a store. ResourceError if it is not as it was written."""
    path = folder / layout.PIECES
    data = path.read_bytes() if is_regular(path) and path.stat().st_size == form.size else b""
    if sha256(data).hexdigest() != form.sha256:
        raise damaged(folder, f"its {layout.PIECES} is not as it was written")
    return data


class PieceTokenizer:
    """The tokenizer of a set, in this process if every part of it is of a known form, else in one that can be ended."""

    def __init__(self, folder: Path, form: Pieces, name: str, rows: int) -> None:
        """Open it; rows is how many tokens the set has.

        Raises:
            ResourceError: it is damaged, no tokenizer, or the library is not installed.
        """
        package("tokenizers", f"a word that {name} lacks ({SKIP})")
        self._name, self._rows, self._unknown = name, rows, form.unknown
        data = read_pieces(folder, form)
        try:
            self._encode = open_encoder(data, folder, {}, rows).encode
        except FaultyTokenizerError as fault:
            raise ResourceError(f"the tokenizer of {name} cannot be read: {fault}", SKIP) from None

    def ids(self, word: str) -> list[int]:
        """The tokens of a word, as StaticModel.tokenize of model2vec: neither special ones nor the unknown one.

        Raises:
            ResourceError: the tokenizer fails on it.
        """
        try:
            word.encode()
            found = self._encode(word)
        except UnicodeEncodeError:  # bytes that are no text have no tokens
            return []
        except FaultyTokenizerError as fault:
            raise ResourceError(f"the tokenizer of {self._name} cannot read {word[:60]!r}: {fault}", SKIP) from None
        ids = [id for id, added in zip(found.ids, found.special, strict=True) if not added and id != self._unknown]
        if not all(0 <= id < self._rows for id in ids):
            raise ResourceError(f"the tokenizer of {self._name} gives {word[:60]!r} tokens without a vector", SKIP)
        return ids
