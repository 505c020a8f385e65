"""Direct logit attribution: the parts of every family's scores add up, and are those that PyTorch's gradients give."""

from collections import defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
from models.test_classification import opened as classifier
from models.test_logits import HEADED, opened
from oracles.checkpoints import TINY
from support.places import TESTS

from attncli.errors import FinalError, ResourceError
from attncli.models.changes import Changes, HeadName
from attncli.models.model import open_model
from attncli.models.model_input import ModelInput
from attncli.models.stream import BIASES, EMBEDDING, FEED_FORWARD, OUTPUT_BIAS, Affine, Part, Stream

#: tests/oracles/make_contributions.py
STORED = np.load(TESTS / "oracles" / "contributions.npz")
GRADIENTS = sorted({key.split(".")[0] for key in STORED})
#: How the names of tiny checkpoints begin whose scores are no sum of what parts add.
NORM_SUMS = (
    *("albert", "bart", "bert", "blenderbot-small", "camembert", "deberta", "distilbert", "electra", "encoder-decoder"),
    *("marian", "mpnet", "nomic_bert", "opt-behind", "roberta", "xlm-roberta_masked"),
)
POST_NORM = [name for name in HEADED if name.startswith(NORM_SUMS)]
NON_LINEAR = [name for name in HEADED if name.startswith(("modernbert", "xlm-roberta-xl"))]
SUMS = sorted({*HEADED} - {*POST_NORM, *NON_LINEAR})


def given(ids, target=None, changes=None):
    """The input of token ids, of which nothing but the numbers counts here."""
    text, read = (
        None if each is None else SimpleNamespace(ids=[*each], tokens=each, segments=None) for each in (ids, target)
    )
    return ModelInput(text, read, "encoder" if read is None else "decoder", changes=changes or Changes())


def stored_input(name, stored, key="ids"):
    return given(stored[key], stored.get(key.replace("ids", "target")))


def shares_of(model, asked, token=None):
    """The shares by the name of their part, of a token or of the model's answer, and its score."""
    ids = asked.queries.ids
    stream, output = model.residual(asked, model.class_place(ids) if model.labels else len(ids) - 1)
    scores = model.class_logits(ids, output) if model.labels else model.logits(output[-1:], capped=False)[0]
    token = int(scores.argmax()) if token is None else token
    found = defaultdict(float)
    for part, share in zip(*model.shares(stream, token), strict=True):
        found[part] += share
    return found, scores[token]


@pytest.mark.parametrize("name", SUMS)
def test_the_shares_of_every_pre_norm_model_sum_to_its_score(name):
    model, stored = opened(name), np.load(TINY / name / "expected.npz")
    model.check_parts()
    for key in np.load(TINY / name / "logits.npz"):
        asked = stored_input(name, stored, key.replace("logits", "ids"))
        shares, score = shares_of(model, asked)
        assert sum(shares.values()) == pytest.approx(score, rel=1e-6)
        shape = model.shape_of(asked.part)
        heads = shape.n_layer * shape.n_head * (2 if asked.part == "decoder" else 1)
        assert sum(part.head is not None for part in shares) == heads
        assert sum(part.kind == FEED_FORWARD for part in shares) == shape.n_layer


@pytest.mark.parametrize("name", ["llama_labels", "llama_labels-padded", "opt_labels"])
def test_the_shares_of_a_label_sum_to_its_score(name):
    model, stored = classifier(name), np.load(TINY / name / "expected.npz")
    model.check_parts()
    for key, expected in np.load(TINY / name / "labels.npz").items():
        for label, score in enumerate(expected):
            shares, _ = shares_of(model, given(stored[key.replace("labels", "ids")]), label)
            assert sum(shares.values()) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize("name", ["bert_labels", "modernbert_labels"])
