"""The recipe from a sentence to every intermediate, against the formulas written out again."""

import numpy as np
import pytest

from attncli import AttnError, ResourceError, UsageError, explain
from attncli.heads.file import write_heads
from attncli.heads.parameters import identity_heads, random_heads

SENTENCE = "Bark is very cute and he is a dog"


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def vectors_of(explanation):
    return explanation.source.vectors.rows([token.row for token in explanation.sentence.tokens])


def test_self_attention_is_softmax_of_dot_products(vectors):
    explanation = explain(SENTENCE, vectors, method="dot")
    x = vectors_of(explanation)
    np.testing.assert_allclose(explanation.scores[0, 0], x @ x.T, rtol=1e-12)
    np.testing.assert_allclose(explanation.weights[0, 0], softmax(x @ x.T), atol=1e-12)
    np.testing.assert_allclose(explanation.output, softmax(x @ x.T) @ x, atol=1e-12)


def test_order_has_no_influence(vectors):
    forward, backward = explain(SENTENCE, vectors), explain(" ".join(reversed(SENTENCE.split())), vectors)
    np.testing.assert_allclose(forward.weights, backward.weights[:, :, ::-1, ::-1], atol=1e-12)


@pytest.mark.parametrize("method", ["dot", "scaled", "cosine", "general", "additive", "kernel"])
@pytest.mark.parametrize(("mode", "n_head"), [("self", 1), ("qkv", 1), ("multihead", 3)])
def test_every_mode_takes_every_method(vectors, mode, n_head, method):
    explanation = explain(SENTENCE, vectors, mode=mode, method=method)
    assert explanation.weights.shape == (1, n_head, 9, 9)
    np.testing.assert_allclose(explanation.weights.sum(axis=-1), 1, atol=1e-12)
    assert np.isfinite(explanation.output).all()


def test_two_layers_feed_the_second_with_the_output_of_the_first(vectors):
    explanation = explain(SENTENCE, vectors, layers=2)
    y = explanation.layers[0].output
    np.testing.assert_allclose(explanation.weights[1, 0], softmax(y @ y.T / np.sqrt(y.shape[1])), atol=1e-12)


def test_identity_heads_are_the_slices_of_self_attention(vectors):
    explanation = explain(SENTENCE, vectors, mode="multihead", heads=2, projections="identity", method="dot")
    x = vectors_of(explanation)
    half = x.shape[1] // 2
    np.testing.assert_allclose(explanation.scores[0, 1], x[:, half : 2 * half] @ x[:, half : 2 * half].T, rtol=1e-10)


def test_the_same_seed_gives_the_same_weights(vectors):
    first, same, other = (
        explain(SENTENCE, vectors, mode="qkv", projections="random", seed=seed).weights for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1e-3


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, False),
        ({"method": "kernel"}, False),
        ({"method": "general"}, False),
        ({"method": "general", "projections": "random"}, True),
        ({"method": "additive", "projections": "identity"}, False),
        ({"mode": "qkv", "projections": "random"}, True),
        ({"mode": "qkv"}, False),
        ({"mode": "multihead", "projections": "identity"}, False),
    ],
)
def test_untrained_weights_are_said_to_mean_nothing(vectors, settings, warned):
    warnings = explain(SENTENCE, vectors, **settings).warnings
    assert any("not trained" in warning for warning in warnings) == warned


def test_causal_hides_what_comes_after(vectors):
    explanation = explain(SENTENCE, vectors, mask="causal")
    assert not np.triu(explanation.weights[0, 0], 1).any()
    assert np.isneginf(explanation.scores[0, 0][np.triu_indices(9, 1)]).all()
    assert all(ranked.key < context.query for context in explanation.context for ranked in context.ranked)


def test_masks_combine(vectors):
    visible = explain(SENTENCE, vectors, mask=["causal", "window:2"]).weights[0, 0] > 0
    rows, columns = np.indices((9, 9))
    np.testing.assert_array_equal(visible, (columns <= rows) & (rows - columns <= 2))


def test_exclude_self_hides_the_word_from_itself(vectors):
    explanation = explain(SENTENCE, vectors, exclude_self=True)
    assert not np.diagonal(explanation.weights[0, 0]).any()
    assert explanation.context[0].itself == 0


def test_one_word_that_may_not_see_itself_sees_nothing(vectors):
    explanation = explain("dog", vectors, exclude_self=True)
    assert not explanation.weights.any()
    assert not explanation.output.any()
    assert any("see nothing" in warning for warning in explanation.warnings)


def test_memory_is_cross_attention(vectors):
    explanation = explain("the dog", vectors, memory="a cute cat and a bone")
    assert explanation.weights.shape == (1, 1, 2, 6)
    assert explanation.context[1].itself is None
    assert {ranked.text for ranked in explanation.context[1].ranked} <= {"a", "cute", "cat", "and", "bone"}


def test_positions_make_order_matter(vectors):
    forward = explain(SENTENCE, vectors, positions="sinusoidal")
    backward = explain(" ".join(reversed(SENTENCE.split())), vectors, positions="sinusoidal")
    assert np.abs(forward.weights - backward.weights[:, :, ::-1, ::-1]).max() > 1e-3
    assert any("positions" in warning for warning in forward.warnings)


def test_the_ranking_leaves_the_word_out_and_breaks_ties_by_position(vectors):
    explanation = explain("dog cat dog cat", vectors, top=3)
    first = explanation.context[0]
    assert [ranked.key for ranked in first.ranked] == [2, 1, 3]
    assert first.itself == pytest.approx(explanation.mean_weights[0, 0])


EQUAL = [{"method": "additive"}, {"mode": "multihead", "method": "kernel", "projections": "random"}, {}]


