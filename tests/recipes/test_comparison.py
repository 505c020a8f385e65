import numpy as np
import pytest
from scipy import stats

from attncli import compare
from attncli.settings.explanation import METHODS

SENTENCE = "Bark is very cute and he is a dog"


def bits(p, q):
    return np.sum(p * np.log2(p / q), axis=-1)


def test_the_baseline_is_like_itself(vectors):
    baseline = compare(SENTENCE, vectors).methods[0]
    assert (baseline.method, baseline.divergence, baseline.rank_correlation, baseline.top1_agreement) == (
        "scaled",
        0,
        1,
        1,
    )


def test_all_other_methods_are_held_against_it(vectors):
    assert [each.method for each in compare(SENTENCE, vectors, method="dot").methods] == ["dot", *METHODS[1:]]


def test_the_measures_are_those_of_the_definitions(vectors):
    comparison = compare(SENTENCE, vectors, against=["cosine"])
    q, p = (each.weights for each in comparison.methods)
    middle = (p + q) / 2
    cosine = comparison.methods[1]
    assert cosine.entropy == pytest.approx(-np.sum(p * np.log2(p), axis=1).mean())
    assert cosine.divergence == pytest.approx(((bits(p, middle) + bits(q, middle)) / 2).mean())
    correlations = [stats.spearmanr(a, b).statistic for a, b in zip(p, q, strict=True)]
    assert cosine.rank_correlation == pytest.approx(np.mean(correlations))
    assert cosine.top1_agreement == (p.argmax(axis=1) == q.argmax(axis=1)).mean()


def test_one_word_has_no_ranks(vectors):
    other = compare("dog", vectors, against=["cosine"]).methods[1]
    assert (other.entropy, other.divergence, other.rank_correlation, other.top1_agreement) == (0, 0, None, 1)


def test_a_method_the_file_lacks_is_left_out_and_said(vectors, tmp_path):
    heads = {name: np.eye(vectors.dimensions)[None] for name in ("w_q", "w_k", "w_v")}
    np.savez(tmp_path / "one.npz", **heads)
    comparison = compare(SENTENCE, vectors, mode="qkv", projections=str(tmp_path / "one.npz"))
    assert [each.method for each in comparison.methods] == ["scaled", "dot", "cosine", "kernel"]
    assert sum("left out" in warning for warning in comparison.warnings) == 2
    assert any(each.startswith("general is left out: --projections '") for each in comparison.warnings)
