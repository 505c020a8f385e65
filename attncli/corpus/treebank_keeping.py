"""The heads that a treebank was found for, kept for the explanations of their model."""

import os

from attncli.corpus.inputs import said
from attncli.corpus.treebank_heads import RelationHeads, TreebankHeads
from attncli.errors import shortened
from attncli.models.model import Model
from attncli.recipes.known_relations import LONGEST, KnownRelation, keep_relations


def keep_heads(found: TreebankHeads, model: Model) -> None:
    """Keep the relations with a head beyond the best fixed distance on sentences that it was not chosen on.

    They take the place of what was kept of the same heads, relations and treebank. Nothing is said where they cannot
    be kept.
    """
    name = _name(found.files)
    judged = {each.relation for each in found.relations if each.held_out is not None}

    def again(known: KnownRelation) -> bool:
        chosen = known.layer in found.layers and known.head in found.heads
        return chosen and known.treebank == name and known.relation in judged

    keep_relations(model.folder, [known for each in found.beyond for known in _known(each, name)], again)


def _known(found: RelationHeads, treebank: str) -> list[KnownRelation]:
    if (held := found.held_out) is None:
        return []
    place = held.layer, held.head, held.direction
    return [KnownRelation(treebank, found.relation, *place, held.accuracy, held.baseline, held.count)]


def _name(files: tuple[str, ...]) -> str:
    """The name of the first file, and how many more there are."""
    first = said(os.path.basename(files[0]))
    return shortened(first, LONGEST // 2) + f" and {len(files) - 1} more" * (len(files) > 1)
