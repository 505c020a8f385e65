"""The figure of a corpus by distance: rows named by head and kind, hidden distances hatched, its width as asked."""

import re

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.figures import elements, printed, texts

from attncli.corpus.run import Corpus
from attncli.settings.explanation import check_settings
from attncli.views.figure.distances import distance_content

TEXT = "Bark is very cute and he is a dog\nthe dog plays with the cat\n"


def corpus_of(mean, kinds=None):
    """A corpus of one layer: the mean weights [n_head, 2 · reach + 1] from −reach to +reach, and a kind a head."""
    n_head, n = np.shape(mean)
    heads, distances = np.repeat(np.arange(n_head), n).tolist(), [*range(-(n // 2), n // 2 + 1)] * n_head
    table = {"layer": [0] * len(heads), "head": heads, "distance": distances, "mean_weight": np.ravel(mean).tolist()}
    tables = {"distance": table}
    if kinds:
        tables["heads"] = {"layer": [0] * n_head, "head": [*range(n_head)], "kind": kinds}
    return Corpus(None, {"texts": 2, "words": 9}, "small", check_settings(), (), tables)


def test_a_row_is_named_by_its_head_and_where_it_was_collected_its_kind():
    mean = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]
    (panel,) = distance_content(corpus_of(mean)).panels
    assert panel.rows == ("head 0", "head 1")
    (panel,) = distance_content(corpus_of(mean, ["previous token", "mixed"])).panels
    assert panel.rows == ("head 0: previous token", "head 1: mixed")
    assert panel.columns == ("-1", "0", "+1")


@pytest.mark.parametrize(
    ("mean", "hidden"),
    [
        ([[0.1, 0, 0.3], [0.3, 0, 0.1]], [False, True, False]),
        ([[0.1, 0.2, 0], [0.3, 0.1, 0]], [False, False, True]),
        ([[0.1, 0, 0.3], [0.3, 0.1, 0.1]], [False] * 3),
        ([[0, 0, 0]], [True] * 3),
    ],
)
def test_a_distance_is_hidden_where_no_head_has_weight(mean, hidden):
    content = distance_content(corpus_of(mean))
    (panel,) = content.panels
    assert panel.hidden.tolist() == [hidden] * len(mean)
    said = "hatched: distances at which every word is hidden" in " ".join(texts(printed(content)))
    assert said == any(hidden)


@pytest.mark.parametrize("mask", ["none", "causal"])
def test_a_command_names_kinds_and_hatches_the_distances_that_are_hidden(tmp_path, mask):
    (tmp_path / "text.txt").write_text(TEXT)
    options = ("--mode", "multihead", "--mask", mask, "--collect", "heads,distance", "--picture", "d.svg")
    done = attn("corpus", "text.txt", *options, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    svg = (tmp_path / "d.svg").read_bytes()
    said = texts(svg)
    assert "hatched: distances at which every word is hidden" in said
    assert [text for text in said if text.startswith("head 1: ")]


def test_a_picture_has_the_width_and_the_letters_that_are_asked(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    options = ("--mode", "multihead", "--collect", "heads,distance", "--picture", "d.svg")
    done = attn("corpus", "text.txt", *options, "--width", "column", "--bare", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    svg = (tmp_path / "d.svg").read_bytes()
    assert elements(svg)[0].get("width") == "234pt"
    assert "Attention by distance" not in texts(svg)
    assert min(float(size) for size in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", svg.decode())) >= 6


def test_a_model_without_a_mask_has_weight_at_every_distance(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    options = ("--model", str(TINY / "bert"), "--picture", "d.svg")
    assert attn("corpus", "text.txt", *options, cwd=tmp_path).returncode == 0
    said = texts((tmp_path / "d.svg").read_bytes())
    assert "layer 1, head 0" in said
    assert not [text for text in said if text.startswith("hatched")]
