"""A model's attention over many texts at once is that of `attn explain` over each of them."""

import numpy as np
import pytest
from oracles.checkpoints import TINY

from attncli.corpus.model_reading import ModelReader
from attncli.models import packing
from attncli.models.families import FAMILIES
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

NAMES = sorted({path.name for path in TINY.iterdir()} & {*FAMILIES})
TEXTS = [
    "the dog barks",
    "he is a dog",
    "a cute dog",
    "the",
    "the dog is cute and he barks",
    "",
    "dog " * 2000,
    "a dog",
]
TAKEN = [0, 1, 2, 3, 4, 7]


def read(name, texts=TEXTS, **chosen):
    """Each text's batch and place in it, and the texts that were skipped."""
    skipped, found = {}, {}
    reader = ModelReader(open_model(TINY / name), check_model_settings(**chosen))
    for batch in reader.read(texts, skipped.__setitem__):
        found |= {text: (batch, place) for place, text in enumerate(batch.texts.tolist())}
    return found, skipped


def of_each(name):
    return [(name, chosen) for chosen in ({}, {"layer": "1", "head": "0,1"}, {"words": True})]


@pytest.mark.parametrize(("name", "chosen"), [case for name in NAMES for case in of_each(name)])
def test_numbers_are_those_of_explain(name, chosen):
    found, skipped = read(name, **chosen)
    short = open_model(TINY / name).shape.positions < 2000  # some take them all
    assert sorted(found) == sorted(TAKEN if short else [*TAKEN, 6])
    assert "empty" in skipped[5]
    assert not short or "which takes" in skipped[6]
    for text in TAKEN:
        batch, place = found[text]
        expected = explain_model(TEXTS[text], TINY / name, **chosen)
        assert batch.weights.dtype == np.float32
        np.testing.assert_allclose(batch.weights[:, place], expected.weights, rtol=0, atol=2e-6)
        np.testing.assert_array_equal(batch.special, expected.source.special)
        shown = [layer.visible for layer in expected.layers]  # of words, under any layer
        seen = [np.any(batch.seen, axis=0)] * len(shown) if "words" in chosen else batch.seen
        np.testing.assert_array_equal(seen, shown)
        if "words" not in chosen:
            assert batch.rows[place].tolist() == [token.row for token in expected.sentence.tokens]


def test_texts_of_one_length_are_one_batch_whatever_stands_between_them():
    found, _ = read("gpt2", ["the dog", "the dog is cute and he barks", "a dog", "he is"])
    lengths = {len(batch.rows[place]) for batch, place in found.values()}
    assert len({id(batch) for batch, _ in found.values()}) == len(lengths) < 4


@pytest.mark.parametrize(("limit", "value"), [("PACKED", 12), ("HELD", 4000)])
def test_packs_are_bounded_and_cut_by_the_texts_alone(monkeypatch, limit, value):
    whole, _ = read("bert", TEXTS[:5])
    monkeypatch.setattr(packing, limit, value)
    cut, _ = read("bert", TEXTS[:5])
    assert len({id(batch) for batch, _ in cut.values()}) > 1
    for text, (batch, place) in cut.items():
        other, at = whole[text]
        np.testing.assert_allclose(batch.weights[:, place], other.weights[:, at], rtol=0, atol=1e-6)


def test_behind_the_last_chosen_layer_nothing_is_computed(monkeypatch):
    from attncli.models.family import PackedLayer

    finished = []
    output = PackedLayer.output.func
    monkeypatch.setattr(PackedLayer, "output", property(lambda layer: finished.append(1) or output(layer)))
    model = open_model(TINY / "qwen2")
    reader = ModelReader(model, check_model_settings(layer="1"))
    assert [*reader.read(["the dog barks"], print)]
    assert len(finished) == 1  # of layer 0; layer 1 has its weights, and layer 2 is not begun


@pytest.mark.parametrize("chosen", [{"stride": 9}, {"stride": 0, "words": True}, {"truncate": True}])
def test_long_texts_are_cut_or_in_windows_as_in_explain(chosen):
    texts = ["the dog barks", "the dogs bark, he is very cute " * 8, "", "a dog"]
    found, skipped = read("bert", texts, **chosen)
    assert sorted(found) == [0, 1, 3]
    assert [*skipped] == [2]
    for text, (batch, place) in found.items():
        expected = explain_model(texts[text], TINY / "bert", **chosen)
        np.testing.assert_allclose(batch.weights[:, place], expected.weights, rtol=0, atol=2e-6)
        np.testing.assert_array_equal(batch.special, expected.source.special)
        shown = [layer.visible for layer in expected.layers]
        np.testing.assert_array_equal(np.any(batch.seen, axis=0), np.any(shown, axis=0))
