"""The page of heads against treebanks: the relations with their best heads, and all heads on the one that is chosen."""

from collections.abc import Iterator

from attncli.analysis.relations import LOOKS
from attncli.corpus.treebank_heads import HeldOut, RelationHeads, TreebankHeads
from attncli.errors import AttnError
from attncli.views.page.data import Record
from attncli.views.page.frame import as_text, framed, json_block, note_items
from attncli.views.screen import Screen
from attncli.views.terminal.treebank import (
    LOOKING,
    OPTIMISTIC,
    files_named,
    finding,
    held_out_on,
    remarks_of,
    sizes,
)

SCRIPTS = ("data.js", "matrix.js", "room.js", "treebank.js")
COLUMNS = ("pairs", "from 0 to 1", "right", "distance", "head", "looking", "held out", "beyond", "interval")
LEFT = ("from 0 to 1", "looking", "beyond")  # columns of words


def treebank_page(found: TreebankHeads, scale: str = "auto") -> str:
    """The page of heads against treebanks, coloured up to 1, or with the scale `row` to the largest of each relation.

    Raises:
        AttnError: no relation.
    """
    if not found.relations:
        raise AttnError("expected a relation to show, got a treebank without counted pairs", "see attn heads --help")
    named, said = f"heads against {files_named(found, Screen())}", finding(found, Screen())
    parts = {
        "title": as_text(f"attn {named}"),
        "named": as_text(named),
        "settings": as_text(f"{found.source.name} ({found.source.size}) · {sizes(found)}"),
        "finding": as_text(f"{said[0].upper()}{said[1:]}."),
        "table": _table(found),
        "maps": "\n".join(map(_map, LOOKS)),
        "notes": note_items(_notes(found)),
        "data": json_block(_data(found, scale)),
    }
    return framed("treebank.html", ("page.css", "treebank.css"), SCRIPTS, parts)


def _data(found: TreebankHeads, scale: str) -> Record:
    """The pairs that each head finds of every relation, flat: [n_layer, n_head, 2]."""
    n = len(found.layers) * len(found.heads)
    return {
        "scale": "row" if scale == "row" else "fixed",
        "layers": found.layers,
        "heads": found.heads,
        "relations": [_relation(found, each, n) for each in found.relations],
    }


def _relation(found: TreebankHeads, each: RelationHeads, n_head: int) -> Record:
    best = each.best
    places = {"layer": found.layers.index(best.layer), "head": found.heads.index(best.head)}
    return {
        "name": Screen().word(each.relation),
        "count": each.count,
        "baseline": each.baseline,
        "offset": each.offset,
        "best": places | {"way": [*LOOKS].index(best.direction)},
        "beating": f"{each.beating:,} of {n_head:,} heads are beyond it." if n_head > 1 else "",
        "correct": each.correct.ravel().tolist(),
    }


def _map(direction: str) -> str:
    said = LOOKS[direction]
    table = f'<table class="map" role="grid" aria-label="{said}"></table>'
    return f'<h3>The {said}</h3>\n<div class="scroll">{table}</div>'


def _table(found: TreebankHeads) -> str:
    heads = "".join(f'<th scope="col"{_kind(name)}>{name}</th>' for name in COLUMNS)
    rows = "\n".join(map(_row, found.relations))
    return f'<thead><tr><th scope="col">relation</th>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>'


def _kind(column: str) -> str:
    return ' class="words"' if column in LEFT else ""


def _row(each: RelationHeads) -> str:
    best = each.best
    cells = (
        f"{each.count:,}",
        _chart(each),
        f"{best.accuracy:.2f}",
        f"{each.baseline:.2f} ({each.offset:+})".replace("-", "−"),
        f"{best.layer}.{best.head}",
        LOOKING[best.direction],
        *_held_out(each.held_out),
        f"{best.interval[0]:.2f}–{best.interval[1]:.2f}",
    )
    row = "".join(f"<td{_kind(name)}>{cell}</td>" for name, cell in zip(COLUMNS, cells, strict=True))
    return f'<tr><th scope="row"><bdi lang="">{as_text(each.relation)}</bdi></th>{row}</tr>'


def _held_out(held: HeldOut | None) -> tuple[str, str]:
    """The accuracy beside the baseline, and whether all of its interval is beyond that."""
    if held is None:
        return "–", "no pairs"
    both, head = f"{held.accuracy:.2f} / {held.baseline:.2f}", f"{held.layer}.{held.head}"
    return (f"<strong>{both}</strong>", f"yes, {head}") if held.beats else (both, f"no, {head}")


def _chart(each: RelationHeads) -> str:
    """From 0 to 1 the accuracy as a bar, its interval, the baseline, and the accuracy where it is held out."""
    share, held = 100 * each.best.accuracy, each.held_out
    low, high = (100 * end for end in each.best.interval)
    parts = [
        ("track", "M0 5H100"),
        ("share", f"M0 1H{share:.1f}V9H0Z"),
        ("baseline", f"M{100 * each.baseline:.1f} 0V10"),
    ]
    parts += [("interval", f"M{low:.1f} 3V7M{low:.1f} 5H{high:.1f}M{high:.1f} 3V7")]
    parts += [("held", f"M{100 * held.accuracy:.1f} 5h0")] if held is not None else []
    paths = "".join(f'<path class="{name}" d="{drawn}"/>' for name, drawn in parts)
    return f'<svg class="chart" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'


def _notes(found: TreebankHeads) -> Iterator[str]:
    yield "right: the share of the pairs in which the strongest other word of the one that looks is the right one"
    yield f"right, interval, distance: {OPTIMISTIC}"
    yield f"held out: {held_out_on(found)}, beside the distance there; interval: 95 % (Wilson)"
    yield "distance: the share of pairs at the best fixed distance, +1 if the head word is the next word"
    yield from (*remarks_of(found), *found.warnings)
