"""The page of an alignment: two rows of words with their links, and the matrix of weights with the links framed."""

from collections.abc import Iterator

from attncli.analysis.links import groups
from attncli.arrays import Array
from attncli.recipes.alignment import Alignment
from attncli.views.figure.script import runs_right_to_left
from attncli.views.page.data import Record
from attncli.views.page.frame import as_text, filled, framed, json_block, note_items, table_of
from attncli.views.page.packing import FULL, packed_matrix, packed_scores
from attncli.views.page.page import MOST_IN_TABLE
from attncli.views.screen import Screen
from attncli.views.terminal.alignment import labelled, notes_of
from attncli.views.terminal.heading import names

SCRIPTS = (
    "data.js",
    "status.js",
    "difference.js",
    "scale.js",
    "matrix.js",
    "readout.js",
    "room.js",
    "listen.js",
    "pair.js",
)
ABOUT = (
    "The numbers are stored as base64 of 2 bytes a weight, in 65,534 steps up to the largest, and 2 bytes a score, in "
    "65,535 steps over the range of its row."
)
WORDING = {
    "unscripted": "Without script this page is the two sentences, their notes and the table of weights.",
    "pair_title": "Links",
    "pair_hint": "Source above, target below; words that share links share a colour. Point at a word to see its links "
    "and its weights.",
    "source_name": "Source",
    "target_name": "Target",
    "matrix_title": "Weights",
    "matrix_hint": "A row is a word of the source, a column one of the target; a row sums to 1. Framed: links.",
    "numbers": "weights",
    "lists": "",
}


def alignment_page(alignment: Alignment, scale: str = "auto") -> str:
    """The page of an alignment; scale: the name of the scale of its colours."""
    source, target = (sentence.text for sentence in alignment.sentences)
    parts = {
        "title": as_text(f"attn align: {source} / {target}"),
        "source": as_text(source),
        "target": as_text(target),
        "value": "",
        "settings": as_text(" · ".join(f"{each.label} {each.value}" for each in labelled(alignment, Screen()))),
        "notes": note_items(notes_of(alignment, Screen())),
        "about": ABOUT,
        "views": filled("pair_views.html", WORDING | ways(source, target) | {"table": _table(alignment)}),
        "data": json_block(_data(alignment, scale)),
    }
    return framed("pair.html", ("page.css", "access.css", "pair.css"), (*SCRIPTS, "aligned.js"), parts)


def ways(source: str, target: str) -> dict[str, str]:
    """The directions in which two rows of words run."""
    run = ["rtl" if runs_right_to_left(text) else "ltr" for text in (source, target)]
    return {"source_way": run[0], "target_way": run[1]}


def _data(alignment: Alignment, scale: str) -> Record:
    """The numbers in the form of a page of one head, and the links, each with its group.

    The scores are those of two heads: the similarity, and the scores.
    """
    source, target = (names(sentence, Screen()) for sentence in alignment.sentences)
    unit, weights = packed_matrix(alignment.weights, FULL)
    codes, ranges = zip(*map(packed_scores, (alignment.similarity, alignment.scores)), strict=True)
    one: Record = {"queries": source, "keys": target, "only": None, "shares": True}
    one |= {"units": [[unit]], "weights": [[weights]], "scores": [[*codes]], "ranges": [[*ranges]]}
    return {
        "scale": scale,
        "compared": None,
        "bytes": FULL.bytes,
        "levels": FULL.levels,
        "sources": [one],
        "links": [[*link, group] for link, group in zip(alignment.links, groups(alignment.links), strict=True)],
    }


def _table(alignment: Alignment) -> str:
    """The weights as a table, for readers without script."""
    source, target = (names(sentence, Screen()) for sentence in alignment.sentences)
    if max(len(source), len(target)) > MOST_IN_TABLE:
        return f"<caption>No table of the weights is made of more than {MOST_IN_TABLE} words.</caption>"
    caption = "Weights: each row is a word of the source, each column one of the target"
    linked = {*alignment.links}
    rows = enumerate(zip(source, alignment.weights, strict=True))
    cells = ((name, "".join(_cells(i, row, linked))) for i, (name, row) in rows)
    return table_of(caption, target, cells)


def _cells(i: int, weights: Array, linked: set[tuple[int, int]]) -> Iterator[str]:
    for j, weight in enumerate(weights.tolist()):
        yield f'<td class="link">{weight:.3f} linked</td>' if (i, j) in linked else f"<td>{weight:.3f}</td>"
