"""The page of a similarity: its number, rows of words with arcs, the matrix of shares, and words and pairs ranked."""

from collections.abc import Sequence

import numpy as np

from attncli.arrays import Array
from attncli.recipes.text_similarity import Similarity
from attncli.views.figure.arc_choice import least_share
from attncli.views.page.alignment import SCRIPTS, ways
from attncli.views.page.data import Record
from attncli.views.page.frame import as_text, filled, framed, json_block, note_items, table_of
from attncli.views.page.packing import FULL, packed_signed
from attncli.views.page.page import MOST_IN_TABLE
from attncli.views.page.rankings import printed, rankings
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.similarity import DIGITS, how_made, labelled, notes_of, number, unit_of, unit_shown

MOST_LINKS = 1000  # arcs
MORE, LESS = 1, 0  # the hues of positive and of negative shares
ABOUT = "The contributions are stored as base64 of 2 bytes each, in 32,767 steps either way from 0 up to the largest."
WORDING = {
    "unscripted": "Without script this page is the texts, the pairs and words ranked, and the table of contributions.",
    "pair_title": "Words",
    "pair_hint": "First text above, second below; under each word its share with all of the other text. An arc is a "
    "pair: the wider the larger its share, orange for the similarity, blue and dashed against it. Point at a word to "
    "see its shares.",
    "source_name": "First text",
    "target_name": "Second text",
    "matrix_title": "Contributions",
    "numbers": "contributions",
}


def similarity_page(found: Similarity, scale: str = "auto") -> str:
    """The page of a similarity; scale: the name of the scale of its colours.

    Where the similarity is no sum, it has the words ranked by the change without each, and no matrix.
    """
    first, second = (sentence.text for sentence in found.sentences)
    settings = (each for each in labelled(found, Screen()) if each.name != "function")
    lists, shares = rankings(found), found.contributions
    parts = {
        "title": as_text(f"attn similar: {first} / {second}"),
        "source": as_text(first),
        "target": as_text(second),
        "value": f'<p id="value"><strong>{number(found.value)}</strong> {as_text(how_made(found))}</p>',
        "settings": as_text(" · ".join(f"{each.label} {each.value}" for each in settings)),
        "notes": note_items([*notes_of(found, Screen()), *found.warnings]),
        "about": "" if shares is None else ABOUT,
        "views": f'<div id="views">{lists}</div>' if shares is None else _views(found, shares, lists),
        "data": json_block(_data(found, scale)),
    }
    return framed("pair.html", ("page.css", "access.css", "pair.css", "similar.css"), (*SCRIPTS, "similar.js"), parts)


def _views(found: Similarity, contributions: Array, lists: str) -> str:
    """The sections of a similarity that is a sum."""
    units = f"numbers in units of {unit_shown(unit_of(contributions))}, which sum to {number(found.value)}"
    parts = {
        "matrix_hint": f"A row is a word of the first text, a column one of the second; {units}.",
        "lists": lists,
        "table": _table(found, contributions),
    }
    return filled("pair_views.html", WORDING | ways(*(side.text for side in found.sentences)) | parts)


def _data(found: Similarity, scale: str) -> Record:
    """The numbers in the form of a page of one head, the arcs, and the share of each word."""
    shares, record = found.contributions, {"value": number(found.value), "compared": None}
    if shares is None or found.totals is None:
        return {**record, "sources": []}
    first, second = (names(sentence, Screen()) for sentence in found.sentences)
    largest, packed = packed_signed(shares, FULL)
    one: Record = {"queries": first, "keys": second, "only": None, "shares": False, "signed": True}
    one |= {"unit": unit_of(shares), "decimals": _decimals(largest), "ends": ["against", "for"]}
    one |= {"units": [[largest]], "weights": [[packed]]}
    return {
        **record,
        "scale": scale,
        "bytes": FULL.bytes,
        "levels": FULL.levels,
        "sources": [one],
        "links": _links(shares / largest),
        "totals": [[float(f"{total:.9g}") for total in totals] for totals in found.totals],
    }


def _decimals(largest: float) -> int:
    """As many as are right of packed numbers, DIGITS of the largest one at least."""
    digits = int(np.clip(DIGITS - 1 - np.floor(np.log10(largest)), 0, 8))
    return max(4, digits) if largest < 1 else digits


def _links(shares: Array) -> list[tuple[int, int, int]]:
    """The pairs `[n, m]` that have an arc, each with its hue; the largest last, which is drawn over the others."""
    sizes = np.abs(shares)
    rows, columns = np.nonzero(sizes >= least_share(shares))
    order = np.argsort(sizes[rows, columns], kind="stable")[-MOST_LINKS:]
    places = zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    return [(i, j, MORE if shares[i, j] > 0 else LESS) for i, j in places]


def _table(found: Similarity, contributions: Array) -> str:
    """The shares as a table, for readers without script."""
    first, second = (names(sentence, Screen()) for sentence in found.sentences)
    if max(len(first), len(second)) > MOST_IN_TABLE:
        return f"<caption>No table of the contributions is made of more than {MOST_IN_TABLE} words.</caption>"
    caption = "Contributions: each row is a word of the first text, each column one of the second"
    rows = zip(first, contributions.tolist(), strict=True)
    return table_of(caption, second, ((name, _cells(row)) for name, row in rows))


def _cells(shares: Sequence[float]) -> str:
    return "".join(f"<td>{printed(share)}</td>" for share in shares)
