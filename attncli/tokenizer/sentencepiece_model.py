"""A file of SentencePiece (Kudo and Richardson 2018): its pieces, their scores, and its table of characters.

A message of Protocol Buffers, of which only the fields below are read; `sentencepiece_model.proto` numbers them.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from attncli.tokenizer.form import FaultyTokenizerError

UNIGRAM, BYTE_PAIRS = 1, 2  # kinds of models
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4  # kinds of pieces
MOST_PIECES = 2**19
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5  # kinds of fields on the wire


class Piece(NamedTuple):
    """A piece with its score, and its kind."""

    text: str
    score: float
    kind: int


class PieceModel(NamedTuple):
    """The pieces in the order of their numbers, and the settings of training and of the normalizer, by their fields."""

    pieces: list[Piece]
    training: Mapping[int, bytes | int]
    normalizing: Mapping[int, bytes | int]

    @property
    def kind(self) -> int:
        """The kind of the model."""
        return self._number(self.training, 3, UNIGRAM)

    @property
    def charsmap(self) -> bytes:
        """Its table of characters; b"" without one."""
        found = self.normalizing.get(2, b"")
        return found if isinstance(found, bytes) else b""

    @property
    def falls_back(self) -> bool:
        """Whether a character that no piece has is spelled in bytes."""
        return bool(self._number(self.training, 35, 0))

    @property
    def unknown(self) -> int:
        """The number of the piece for any text."""
        return self._number(self.training, 40, 0)

    @property
    def unknown_text(self) -> str:
        """The text of that piece."""
        found = self.training.get(45, b"<unk>")
        return found.decode(errors="replace") if isinstance(found, bytes) else "<unk>"

    @property
    def prefixes(self) -> bool:
        """Whether a text begins with a space that it does not have."""
        return bool(self._number(self.normalizing, 3, 1))

    @property
    def joins_spaces(self) -> bool:
        """Whether a run of spaces is read as one, and none at the ends."""
        return bool(self._number(self.normalizing, 4, 1))

    @property
    def shows_spaces(self) -> bool:
        """Whether a space is spelled ▁."""
        return bool(self._number(self.normalizing, 5, 1))

    @staticmethod
    def _number(fields: Mapping[int, bytes | int], number: int, default: int) -> int:
        found = fields.get(number, default)
        return found if isinstance(found, int) else default


def read_pieces(data: bytes) -> PieceModel:
    """The model in the bytes of a file; FaultyTokenizerError where they are none."""
    pieces: list[Piece] = []
    settings: dict[int, dict[int, bytes | int]] = {2: {}, 3: {}}
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            pieces.append(_piece(value))
        elif number in settings and isinstance(value, bytes):
            settings[number] |= dict(_fields(value))
        if len(pieces) > MOST_PIECES:
            raise FaultyTokenizerError(f"it has more than {MOST_PIECES:,} pieces")
    found = PieceModel(pieces, settings[2], settings[3])
    if not pieces or found.kind not in (UNIGRAM, BYTE_PAIRS):
        raise FaultyTokenizerError(f"expected pieces of a model of kind 1 or 2, got {len(pieces)} of kind {found.kind}")
    return found


def _piece(data: bytes) -> Piece:
    found: dict[int, bytes | int] = dict(_fields(data))
    text, score, kind = found.get(1, b""), found.get(2, bytes(4)), found.get(3, NORMAL)
    if not isinstance(text, bytes) or not isinstance(score, bytes) or len(score) != 4 or not isinstance(kind, int):
        raise FaultyTokenizerError("one of its pieces has fields of other types")
    return Piece(text.decode(errors="replace"), struct.unpack("<f", score)[0], kind)


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of a message: numbers, and bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        length, at = _varint(data, at) if wire == _BYTES else ({_EIGHT: 8, _FOUR: 4}.get(wire, -1), at)
        if not 0 <= length <= len(data) - at:
            raise FaultyTokenizerError("it is no whole SentencePiece model")
        at += length
        yield number, data[at - length : at]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the last of which has no eighth, and the place behind it."""
    found = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, at
    raise FaultyTokenizerError("it is no whole SentencePiece model")
