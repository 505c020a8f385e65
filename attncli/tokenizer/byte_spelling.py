"""Bytes as visible characters, as GPT-2 spells the pieces of texts (Radford et al. 2019)."""

_VISIBLE = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
_OTHERS = [byte for byte in range(256) if byte not in set(_VISIBLE)]
#: Each byte as a character: itself where it is visible, else the next one from U+0100 on.
SPELLING = {**{byte: chr(byte) for byte in _VISIBLE}, **{byte: chr(256 + n) for n, byte in enumerate(_OTHERS)}}


def spelled_bytes(piece: bytes) -> str:
    """A piece, a character a byte."""
    return "".join(map(SPELLING.__getitem__, piece))
