"""Right-to-left words on terminals that set them so: isolated, so that no number leaves its word (UAX #9)."""

import re
from collections.abc import Iterator

from rich.text import Text

ISOLATE, END = "\u2068", "\u2069"  # FIRST STRONG ISOLATE, POP DIRECTIONAL ISOLATE; both take no cell
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_AROUND = "\"'“”‘’,;:.()"  # what a sentence of ours puts around a word
_BETWEEN = re.compile("[,;:.]? ")  # words of a phrase


def isolated(text: str) -> str:
    """`text` with an isolate around every right-to-left word, or phrase of such words, one space apart."""
    pieces = list(_pieces(text))
    return "".join(f"{ISOLATE}{text[a:b]}{END}" if inside else text[a:b] for a, b, inside in pieces)


def isolated_line(line: Text, together: bool = True) -> Text:
    """A styled line with its words isolated; not `together`, each word of a phrase is isolated in its own cells."""
    pieces = list(_pieces(line.plain, together))
    if len(pieces) < 2 and not any(inside for _, _, inside in pieces):
        return line
    parts = line.divide([end for _, end, _ in pieces][:-1])
    drawn = Text(no_wrap=True, style=line.style)
    for part, (_, _, inside) in zip(parts, pieces, strict=True):
        drawn.append(ISOLATE if inside else "").append_text(part).append(END if inside else "")
    return drawn


def _pieces(text: str, together: bool = True) -> Iterator[tuple[int, int, bool]]:
    """The text from piece to piece: where each begins and ends, and whether it reads from right to left."""
    done = 0
    for start, end in phrases(text, together):
        yield from ((done, start, False), (start, end, True))
        done = end
    yield done, len(text), False


def phrases(text: str, together: bool = True) -> list[tuple[int, int]]:
    """The spans of right-to-left words; `together`: those of a phrase as one."""
    found: list[tuple[int, int]] = []
    for match in re.finditer("[^ ]+", text) if _RIGHT_TO_LEFT.search(text) else ():
        if not _RIGHT_TO_LEFT.search(match[0]):
            continue
        start, end = _bare(match)
        goes_on = together and found and _BETWEEN.fullmatch(text, found[-1][1], start)
        found.append((found.pop()[0] if goes_on else start, end))
    return found


def _bare(match: re.Match[str]) -> tuple[int, int]:
    word = match[0]
    return match.end() - len(word.lstrip(_AROUND)), match.start() + len(word.rstrip(_AROUND))
