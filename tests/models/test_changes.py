"""Heads taken away and tokens cut apart: PyTorch with hooks (tests/oracles/make_changes.py), and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import CHANGES, TINY, changed_heads, changed_text, cuts_of, weights_of

from attncli.models.changes import Changes, HeadName
from attncli.models.checkpoint.config import read_config
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.models.pack import Pack

EXPECTED = np.load(CHANGES)
NAMES = sorted({key.partition("/")[0] for key in EXPECTED})


def opened(name):
    """The model of a tiny folder; a variant is another config.json for the weights of its model."""
    model, config = open_model(TINY / weights_of(name)), read_config(TINY / name)
    config.get("model_type")
    family = read_family(config)
    tensors = Checkpoint(TINY / weights_of(name), family.names, {family.output.embedding: family.output.weights})
    return replace(model, shape=family.shape, _family=family.stored(tensors.bare_names), _tensors=tensors)


def last_row(model, ids, target, part, changes):
    """The last row of the last hidden state of a part `[d_model]`."""
    if part == "encoder":
        pack = replace(Pack.of([ids]), hidden=changes.hidden(len(ids), len(ids)))
        *_, last = model.run_pack(pack, np.float64, changes)
        return model.final(last.output)[-1]
    n, m = len(ids), len(target)
    sources, targets = Pack.of_pairs([ids], [target])
    targets = replace(targets, hidden=changes.hidden(m, m) if part == "decoder" else None)
    across = changes.hidden(m, n) if part == "cross" else None
    *_, last = model.run_pairs(sources, targets, "cross", np.float64, changes, across)
    return model._family.final_target(model._tensors, last.output)[-1]


def changes_of(kind, part, shape, n_query, n_key):
    """The changes of a kind that the oracle was asked for."""
    if kind == "cut":
        return Changes(cuts=cuts_of(n_query, n_key))
    heads = changed_heads(part, shape.n_layer, shape.n_head)
    return Changes(tuple(HeadName(*head) for head in heads), ablate=kind)


def test_every_tiny_model_is_there():
    assert {path.parent.name for path in TINY.glob("*/expected.npz")} == {*NAMES}
    assert {key for key in EXPECTED if np.isnan(EXPECTED[key]).any()} == {"bloom_saved-in_parts/encoder"}


@pytest.mark.parametrize("key", sorted(EXPECTED))
def test_a_model_without_heads_or_glances_is_pytorchs(key):
    name, _, part = key.partition("/")
    model, (ids, target) = opened(name), changed_text(np.load(TINY / name / "expected.npz"))
    sides = {"encoder": (ids, ids), "decoder": (target, target), "cross": (target, ids)}[part]
    plain = last_row(model, ids, target, part, Changes())
    for kind, expected in zip(("zero", "mean", "cut"), EXPECTED[key], strict=True):
        if np.isfinite(expected).all():
            changes = changes_of(kind, part, model.shape_of(part), *map(len, sides))
            found = last_row(model, ids, target, part, changes)
            np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5, err_msg=kind)
            assert np.abs(found - plain).max() > 2e-4, f"{kind} changes nothing"
