"""The labels of a classifier, and the score of each for a text, from its last hidden states."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from attncli.arrays import Array
from attncli.models.blocks.layers import Dense
from attncli.models.checkpoint.config import Config
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.family import Family

MOST, LONGEST = 2**16, 200  # labels, and characters of one
TASK = "ForSequenceClassification"  # how the classes of such models end
SEVERAL = "multi_label_classification"


class Labels(NamedTuple):
    """The names of the labels, none of a model that does not classify texts.

    padding: the token that is not the last one of a text, whatever stands there; apart: whether each label is probable
    by itself, so that several may hold, or the one score does.
    """

    names: tuple[str, ...] = ()
    padding: int | None = None
    apart: bool = False

    def shares(self, scores: Array) -> Array:
        """The probabilities of scores `[..., labels]` in float64: their softmax, or the logistic function of each."""
        x = scores.astype(np.float64)
        whole = np.logaddexp(0, x) if self.apart else np.logaddexp.reduce(x, axis=-1, keepdims=True)
        shares: Array = np.exp(x - whole)
        return shares


def read_labels(config: Config, family: Family, tensors: Checkpoint) -> Labels:
    """The labels by `id2label` and by the rows of the layer that scores them.

    None where the files lack an array of that head, or where `architectures` names models for other tasks alone.
    """
    head, classes = family.classifier, config.values.get("architectures")
    for_others = isinstance(classes, list) and classes and not any(str(each).endswith(TASK) for each in classes)
    hidden = [name for name, _ in head.hidden.arrays()] if head.hidden is not None else []
    shape = tensors.size(f"{head.out}.weight")
    if for_others or not shape or not 0 < shape[0] <= MOST or any(name not in tensors for name in hidden):
        return Labels()
    named, padding = config.values.get("id2label"), config.values.get("pad_token_id")
    known = named if isinstance(named, dict) else {}
    names = (str(known.get(str(row), f"LABEL_{row}"))[:LONGEST] for row in range(shape[0]))
    apart = shape[0] == 1 or config.values.get("problem_type") == SEVERAL
    return Labels(tuple(names), padding if type(padding) is int else None, apart)


def label_logits(family: Family, tensors: Checkpoint, labels: Labels, ids: Sequence[int], output: Array) -> Array:
    """The scores of the labels `[labels]` for the text of these ids, from the last layer's output `[n, d_model]`.

    Raises:
        ResourceError: an array that is missing, or has another shape than config.json says.
    """
    head = family.classifier
    x = family.final(tensors, output if head.pooled == "mean" else output[[_place(head.pooled, labels, ids)]])
    x = x.mean(axis=0, keepdims=True)  # [1, d_model]
    if head.hidden is not None:
        x = head.hidden(tensors, x)
    scores: Array = Dense(head.out, x.shape[1], len(labels.names), head.biased)(tensors, x)[0]
    return scores


def pooled_place(family: Family, labels: Labels, ids: Sequence[int]) -> int | None:
    """The token whose state is taken; None: the mean over all."""
    pooled = family.classifier.pooled
    return None if pooled == "mean" else _place(pooled, labels, ids)


def _place(pooled: str, labels: Labels, ids: Sequence[int]) -> int:
    """The place of the token whose state is taken; in a text of padding alone the first."""
    if pooled == "first":
        return 0
    return max((place for place, each in enumerate(ids) if each != labels.padding), default=0)
