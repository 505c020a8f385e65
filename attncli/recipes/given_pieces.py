"""Pieces as tokenizers write them, read as a text: Ġ and ▁ for a blank, ## for none, </w> at the end of a word.

Tokens that models add, such as [CLS] and <s>, are known by their names and have no place in the text, as in models.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from attncli.text.segments import is_unspaced
from attncli.text.tokens import Sentence, Token

KNOWN = 0  # a row of no set: without one, a word would be composed of parts
SPECIAL = frozenset(
    [
        *("[CLS]", "[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<bos>", "<eos>", "<cls>", "<sep>"),
        *("<|startoftext|>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>"),
    ]
)
INNER = re.compile(r"##\w")  # a piece that goes on with a word, of BERT's tokenizer
ENDING = "</w>"

Spelled = tuple[str, bool]  # the text of a piece, and whether a blank is before it


def sentence_of_pieces(pieces: Sequence[str]) -> Sentence:
    """The text that the pieces spell, each a token by its place in it; `word` is the piece to the letter."""
    if SPECIAL.issuperset(pieces):
        return _placed(pieces, [(piece, True) for piece in pieces], frozenset())
    return _placed(pieces, _spelled(pieces), SPECIAL)


def _placed(pieces: Sequence[str], spelled: Sequence[Spelled], special: frozenset[str]) -> Sentence:
    text, tokens = "", list[Token]()
    for piece, (own, apart) in zip(pieces, spelled, strict=True):
        added = piece in special
        text += " " * (apart and not added and text != "")
        end = len(text) if added else len(text) + len(own)
        tokens.append(Token(len(tokens), piece if added else own, piece, len(text), end, KNOWN, added, (piece,)))
        text += "" if added else own
    return with_seams(text, tokens)


def with_seams(text: str, tokens: Sequence[Token]) -> Sentence:
    """The sentence of tokens by their places, which say where a word was cut."""
    seams = [_is_seam(text, *sides) for sides in pairwise(tokens)]
    both = zip([False, *seams], [*seams, False], strict=True)
    return Sentence(text, tuple(replace(token, seams=each) for token, each in zip(tokens, both, strict=True)))


def _is_seam(text: str, before: Token, after: Token) -> bool:
    """Whether two tokens are of one word, cut between them."""
    if before.end != after.start or before.start == before.end or after.start == after.end:
        return False
    ends = text[after.start - 1], text[after.start]
    return all(map(str.isalnum, ends)) and not all(map(is_unspaced, ends))


def _spelled(pieces: Sequence[str]) -> list[Spelled]:
    """The pieces in the way of their tokenizer, which one of them shows; else each as a word."""
    if any(piece.startswith("Ġ") for piece in pieces):
        decode = _decoder()
        return [_behind_blank(decode(piece), piece.startswith("Ġ")) for piece in pieces]
    if any(piece.startswith("▁") for piece in pieces):
        return [_behind_blank(piece.replace("▁", " "), piece.startswith("▁")) for piece in pieces]
    if any(map(INNER.match, pieces)):
        return [(piece[2:], False) if INNER.match(piece) else (piece, True) for piece in pieces]
    if any(piece.endswith(ENDING) for piece in pieces):
        ended = [True, *(piece.endswith(ENDING) for piece in pieces)]
        return [(piece.removesuffix(ENDING), apart) for piece, apart in zip(pieces, ended, strict=False)]
    return [(piece, True) for piece in pieces]


def _behind_blank(text: str, apart: bool) -> Spelled:
    """A text without the blank before it; blanks alone stay as they are."""
    return (text[apart:], apart) if text.strip() else (text, False)


def _decoder() -> Callable[[str], str]:
    """A function of pieces that are spelled a character a byte; one that is no whole text stays as it is."""
    from attncli.tokenizer.byte_spelling import SPELLING  # late: words and most pieces need no table of bytes

    places = {character: byte for byte, character in SPELLING.items()}

    def decoded(piece: str) -> str:
        try:
            return bytes(places[character] for character in piece).decode()
        except (KeyError, ValueError):
            return piece

    return decoded