def test_labels_behind_an_activation_have_no_shares(name):
    with pytest.raises(FinalError, match=f"expected a model with (norms|a linear output layer).*{name}"):
        open_model(TINY / name).check_parts()


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_shares_are_those_of_pytorchs_gradients(name):
    model, stored = opened(name), np.load(TINY / name / "expected.npz")
    key = next(each for each in stored if "ids" in each)
    shares, score = shares_of(model, stored_input(name, stored, key), int(STORED[f"{name}.answer"]))
    assert score == pytest.approx(STORED[f"{name}.logit"], rel=1e-6)
    assert shares[Part(EMBEDDING)] == pytest.approx(STORED[f"{name}.embedding"], abs=1e-6)
    for stack in {key.split(".")[1] for key in STORED if key.startswith(f"{name}.")} & {"heads", "decoder", "cross"}:
        expected = STORED[f"{name}.{stack}"]  # [n_layer, n_head]
        kind = "encoder" if stack == "heads" else stack
        ours = [
            [shares[Part(kind, layer, head)] for head in range(expected.shape[1])] for layer in range(len(expected))
        ]
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6)
    fed = [shares[Part(FEED_FORWARD, layer)] for layer in range(len(STORED[f"{name}.feed_forward"]))]
    np.testing.assert_allclose(fed, STORED[f"{name}.feed_forward"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", POST_NORM)
def test_norms_of_sums_have_no_shares(name):
    with pytest.raises(FinalError, match=r"expected a model with norms in front .*, which norms the sums") as caught:
        opened(name).check_parts()
    assert caught.value.hint == "take the heads away one at a time: by='effect'"


@pytest.mark.parametrize("name", NON_LINEAR)
def test_an_output_layer_with_an_activation_has_no_shares(name):
    with pytest.raises(FinalError, match="expected a model with a linear output layer, got") as caught:
        opened(name).check_parts()
    assert caught.value.hint == "take the heads away one at a time: by='effect'"


def test_a_model_without_an_output_layer_says_so():
    with pytest.raises(ResourceError, match="llama has no output layer"):
        open_model(TINY / "llama").check_parts()


def test_a_block_that_norms_its_sums_hands_no_parts_on():
    with pytest.raises(ValueError, match="block 0: expected norms in front of what it adds, got norms of its sums"):
        open_model(TINY / "bert").residual(given(range(2, 8)), 0)


@pytest.mark.parametrize(
    ("name", "layers", "behind"),
    [
        ("gpt2", 2, [BIASES]),  # of w_o, and of the last norm
        ("phi", 2, [BIASES, OUTPUT_BIAS]),
        ("opt-no_last_norm", 2, []),
        ("mistral", 0, []),
        ("bloom-from_norms", 2, [BIASES]),
    ],
)
def test_biases_are_parts_of_their_own(name, layers, behind):
    model = opened(name)
    shares, _ = shares_of(model, given(range(2, 9)))
    of_blocks = [part.layer for part in shares if part.kind == BIASES and part.layer is not None]
    assert of_blocks == [*range(model.shape.n_layer)] * bool(layers)
    assert [part.kind for part in shares if part.layer is None] == [EMBEDDING, *behind]


def test_heads_that_are_taken_away_share_nothing_and_the_rest_adds_up():
    model, away = open_model(TINY / "t5"), (HeadName("decoder", 1, 2), HeadName("cross", 0, 3))
    whole, _ = shares_of(model, given(range(2, 12), range(2, 7)))
    shares, score = shares_of(model, given(range(2, 12), range(2, 7), Changes(away)), 5)
    assert all(shares[Part(*name)] == 0 != whole[Part(*name)] for name in away)
    assert sum(shares.values()) == pytest.approx(score, rel=1e-6)


def test_a_long_text_computed_in_float32_adds_up_too():
    model = open_model(TINY / "llama_biased")
    asked = given(np.random.default_rng(0).integers(2, model.vocabulary, 90))
    shares, score = shares_of(model, asked)
    assert sum(shares.values()) == pytest.approx(score, rel=1e-5)


def test_scores_before_the_softcap_are_those_that_it_caps():
    model, x = open_model(TINY / "gemma2"), np.random.default_rng(0).standard_normal((3, 16)).astype(np.float32)
    cap = model._family.prediction.softcap
    np.testing.assert_allclose(cap * np.tanh(model.logits(x, capped=False) / cap), model.logits(x), rtol=0, atol=1e-6)


def test_layers_one_after_another_are_one_affine_map():
    first = Affine(lambda rows: rows * 2, np.array([1.0, 0.0]))
    second = Affine(lambda rows: rows @ np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([5.0, 7.0]))
    for layers in ((first, second), (first, Affine(second.linear)), (Affine(first.linear), second)):
        both, rows = layers[0].then(layers[1]), np.array([[3.0, 4.0]])
        one = layers[0].linear(rows) + (0 if layers[0].bias is None else layers[0].bias)
        expected = layers[1].linear(one) + (0 if layers[1].bias is None else layers[1].bias)
        np.testing.assert_array_equal(both.linear(rows) + both.bias, expected)
    assert first.then(second)._replace(linear=None).bias.tolist() == [5, 8]
    assert Affine(first.linear).then(Affine(second.linear)).bias is None


def test_the_parts_of_two_streams_are_those_of_their_sum():
    both = Stream.of(Part(EMBEDDING), np.array([1.0, 2.0])) + Stream.of(Part(FEED_FORWARD, 0), np.array([[3.0, 4.0]]))
    assert both.names == (Part(EMBEDDING), Part(FEED_FORWARD, 0))
    np.testing.assert_array_equal(both.total, [[4.0, 6.0]])
    np.testing.assert_array_equal(both.times(2).total, [[8.0, 12.0]])
