"""A file of SentencePiece (Kudo and Richardson 2018): its pieces, their scores, and its table of characters.

A message of Protocol Buffers, of which only the fields below are read; `sentencepiece_model.proto` numbers them.
"""

import struct
from collections.abc import Iterator
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
    """The pieces in the order of their numbers, the kind of the model, and its table of characters, if it has one."""

    pieces: list[Piece]
    kind: int
    charsmap: bytes


def read_pieces(data: bytes) -> PieceModel:
    """The model in the bytes of a file; FaultyTokenizerError where they are none."""
    pieces, kind, charsmap = [], UNIGRAM, b""
    for number, value in _fields(data):
        if number == 1 and isinstance(value, bytes):
            pieces.append(_piece(value))
        elif number == 2 and isinstance(value, bytes):
            kind = next((each for place, each in _fields(value) if place == 3 and isinstance(each, int)), UNIGRAM)
        elif number == 3 and isinstance(value, bytes):
            charsmap = next((each for place, each in _fields(value) if place == 2 and isinstance(each, bytes)), b"")
        if len(pieces) > MOST_PIECES:
            raise FaultyTokenizerError(f"it has more than {MOST_PIECES:,} pieces")
    if not pieces or kind not in (UNIGRAM, BYTE_PAIRS):
        raise FaultyTokenizerError(f"expected pieces of a model of kind 1 or 2, got {len(pieces)} of kind {kind}")
    return PieceModel(pieces, kind, charsmap)


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
