"""The figure of a similarity: the share of each pair of words as a map or arcs, or the change without each word."""

from collections.abc import Iterator
from itertools import zip_longest

import numpy as np

from attncli.errors import AttnError
from attncli.recipes.text_similarity import Similarity
from attncli.views.figure.content import PAPER, Content, Kind, Panel, Scale, cut_note, labels
from attncli.views.figure.script import runs_right_to_left
from attncli.views.scale import signed_scale
from attncli.views.screen import cut
from attncli.views.terminal.similarity import (
    TEXTS,
    labelled,
    notes_of,
    number,
    of_special,
    signed,
    unit_of,
    unit_shown,
    without,
)

SIDES = ("first text (a)", "second text (b)")
LONGEST = 14  # cells of a word in its cell
MEASURES = {False: "share of the similarity", True: "change of the similarity"}


def similarity_content(found: Similarity, kind: Kind, scale: str) -> Content:
    """One panel: rows are the words of the first text; as arcs that is above, with hue and dashes by sign.

    Where the similarity is no sum the words stand in two columns, coloured by the change without each.

    Raises:
        AttnError: arcs of such a similarity.
    """
    exact = found.contributions is not None
    if kind == "arcs" and not exact:
        by = f"the {found.function} similarity by {found.pooling} pooling"
        reason = f"arcs are drawn between pairs of words, and of {by} no pair has a share"
        raise AttnError(reason, "take a map: heat")
    panel = _shares(found) if exact else _changes(found)
    first, second = found.sentences
    return Content(
        f"{PAPER.word(first.text)} / {PAPER.word(second.text)}",
        " · ".join([f"{found.function} similarity {number(found.value)}", *_settings(found)]),
        ((panel,),),
        _scale(panel, exact, scale),
        tuple(_notes(found)),
        axes=SIDES if exact else ("place", "text"),
        sides=SIDES,
        crossed=True,
        right_to_left=(runs_right_to_left(first.text), runs_right_to_left(second.text)),
        hatched="special tokens, which stay, and places behind the shorter text",
    )


def _settings(found: Similarity) -> Iterator[str]:
    for each in labelled(found, PAPER):
        if each.name != "function":  # the title has it
            yield f"{each.label} {PAPER.word(each.value)}"


def _shares(found: Similarity) -> Panel:
    """The share of each pair of words."""
    contributions = np.asarray(found.contributions)  # [n, m]
    rows, columns = (labels([token.label for token in side.tokens]) for side in found.sentences)
    return Panel("", contributions, np.zeros(contributions.shape, bool), rows, columns)


def _changes(found: Similarity) -> Panel:
    """The change of the similarity without each word: a column a text, a row a place."""
    assert found.left_out is not None  # where there are no shares
    changes = np.array([*zip_longest(*found.left_out, fillvalue=np.nan)])  # [max(n, m), 2]
    words = [[cut(PAPER.word(token.text), LONGEST) for token in side.tokens] for side in found.sentences]
    said = [[*map(_said, *each)] for each in zip(words, found.left_out, strict=True)]
    texts = tuple(zip_longest(*said, fillvalue=""))
    return Panel("", changes, np.isnan(changes), tuple(map(str, range(len(changes)))), TEXTS, texts=texts)


def _said(word: str, change: float) -> str:
    return f"{word} {signed(change)}"


def _scale(panel: Panel, exact: bool, name: str) -> Scale:
    """Both ways from 0, up to the largest number."""
    known = np.nan_to_num(panel.weights)
    colours = signed_scale(name, [known], hidden=[panel.hidden], weights=False)
    unit, label = unit_of(known), MEASURES[not exact]
    note = f"shares in units of {unit_shown(unit)}, which sum to the similarity" if exact else ""
    return Scale(f"{label}, of the row's largest" if name == "row" else label, colours, unit=unit, note=note)


def _notes(found: Similarity) -> Iterator[str]:
    yield from cut_note([token.label for sentence in found.sentences for token in sentence.tokens])
    if found.special is not None:
        yield PAPER.word(of_special(found))
    for each in found.dropped:
        yield without(found, each, PAPER)
    yield from map(PAPER.word, (*notes_of(found, PAPER), *found.warnings))
