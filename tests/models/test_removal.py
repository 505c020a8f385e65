"""Passes without each head in turn, all at once, against one pass a head."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, weights_of
from support.places import TESTS

from attncli.models.changes import Changes, HeadName
from attncli.models.checkpoint.config import read_config
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.models.model_input import ModelInput

HEADED = sorted(path.parent.name for path in TINY.glob("*/logits.npz"))
EXPECTED = np.load(TESTS / "oracles" / "effects.npz")


def opened(name):
    """The model of a tiny folder; a variant is another config.json for the weights of its model."""
    model, config = open_model(TINY / weights_of(name)), read_config(TINY / name)
    config.get("model_type")
    family = read_family(config).stored(model._tensors.bare_names)
    return replace(model, shape=family.shape, _family=family)


def sentence(ids):
    return ModelSentence("", tuple(ModelToken(at, id, "", "", 0, 0, False, at) for at, id in enumerate(ids.tolist())))


def given(name):
    """The shortest of the stored texts as an input, with its target if there is one."""
    stored = np.load(TINY / name / "expected.npz")
    key = min((key for key in stored if "ids" in key), key=lambda key: stored[key].size)
    target = key.replace("ids", "target")
    if target not in stored:
        return ModelInput(sentence(stored[key]))
    return ModelInput(sentence(stored[key]), sentence(stored[target]), "decoder")


def every_head(model, text):
    parts = ["encoder"] if text.target is None else ["encoder", "decoder", "cross"]
    shapes = {part: model.shape_of(part) for part in parts}
    return [
        HeadName(part, layer, head)
        for part, shape in shapes.items()
        for layer in range(shape.n_layer)
        for head in range(shape.n_head)
    ]


def outputs(model, text, heads, ablate):
    """By head the last layer's output without it `[n, d_model]`."""
    removal = model.removal(text, ablate, lambda *_: None)
    return {head: output for some in removal.each(heads) for head, output in zip(*some, strict=True)}


def slowly(model, text, *heads, ablate="zero"):
    for layer in model.layers(replace(text, changes=replace(text.changes, heads=heads, ablate=ablate))):
        last = layer.output
    return last


@pytest.mark.parametrize("name", HEADED)
def test_every_head_at_once_is_one_pass_a_head(name):
    model, text = opened(name), given(name)
    for head, output in outputs(model, text, every_head(model, text)[1::2], "zero").items():
        expected = slowly(model, text, head)
        np.testing.assert_allclose(output, expected, rtol=0, atol=2e-6 * np.abs(expected).max(), err_msg=str(head))


@pytest.mark.parametrize("ablate", ["zero", "mean"])
@pytest.mark.parametrize("name", sorted({key.rpartition(".")[0] for key in EXPECTED}))
def test_the_scores_without_each_head_are_pytorchs(name, ablate):
    """tests/oracles/make_effects.py has hooks in front of the projections that mix the heads."""
    model, text = opened(name), given(name)
    heads, top = every_head(model, text), EXPECTED[f"{name}.top"]
    expected, with_all = EXPECTED[f"{name}.{ablate}"], EXPECTED[f"{name}.logits"]
    found = outputs(model, text, heads, ablate)
    scores = np.stack([model.logits(found[head][-1:])[0, top] for head in heads])
    np.testing.assert_allclose(scores, expected, rtol=0, atol=2e-5 * np.abs(expected).max())
    assert (np.abs(expected - with_all).max(axis=1) > 1e-4).all()  # each head does something


@pytest.mark.parametrize("name", ["gpt2", "gemma2", "t5", "bart", "bert", "encoder-decoder_roberta"])
@pytest.mark.parametrize("limits", [(1, 2**23), (2**21, 1), (200, 600)])
def test_heads_go_up_in_as_many_chunks_as_memory_asks_for(name, limits, monkeypatch):
    model, text = opened(name), given(name)
    heads = every_head(model, text)
    whole = outputs(model, text, heads, "mean")
    for limit, value in zip(("STATES", "SCORES"), limits, strict=True):
        monkeypatch.setattr(f"attncli.models.removal.{limit}", value)
    few = outputs(model, text, heads[::-1], "mean")
    assert {*few} == {*whole} == {*heads}
    for head in heads:
        np.testing.assert_allclose(few[head], whole[head], rtol=0, atol=1e-9)
        expected = slowly(model, text, head, ablate="mean")
        np.testing.assert_allclose(few[head], expected, rtol=0, atol=2e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["gpt2", "t5"])
def test_changes_of_the_input_hold_in_every_pass(name):
    model, text = opened(name), given(name)
    gone, other = every_head(model, text)[1], every_head(model, text)[-1]
    text = replace(text, changes=Changes((gone,), cuts=((2, 0),)))
    found = outputs(model, text, [gone, other], "zero")
    removal = model.removal(text, "zero", lambda *_: None)
    np.testing.assert_allclose(removal.output, slowly(model, text, gone), rtol=0, atol=2e-6)
    np.testing.assert_allclose(found[gone], removal.output, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[other], slowly(model, text, gone, other), rtol=0, atol=2e-6)


def test_each_layer_is_run_once_for_all_heads_and_not_below_the_lowest_of_them(monkeypatch):
    model, text, run = opened("gpt2"), given("gpt2"), []
    family = type(model._family)
    layer = family.layer
    monkeypatch.setattr(
        family, "layer", lambda self, *given: run.append((given[1], len(given[2]))) or layer(self, *given)
    )
    removal, n = model.removal(text, "zero", lambda *_: None), len(text.text.ids)
    run.clear()
    [*removal.each([HeadName("encoder", 1, 0), HeadName("encoder", 0, 3), HeadName("encoder", 1, 2)])]
    assert run == [(0, n), (1, 3 * n)]
    assert removal.steps([HeadName("encoder", 1, 0), HeadName("encoder", 0, 3)]) == 3


def test_a_head_of_the_decoder_leaves_the_encoder_alone(monkeypatch):
    model, text = opened("t5"), given("t5")
    removal = model.removal(text, "zero", lambda *_: None)
    monkeypatch.setattr(type(model._family), "layer", lambda *_: pytest.fail("the encoder ran again"))
    done = []
    [*removal.each([HeadName("cross", 1, 0), HeadName("decoder", 0, 1)], done.append)]
    assert sum(done) == removal.steps([HeadName("cross", 1, 0), HeadName("decoder", 0, 1)])


def test_the_weights_of_the_unchanged_pass_are_seen():
    model, text, seen = opened("bart"), given("bart"), {}
    model.removal(text, "zero", lambda part, layer, weights: seen.update({(part, layer): weights}))
    for part in ("decoder", "cross"):
        layers = model.layers(replace(text, part=part))
        for number, layer in enumerate(layers):
            np.testing.assert_allclose(seen[part, number], layer.attention.weights, rtol=0, atol=1e-6)
