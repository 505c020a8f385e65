"""A sentence as running text: its tokens as they stand in it, and between them what is no token."""

from typing import Any

from attncli.text.tokens import Sentence, Token
from attncli.views.figure.script import runs_right_to_left
from attncli.views.screen import visible

AGAIN = "·"


def running_text(sentence: Sentence) -> dict[str, Any]:
    """Each token as `[text before it, its text]`, the text behind the last one, and the direction of writing.

    A token without characters of its own, such as [CLS], stands by its name, apart from the others.
    """
    parts: list[list[str]] = []
    at, apart = 0, False
    for token in sentence.tokens:
        start, end = _place(token, sentence.text, at)
        gap = sentence.text[at:start] or " " * (bool(parts) and (apart or token.special))
        parts.append([_lines(gap), visible(sentence.text[start:end]) or _name(token)])
        at, apart = max(at, end), token.special
    way = "rtl" if runs_right_to_left(sentence.text) else "ltr"
    return {"parts": parts, "rest": _lines(sentence.text[at:]), "way": way}


def _place(token: Token, text: str, at: int) -> tuple[int, int]:
    """From its first character that no token before has, without blanks; empty where there is none."""
    if token.special:
        return at, at
    start, end = max(token.start, at), max(token.end, at)
    return end - len(text[start:end].lstrip()), end


def _name(token: Token) -> str:
    """Of a token without characters: its piece, or a dot for one of several of the same character."""
    return visible(token.name) if token.special or token.text.isspace() or not token.text else AGAIN


def _lines(text: str) -> str:
    return "\n".join(map(visible, text.split("\n")))