@pytest.mark.parametrize("settings", EQUAL)
def test_equal_words_rank_by_position_whatever_the_last_bit_says(vectors, settings):
    explanation = explain("the dog saw the cat and the bird on the mat by the river " * 2, vectors, top=50, **settings)
    for context in explanation.context:
        places = [ranked.key for ranked in context.ranked if ranked.text == "the"]
        assert places == sorted(places)


def test_the_close_up_adds_up(vectors):
    explanation = explain(SENTENCE, vectors, word="he")
    close_up = explanation.close_up(explanation.query)
    x = vectors_of(explanation)
    np.testing.assert_allclose(close_up.contributions[0], close_up.weights[0] * np.linalg.norm(x, axis=1), rtol=1e-12)
    assert close_up.lookup == (int(close_up.scores[0].argmax()),)
    assert close_up.before[0].text == "he"


@pytest.mark.parametrize(
    ("word", "query"), [("he", 5), ("HE", 5), ("5", 5), ("is", 1), ("dog", 8), ("=dog", 8), ("Bark", 0), ("bark", 0)]
)
def test_a_word_is_found_by_text_or_index(vectors, word, query):
    assert explain(SENTENCE, vectors, word=word).query == query


def test_the_word_three_is_not_the_index_three(vectors):
    assert explain("a dog has 3 legs and 2 eyes", vectors, word="=3").query == 3
    assert explain("3 dogs", vectors, word="=3").query == 0


def test_a_repeated_word_names_its_other_places(vectors):
    explanation = explain(SENTENCE, vectors, word="is")
    assert explanation.close_up(1).others == (6,)


@pytest.mark.parametrize(("projections", "alive"), [("identity", True), ("random", False)])
def test_neighbours_after_exist_only_in_the_embedding_space(vectors, projections, alive):
    explanation = explain(SENTENCE, vectors, mode="multihead", projections=projections)
    assert (explanation.close_up(0).after is not None) == alive


def test_neighbours_before_and_after_take_one_pass_over_the_words(vectors, monkeypatch):
    explanation, passes, near = explain(SENTENCE, vectors), [], type(vectors).near
    monkeypatch.setattr(type(vectors), "near", lambda self, x, top: passes.append(len(x)) or near(self, x, top))
    before, after = zip(*explanation.neighbours([1, 8]), strict=True)
    assert passes == [4]
    monkeypatch.undo()
    for found, x in ((before, vectors_of(explanation)), (after, explanation.output)):
        rows, cosines = vectors.near(x[[1, 8]], 10)
        assert [[each.text for each in words] for words in found] == [vectors.text(row) for row in rows]
        np.testing.assert_allclose([[each.similarity for each in words] for words in found], cosines, rtol=1e-12)


def test_projections_come_from_a_file(vectors, tmp_path):
    heads = random_heads(2, vectors.dimensions, np.random.default_rng(7))
    write_heads(tmp_path / "two.npz", heads)
    explanation = explain(SENTENCE, vectors, mode="multihead", projections=str(tmp_path / "two.npz"))
    q = vectors_of(explanation) @ heads.w_q[1]
    np.testing.assert_allclose(explanation.layers[0].queries[1], q, rtol=1e-10)
    assert explanation.source.settings.heads == 2


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"mode": "qkv"}, UsageError),  # the file has two heads
        ({"mode": "multihead", "heads": 3}, UsageError),
        ({"mode": "multihead", "method": "general"}, ResourceError),  # it lacks general_w
    ],
)
def test_a_file_that_does_not_fit_is_refused(vectors, tmp_path, settings, error):
    heads = identity_heads(2, vectors.dimensions)
    np.savez(tmp_path / "two.npz", w_q=heads.w_q, w_k=heads.w_k, w_v=heads.w_v)
    with pytest.raises(error, match=r"two\.npz"):
        explain(SENTENCE, vectors, projections=str(tmp_path / "two.npz"), **settings)


def test_self_takes_a_methods_parameters_from_a_file(vectors, tmp_path):
    np.savez(tmp_path / "w.npz", general_w=2 * np.eye(vectors.dimensions)[None])
    explanation = explain(SENTENCE, vectors, method="general", projections=str(tmp_path / "w.npz"))
    np.testing.assert_allclose(explanation.scores, 2 * explain(SENTENCE, vectors, method="dot").scores, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 20, 20), (3, 200, 200), (200, 200)])
def test_parameters_of_another_size_are_refused(vectors, tmp_path, shape):
    np.savez(tmp_path / "w.npz", general_w=np.ones(shape))
    with pytest.raises(ResourceError, match=r"w\.npz.*d_k = 200"):
        explain(SENTENCE, vectors, method="general", projections=str(tmp_path / "w.npz"))


def test_heads_that_cannot_be_stacked_are_refused(vectors, tmp_path):
    heads = random_heads(3, vectors.dimensions, np.random.default_rng(7))
    np.savez(tmp_path / "h.npz", w_q=heads.w_q, w_k=heads.w_k, w_v=heads.w_v)
    with pytest.raises(UsageError, match="layers=2"):
        explain(SENTENCE, vectors, mode="multihead", layers=2, projections=str(tmp_path / "h.npz"))


def test_two_thousand_words_work(vectors):
    explanation = explain("dog cat " * 1000, vectors)
    assert explanation.weights.shape == (1, 1, 2000, 2000)


def test_what_would_not_fit_in_memory_has_no_matrix(vectors):
    explanation = explain("dog " * 9000, vectors)
    assert "GiB" in explanation.warnings[0]
    with pytest.raises(AttnError, match="9,000 × 9,000"):
        _ = explanation.weights
