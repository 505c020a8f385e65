"""The figure of an alignment: its weights with the links framed, or arcs between the linked words of two sentences."""

from collections.abc import Iterator

import numpy as np

from attncli.recipes.alignment import Alignment
from attncli.views.figure.content import PAPER, Content, Kind, Panel, cut_note, labels, weights_scale
from attncli.views.figure.script import runs_right_to_left
from attncli.views.terminal.alignment import labelled, without_partner


def alignment_content(alignment: Alignment, kind: Kind, scale: str) -> Content:
    """One panel; as arcs the source is above, the target below, a hue a group of linked words."""
    source, target = alignment.sentences
    rows, columns = (labels([token.label for token in sentence.tokens]) for sentence in alignment.sentences)
    hidden = np.zeros(alignment.weights.shape, bool)
    panel = Panel("", alignment.weights, hidden, rows, columns, links=alignment.links)
    return Content(
        f"{PAPER.word(source.text)} / {PAPER.word(target.text)}",
        " · ".join(f"{each.label} {PAPER.word(each.value)}" for each in labelled(alignment, PAPER)),
        ((panel,),),
        weights_scale("weight", scale, [panel], crossed=True),
        tuple(_notes(alignment)),
        axes=("source", "target"),
        sides=("source", "target"),
        crossed=True,
        right_to_left=(runs_right_to_left(source.text), runs_right_to_left(target.text)),
    )


def _notes(alignment: Alignment) -> Iterator[str]:
    yield from cut_note([token.label for sentence in alignment.sentences for token in sentence.tokens])
    yield from without_partner(alignment, PAPER)
    for sentence in alignment.sentences:
        if sentence.unknown:
            words = dict.fromkeys(PAPER.word(each.text) for each in sentence.unknown)
            yield f"not among the vectors: {', '.join(words)}"
    yield from map(PAPER.word, alignment.warnings)
