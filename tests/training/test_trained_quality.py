"""The bundled heads on sentences that training never saw: the floors they must hold, and the documented table."""

import re
import sys
from pathlib import Path

import gensim
import numpy as np
import pytest
from support.places import ROOT
from support.texts import NEWS

from attncli import open_vectors
from attncli.training.corpus import read_sample
from attncli.training.evaluation import evaluate
from attncli.training.files import bundled_block
from attncli.training.scoring import Predictor, ask, mean_reciprocal_rank

FLOORS = {1: 0.29, 3: 0.38, 8: 0.40}
OWN = ("kernel", "additive")


@pytest.fixture(scope="module")
def sentences(tmp_path_factory):
    """300 sentences of the Wikipedia extracts that training keeps apart, as rows."""
    sys.path.insert(0, str(ROOT / "data"))
    try:
        from heads_corpus import wikipedia
    finally:
        sys.path.remove(str(ROOT / "data"))
    text = tmp_path_factory.mktemp("text") / "wikipedia.txt"
    test_data = Path(gensim.__file__).parent / "test" / "test_data"
    text.write_text("\n".join(wikipedia(test_data)), encoding="utf-8")
    return read_sample([text], open_vectors(), held_out=True)


@pytest.fixture(scope="module")
def mrr(sentences):
    vectors = open_vectors()
    questions = ask(sentences, vectors.words, seed=0)

    def measure(heads, method="scaled"):
        return mean_reciprocal_rank(questions, bundled_block(vectors, heads, method), vectors)

    return measure


@pytest.mark.parametrize("heads", FLOORS)
def test_every_block_finds_the_true_word_and_so_does_every_method(mrr, heads):
    scaled = mrr(heads)
    assert scaled >= FLOORS[heads]
    for method in OWN:
        assert mrr(heads, method) >= 0.9 * scaled, method


def rows_of(sentences, heads=3):
    vectors = open_vectors()
    found = evaluate("trained", bundled_block(vectors, heads), vectors, sentences)
    return {row.name: row for row in found.rows}


def test_the_attention_carries_it_and_the_heads_differ(sentences):
    rows = rows_of(sentences[::2])
    assert rows["intact"].mrr >= FLOORS[3]
    assert rows["uniform"].mrr <= 0.6 * rows["intact"].mrr
    assert rows["scrambled"].mrr <= 0.8 * rows["intact"].mrr
    assert rows["intact"].diversity >= 0.45


@pytest.mark.full
def test_the_documentation_says_what_is_measured_on_text_that_training_never_saw():
    rows = rows_of(read_sample([NEWS], open_vectors()))
    table = re.findall(r"^\| ([^|]+) \| ([\d.]+) \| (\d+) % \|$", (ROOT / ".github/docs/training.md").read_text(), re.M)
    assert len(table) == len(rows)
    for (_, mrr, first), row in zip(table, rows.values(), strict=True):
        assert (mrr, first) == (f"{row.mrr:.2f}", f"{100 * row.top1:.0f}")


def test_the_parameters_for_mode_self_point_at_words_as_well_as_scaled_does(sentences):
    vectors = open_vectors()
    d = vectors.dimensions
    block = {name: np.eye(d, dtype=np.float32)[None] for name in ("w_q", "w_k", "w_v")}
    block |= {"w_o": np.eye(d, dtype=np.float32), "temperature": np.ones(1, np.float32)}
    questions = ask(sentences, vectors.words, seed=0)
    scaled = mean_reciprocal_rank(questions, Predictor(block, "scaled"), vectors)
    with np.load(ROOT / "data" / "attn-en-heads" / "self.npz") as arrays:
        block |= {name: arrays[name].astype(np.float32) for name in arrays.files}
    found = {method: mean_reciprocal_rank(questions, Predictor(block, method), vectors) for method in ("general", *OWN)}
    assert min(found.values()) >= 0.9 * scaled, found
