"""The figure of heads against treebanks: a row a relation, a column a head, and the best fixed distance beside them."""

from collections.abc import Iterator, Sequence

import numpy as np

from attncli.analysis.relations import DIRECTIONS, LOOKS
from attncli.arrays import Array
from attncli.corpus.treebank_heads import RelationHeads, TreebankHeads
from attncli.errors import AttnError
from attncli.views.figure.content import PAPER, Kind, Scale
from attncli.views.figure.grouped import Grouped, Map
from attncli.views.scale import FIXED, ColorScale
from attncli.views.screen import cut
from attncli.views.terminal.treebank import OPTIMISTIC, files_named, remarks_of, sizes

MOST_ROWS, MOST_COLUMNS = 50, 400  # relations; heads, of more of them a column is a layer
LONGEST = 24  # cells of a relation


def treebank_content(found: TreebankHeads, kind: Kind, scale: str) -> Grouped:
    """A map a direction, rows in order of pairs; a dot marks the heads beyond the best fixed distance; it has one kind.

    Raises:
        AttnError: no relation.
    """
    if not found.relations:
        raise AttnError("expected a relation to draw, got a treebank without counted pairs", "see attn heads --help")
    shown = found.relations[:MOST_ROWS]
    by_layer = len(found.layers) * len(found.heads) > MOST_COLUMNS
    groups, columns = ([""], found.layers) if by_layer else (found.layers, found.heads)
    by_row = scale == "row"  # any other: accuracies, which go from 0 to 1
    label = "share of the row's largest share" if by_row else "share of words that look most at the right one"
    return Grouped(
        f"heads against {files_named(found, PAPER)}",
        f"{PAPER.word(found.source.name)} · {sizes(found)}",
        tuple(_map(found, shown, way, by_layer) for way in range(2)),
        tuple(cut(PAPER.word(f"{each.relation} ({each.count})"), LONGEST) for each in shown),
        np.array([each.baseline for each in shown]),
        tuple(f"{each.baseline:.2f} ({each.offset:+})" for each in shown),
        tuple(map(str, groups)),
        tuple(map(str, columns)),
        ("distance", "best head"),
        "layer, of which the best head counts" if by_layer else "layer, its heads from left to right",
        Scale(label, ColorScale("row") if by_row else FIXED),
        tuple(_notes(found, len(shown))),
    )


def _map(found: TreebankHeads, shown: Sequence[RelationHeads], way: int, by_layer: bool) -> Map:
    """Of one direction the accuracy of all heads, or of the best head of each layer."""
    values = np.stack([each.accuracy[..., way] for each in shown])  # [n_row, n_layer, n_head]
    beyond = np.stack([each.beats[..., way] for each in shown])
    after = tuple(_best(found, row) if row.size > 1 else "" for row in values)
    if by_layer:
        values, beyond = values.max(axis=2), beyond.max(axis=2)
    return Map(LOOKS[DIRECTIONS[way]], values.reshape(len(shown), -1), beyond.reshape(len(shown), -1), after)


def _best(found: TreebankHeads, accuracy: Array) -> str:
    """The first head of the highest accuracy, of `[n_layer, n_head]`."""
    layer, head = np.unravel_index(accuracy.argmax(), accuracy.shape)
    return f"{found.layers[int(layer)]}.{found.heads[int(head)]}  {accuracy[layer, head]:.2f}"


def _notes(found: TreebankHeads, shown: int) -> Iterator[str]:
    yield "distance: the share of pairs at the best fixed distance, +1 if the head word is the next word"
    yield f"dot: all of the 95 % interval (Wilson) is beyond it; all is {OPTIMISTIC}"
    if rest := len(found.relations) - shown:
        yield f"{rest} relations of fewer pairs are left out; they are in .csv"
    yield from map(PAPER.word, (*remarks_of(found), *found.warnings))
