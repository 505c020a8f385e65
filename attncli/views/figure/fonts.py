r"""Fonts of this machine for the scripts of a sentence, and escapes like `\u6ce8` for characters that no font has."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Any

from attncli.extras import package
from attncli.views.figure.measure import NEEDED_FOR, dejavu
from attncli.views.screen import signs

FIRST = "DejaVu Sans"
#: What an SVG names: fonts of the same width or narrower than what was measured, then the viewer's own.
OF_VIEWERS = (FIRST, "Verdana", "Helvetica", "Arial")
_JOINERS = "\u200d\ufe0e\ufe0f"  # between the characters of an emoji: behind an escape they would garble it
_FORMS = (("ぁ", "ヿ", "JP"), ("가", "힣", "KR"), ("一", "鿿", "SC"))  # the same sign is written in several ways


def families(text: str) -> tuple[list[str], str]:
    """The families that draw `text`, the most common font first, and the characters that no font here draws."""
    chosen, lacking = [FIRST], {ord(char) for char in text if not char.isspace()} - _drawn_by_dejavu()
    while lacking and (best := max(_fonts(_form(text)), key=lambda font: len(lacking & font[1]), default=None)):
        if not lacking & best[1]:
            break
        chosen.append(best[0])
        lacking -= best[1]
    return chosen, "".join(sorted(map(chr, lacking)))


def escaped(text: str, lacking: str) -> str:
    r"""`text` with the lacking characters as `\u6ce8`, without the joiners of signs that come apart by that."""
    ends = [0, *signs(text)]
    return "".join(_escaped_sign(text[start:end], lacking) for start, end in pairwise(ends))


def _escaped_sign(sign: str, lacking: str) -> str:
    if not any(char in lacking for char in sign):
        return sign
    kept = (char for char in sign if char not in _JOINERS)
    return "".join(char.encode("unicode_escape").decode() if char in lacking else char for char in kept)


def _form(text: str) -> str:
    """The country whose form of Chinese signs fits the text."""
    return next((form for low, high, form in _FORMS if any(low <= char <= high for char in text)), "SC")


@lru_cache(maxsize=1)
def _drawn_by_dejavu() -> frozenset[int]:
    return frozenset(dejavu().get_charmap())


@lru_cache(maxsize=4)
def _fonts(form: str) -> list[tuple[str, frozenset[int]]]:
    """Upright fonts of normal weight with their characters: sans-serif ones first, then by name."""
    manager = package("matplotlib.font_manager", NEEDED_FOR).fontManager
    entries = [each for each in manager.ttflist if each.style == "normal" and str(each.weight) in ("400", "normal")]
    entries.sort(key=lambda each: (*_rank(each.name, form), each.name, each.fname))
    return list(_with_characters(entries))


def _rank(name: str, form: str) -> tuple[bool, bool, bool]:
    """False sorts first: signs in the wrong form, serifs and letters of one width come last."""
    return "CJK" in name and not name.endswith(form), "Sans" not in name, "Mono" in name


def _with_characters(entries: Iterable[Any]) -> Iterator[tuple[str, frozenset[int]]]:
    """Each family once."""
    named: set[str] = set()
    for entry in entries:
        if entry.name not in named and "Last Resort" not in entry.name:
            named.add(entry.name)
            with suppress(OSError, RuntimeError):  # a font that is gone or damaged
                yield entry.name, _characters(entry.fname)


@lru_cache(maxsize=1024)
def _characters(path: str) -> frozenset[int]:
    return frozenset(package("matplotlib.ft2font", NEEDED_FOR).FT2Font(path).get_charmap())
