"""The text that a token stands for, from its piece: `Ġthe` and `▁the` are ` the`."""

import re

from attncli.tokenizer.byte_spelling import SPELLING

#: A character of a piece → the byte that it spells, of tokenizers of bytes.
_BYTES = {char: byte for byte, char in SPELLING.items()}
_ONE_BYTE = re.compile("<0x([0-9A-F]{2})>")
SPACE = "▁"  # in the place of a space (Kudo & Richardson 2018, section 3.1)
#: A word with a space in front, by which tokenizers of bytes are known.
SPACED, OF_BYTES = "a a", SPELLING[ord(" ")]


def piece_bytes(piece: str, of_bytes: bool) -> bytes:
    """The bytes of a piece in UTF-8, which may end within a character; of_bytes: whether its characters spell bytes."""
    if of_bytes:
        return bytes(_BYTES[char] for char in piece) if all(char in _BYTES for char in piece) else piece.encode()
    if one := _ONE_BYTE.fullmatch(piece):
        return bytes([int(one[1], 16)])
    return piece.replace(SPACE, " ").encode("utf-8", "replace")


def piece_text(piece: str, of_bytes: bool) -> str:
    r"""The text of a piece; bytes that are only a part of a character stand as escapes: `\xe2`."""
    return piece_bytes(piece, of_bytes).decode("utf-8", "backslashreplace")
