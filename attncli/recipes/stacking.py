"""A remark on stacked blocks: attention alone, layer upon layer, makes the words of a sentence alike."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from attncli.arrays import Array
from attncli.errors import Setting
from attncli.recipes.attention_call import word_numbers
from attncli.recipes.explanation import Layer
from attncli.recipes.inputs import Inputs
from attncli.settings.wording import Remark

ALONE = "a layer here is attention alone, without residual, norm and feed-forward"
NAMED = 4  # layers whose cosine is said; of more the last one too


def restacked(remarks: Iterable[str], inputs: Inputs, layers: Sequence[Layer]) -> tuple[str, ...]:
    """The remarks on more layers, with the one on their stack in the place of that on all."""
    return (*(each for each in remarks if not each.startswith(ALONE)), *remarks_on_stack(inputs, layers))


def remarks_on_stack(inputs: Inputs, layers: Sequence[Layer]) -> Iterator[Remark]:
    """The mean cosine of two different words before several layers and after each, and where whole blocks are.

    Nothing of one layer. That attention alone loses rank with depth: Dong et al. 2021, theorem 2.2.
    """
    words = word_numbers(inputs.sentence)
    likeness = [mean_cosine(each, words) for each in (inputs.x, *(layer.output for layer in layers))]
    if len(layers) < 2 or None in likeness:
        return
    before, *after = (f"{round(each or 0, 2) + 0:.2f}" for each in likeness)
    shown = [*after[:NAMED], *([f"… {after[-1]}"] if len(after) > NAMED else [])]
    measured = f"the mean cosine of two different words is {before} before and {', '.join(shown)} after the layers"
    alike = ", and means of means make words alike" if after[-1] > before else ""
    yield Remark((f"{ALONE}{alike}: {measured}; whole blocks: attn tour --screen block, or ", Setting("model", "NAME")))


def mean_cosine(x: Array, words: Array) -> float | None:
    """The mean over all pairs of different words of vectors x `[n, d]`; None without a pair. A zero vector counts 0."""
    lengths = np.linalg.norm(x, axis=-1, keepdims=True)  # [n, 1]
    units = np.divide(x, lengths, out=np.zeros_like(x, dtype=float), where=lengths > 0)  # [n, d]
    same = np.zeros((int(words.max()) + 1, x.shape[1]))
    np.add.at(same, words, units)  # [words, d]
    counts = np.bincount(words)
    pairs = len(x) ** 2 - int((counts**2).sum())
    return float((units.sum(axis=0) ** 2).sum() - (same**2).sum()) / pairs if pairs else None
