"""Every number of a model against PyTorch's own, kept by tests/oracles/make_minilm.py and make_tiny.py."""

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.sentences import LONGEST, SHORT, TINY, words
from support.places import TESTS

from attncli.errors import AttnError
from attncli.models.model import open_model

STORED = TESTS / "oracles"
FAMILIES = ("bert", "roberta", "xlm-roberta", "electra", "distilbert")


@pytest.fixture(scope="module")
def minilm():
    return open_model(MINILM)


@pytest.fixture(scope="module")
def expected():
    return np.load(STORED / "minilm.npz")


def outputs(model, ids):
    """Weights [n_layer, n_head, n, n] and the last hidden state [n, d_model]."""
    layers = list(model.run(ids))
    return np.stack([layer.attention.weights for layer in layers]), model.final(layers[-1].output)


@needs_minilm
@pytest.mark.parametrize("i", range(len(SHORT)))
def test_every_weight_of_minilm_is_pytorchs(minilm, expected, i):
    ids = minilm.read(SHORT[i]).ids
    weights, hidden = outputs(minilm, ids)
    assert ids == tuple(expected[f"{i}.ids"])
    np.testing.assert_allclose(weights, expected[f"{i}.weights"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(hidden, expected[f"{i}.hidden"], rtol=0, atol=1e-5)


@needs_minilm
def test_512_tokens_of_minilm_are_pytorchs(minilm, expected):
    """One whole row a head; of every other row the sum of its 512 weights with signs, which one wrong weight moves."""
    ids = minilm.read(LONGEST).ids
    weights, _ = outputs(minilm, ids)
    rows = np.take_along_axis(weights, expected["long.rows"][..., None, None], axis=2)[:, :, 0]  # [n_layer, n_head, n]
    sums = weights.astype(np.float64) @ expected["signs"]  # [n_layer, n_head, n]
    assert ids == tuple(expected["long.ids"])
    np.testing.assert_allclose(rows, expected["long.weights"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(sums, expected["long.sums"], rtol=0, atol=1e-5)


@needs_minilm
@pytest.mark.parametrize("i", [*range(len(SHORT)), "long"])
def test_sentence_embeddings_of_minilm_point_where_pytorchs_do(minilm, expected, i):
    text = LONGEST if i == "long" else SHORT[i]
    ours = outputs(minilm, minilm.read(text).ids)[1].mean(axis=0)  # [d_model]
    theirs = expected["long.embedding"] if i == "long" else expected[f"{i}.hidden"].mean(axis=0)
    cosine = ours @ theirs / (np.linalg.norm(ours) * np.linalg.norm(theirs))
    assert cosine == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@needs_minilm
def test_a_text_that_is_too_long_says_how_long(minilm):
    with pytest.raises(AttnError, match=r"513 tokens for .*, which takes 512") as caught:
        minilm.read(words(511))
    assert caught.value.exit_code == 1


@needs_minilm
def test_the_head_that_links_he_to_dog_is_found(minilm):
    tokens = [token.text for token in minilm.read(SHORT[0]).tokens]
    weights, _ = outputs(minilm, minilm.read(SHORT[0]).ids)
    assert weights[1, 7, tokens.index("he"), tokens.index("dog")] == pytest.approx(0.28, abs=0.005)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("i", range(len(TINY)))
def test_every_family_is_pytorchs(family, i):
    model, expected = open_model(STORED / "tiny" / family), np.load(STORED / "tiny" / family / "expected.npz")
    ids = model.read(TINY[i]).ids
    weights, hidden = outputs(model, ids)
    assert ids == tuple(expected[f"{i}.ids"])
    np.testing.assert_allclose(weights, expected[f"{i}.weights"], rtol=0, atol=5e-6)
    np.testing.assert_allclose(hidden, expected[f"{i}.hidden"], rtol=0, atol=2e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_fits_together(family):
    model = open_model(STORED / "tiny" / family)
    shape, sentence = model.shape, model.read(TINY[0])
    n = len(sentence.ids)
    for layer in model.run(sentence.ids):
        assert layer.queries.shape == (shape.n_head, n, shape.d_k)
        assert layer.keys.shape == layer.values.shape == (shape.n_kv_head, n, shape.d_k)
        assert layer.w_o.shape == (shape.n_head * shape.d_k, shape.d_model)
        assert layer.output.shape == (n, shape.d_model)
        assert layer.output.dtype == layer.attention.weights.dtype == np.float32
    scores = layer.queries @ layer.keys.transpose(0, 2, 1) / np.sqrt(shape.d_k)
    np.testing.assert_allclose(layer.attention.scores, scores, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("family", "positions"), [("bert", 40), ("roberta", 38), ("distilbert", 40), ("electra", 40)])
def test_the_limit_is_the_models_positions(family, positions):
    model = open_model(STORED / "tiny" / family)
    fits = "a " * (positions - 2)
    if family == "roberta":
        fits = "!" * (positions - 2)
    sentence = model.read(fits)
    assert len(sentence.ids) == positions == model.shape.positions
    assert np.isfinite(outputs(model, sentence.ids)[1]).all()
    with pytest.raises(AttnError, match=f"{positions + 1} tokens"):
        model.read(fits + "!")
