"""Heads held against a treebank, from made-up numbers: every count is known without a model."""

import numpy as np

from attncli.analysis.relations import Tally
from attncli.corpus.treebank_heads import Numbers, TreebankHeads, relation_heads
from attncli.recipes.model_source import ModelInfo


def tally_of(correct, offsets):
    """Pairs found `[n_layer][n_head][2]`, and the number of pairs at each offset."""
    tally = Tally(np.array(correct))
    tally.offsets.update(offsets)
    return tally


def relation_of(name, tally, numbers, first=None):
    """A relation; first: the pairs of the first half, none: nothing is held out."""
    empty = Tally(np.zeros_like(tally.correct))
    return relation_heads(name, first or empty, tally if first else empty, tally, numbers)


def heads_of(*relations, numbers, **more):
    """The value of these relations, of a file with a name of a stranger's."""
    info = ModelInfo("model <b>", "bert", 6, 12, 1)
    pairs = sum(each.count for each in relations)
    sizes = {"sentences": 3, "words": 50, "words_unmapped": 0, "pairs": pairs, "pairs_unmapped": 0}
    given = {"files": ("/x/en.conllu",), "choose_on": None, **sizes} | more
    return TreebankHeads(info, layers=numbers.layers, heads=numbers.heads, relations=relations, **given)


def drawn_by_lot(n_layer, n_head, names, seed=0):
    """Relations of falling counts, the heads of which find pairs by lot."""
    lot, numbers = np.random.default_rng(seed), Numbers(tuple(range(n_layer)), tuple(range(n_head)))

    def tally(count):
        offset = int(lot.integers(1, 4))
        shares = lot.beta(1, 4, (n_layer, n_head, 2))
        return tally_of(lot.binomial(count, shares), {offset: count // 2 + 1, -offset: count - count // 2 - 1})

    counts = [max(2, int(900 * 0.8**at)) for at in range(len(names))]
    made = [relation_of(name, tally(count), numbers, tally(count)) for name, count in zip(names, counts, strict=True)]
    return heads_of(*made, numbers=numbers)
