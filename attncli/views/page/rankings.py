"""The lists of the page of a similarity: pairs and words by their share, and words by the change without them."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.recipes.text_similarity import Pair, Similarity
from attncli.views.page.frame import as_text
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.similarity import TEXTS, of_special, signed, without

BOTH = "first text", "second text"
PLACES = "query", "key"  # of the words of either text, as the matrix has them


class Item(NamedTuple):
    """A line of a list: its words, not escaped, its number, and its places in the matrix by name."""

    words: Sequence[str]
    value: float
    places: dict[str, int]


def rankings(found: Similarity) -> str:
    """The section of the lists; lines are buttons where there is a matrix to point at."""
    parts = [part for group in (_pairs, _words, _left_out, _dropped) for part in group(found)]
    return '<section id="lists" aria-label="Ranked">\n' + "\n".join(parts) + "\n</section>"


def _pairs(found: Similarity) -> Iterator[str]:
    """The pairs for the similarity and those against it, and the share of special tokens."""
    if not found.exact:
        return
    yield "<h2>Pairs</h2>"
    first, second = (names(side, Screen()) for side in found.sentences)
    both = {"for the similarity": found.ranked, "against it": found.against}
    most = max((abs(each.share) for pairs in both.values() for each in pairs), default=1.0)

    def item(each: Pair) -> Item:
        places = dict(zip(PLACES, each[:2], strict=True))
        return Item((first[each.token], second[each.other]), each.share, places)

    for title, pairs in both.items():
        yield _list(title, [item(each) for each in pairs], most, True)
    if found.special is not None:
        said = as_text(of_special(found))
        yield f"<p>{said[0].upper()}{said[1:]}.</p>"


def _words(found: Similarity) -> Iterator[str]:
    """The words of either text by their share with all of the other, the largest first."""
    if found.totals is not None:
        yield "<h2>Words, each with all of the other text</h2>"
        yield from _by_text(found, found.totals, [-totals for totals in found.totals])


def _left_out(found: Similarity) -> Iterator[str]:
    """The words of either text by the change without each, the largest loss first."""
    if found.left_out is not None:
        yield "<h2>The change without each word</h2>"
        yield from _by_text(found, found.left_out, found.left_out)


def _dropped(found: Similarity) -> Iterator[str]:
    if found.dropped:
        yield "<h2>Dropped</h2>"
    for each in found.dropped:
        said = without(found, each, Screen())
        yield f"<p>{as_text(said[0].upper() + said[1:])}.</p>"


def _by_text(found: Similarity, values: Sequence[Array], keys: Sequence[Array]) -> Iterator[str]:
    """A list of the words of either text in ascending order of keys, without special tokens."""
    most = max(float(np.nanmax(np.abs(each), initial=0)) for each in values) or 1.0
    for title, side, place, numbers, order in zip(BOTH, found.sentences, PLACES, values, keys, strict=True):
        words = names(side, Screen())
        ranked = [int(i) for i in np.argsort(order, kind="stable") if not side.tokens[int(i)].special]
        items = [Item((words[i],), float(numbers[i]), {place: i}) for i in ranked]
        yield _list(f"{TEXTS[BOTH.index(title)]}: {title}", items, most, found.exact)


def printed(share: float) -> str:
    """A share or a change with a sign as long as the other."""
    return signed(share).replace("-", "−")


def _list(title: str, items: Sequence[Item], most: float, points: bool) -> str:
    lines = "\n".join(f"<li>{_line(item, most, points)}</li>" for item in items) or "<li>none</li>"
    return f"<div><h3>{title}</h3>\n<ol>\n{lines}\n</ol></div>"


def _line(item: Item, most: float, points: bool) -> str:
    """A line with its places and the length of its bar."""
    words = " · ".join(f'<bdi lang="">{escape(word)}</bdi>' for word in item.words)
    places = "".join(f' data-{name}="{place}"' for name, place in item.places.items()) * points
    share = 0.0 if np.isnan(item.value) else abs(item.value) / most
    bar = f'data-share="{share:.3f}" data-hue="{int(item.value > 0)}"'
    tag, kind = ("button", ' type="button"') if points else ("span", "")
    number = f'<span class="number">{printed(item.value)}</span>'
    return f'<{tag} class="part"{kind}{places} {bar}>{words} {number}</{tag}>'
