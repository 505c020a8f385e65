"""Texts of more tokens than a model has positions: cut, or in windows whose weights are joined."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from oracles.gguf_files import converted
from oracles.windows import BARKS, CASES, PAIRS, Case, folder_of

from attncli.errors import AttnError, ResourceError, UsageError
from attncli.models.checkpoint.tokenizing import ModelSentence, ModelToken
from attncli.models.model import open_model
from attncli.models.windows import Windows, around, join

EXPECTED = np.load(Path(__file__).parents[1] / "oracles" / "windows.npz")


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory):
    """A case, its model, its text's tokens and windows, and what transformers makes of them."""
    case = CASES[request.param]
    model = open_model(folder_of(case, tmp_path_factory.mktemp("model")))
    sentence = model.texts().read_long(case.text)
    expected = {name: EXPECTED[f"{request.param}: {name}"] for name in ("truncated", "windows", "lengths", "rows")}
    expected["weights"] = EXPECTED[f"{request.param}: weights"]
    return case, model, sentence, model.texts().windows(sentence, case.stride), expected


def joined(model, sentence, windows):
    """The weights `[n_layer, n_head, n, n]` of all windows, and the keys seen in each layer `[n_layer, n, n]`."""
    layers = [join(windows, layer, slice(None)) for layer in model.run_windows(sentence.ids, windows)]
    return [np.stack(each) for each in zip(*layers, strict=True)]


def test_windows_are_those_of_transformers(case):
    _, _, sentence, windows, expected = case
    assert [*windows.lengths] == expected["lengths"].tolist()
    assert [token for text in windows.texts(sentence.ids) for token in text] == expected["windows"].tolist()


def test_a_truncated_text_is_that_of_transformers(case):
    case, model, sentence, _, expected = case
    cut = model.texts().cut(sentence)
    assert cut.ids == tuple(expected["truncated"])
    assert [token.index for token in cut.tokens] == [*range(len(cut.tokens))]
    assert all(token.text == case.text[token.start : token.end] for token in cut.tokens)


def test_joined_weights_are_those_of_pytorch(case):
    _, model, sentence, windows, expected = case
    weights, _ = joined(model, sentence, windows)
    np.testing.assert_allclose(weights[:, :, expected["rows"]], expected["weights"], rtol=0, atol=2e-6)


def test_rows_sum_to_1_and_see_the_windows_alone(case):
    _, model, sentence, windows, _ = case
    weights, seen = joined(model, sentence, windows)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-6)
    together = np.zeros(seen.shape[1:], bool)
    for place in windows.texts(range(len(sentence.tokens))):
        together[np.ix_(place, place)] = True
    assert np.array_equal(seen[0], np.tril(together) if model.shape.causal else together)
    assert not weights[:, :, ~together].any()


def made(before, inner, behind):
    """A text of so many tokens, with special ones around it."""
    special = [True] * before + [False] * inner + [True] * behind
    return ModelSentence("", tuple(ModelToken(i, i, "", "", 0, 0, each, None) for i, each in enumerate(special)))


@pytest.mark.parametrize(
    ("sentence", "positions", "stride", "side", "spans"),
    [
        (made(1, 5, 1), 5, 0, "right", [(1, 4), (4, 6)]),
        (made(1, 5, 1), 5, 1, "right", [(1, 4), (3, 6)]),
        (made(1, 5, 1), 5, 2, "right", [(1, 4), (2, 5), (3, 6)]),
        (made(1, 5, 1), 5, 0, "left", [(3, 6), (1, 3)]),
        (made(1, 5, 1), 7, 4, "right", [(1, 6)]),
        (made(0, 5, 0), 2, 1, "left", [(3, 5), (2, 4), (1, 3), (0, 2)]),
        (made(0, 4, 2), 4, 0, "right", [(0, 2), (2, 4)]),
        (made(2, 0, 0), 9, 3, "right", [(2, 2)]),
    ],
)
def test_a_window_begins_where_the_one_before_leaves_the_stride(sentence, positions, stride, side, spans):
    windows = Windows.over(sentence, positions, stride, side)
    assert [*windows.spans] == spans
    assert max(windows.lengths) <= positions
    assert windows.holding.min() >= 1


def test_a_token_that_was_typed_is_no_special_one_around_a_text():
    model = open_model(Path(__file__).parents[1] / "oracles" / "tiny" / "bert")
    assert around(model.read("[CLS] typed [SEP]")) == (1, 1)


def test_a_text_may_be_longer_where_it_is_cut():
    model = open_model(Path(__file__).parents[1] / "oracles" / "tiny" / "bert")
    assert len(model.texts().cut(model.texts().read_long("dog " * 40_000)).tokens) == 40
    with pytest.raises(AttnError, match="1,048,576 are the most"):
        model.texts().read_long("a" * (2**20 + 1))


@pytest.mark.parametrize("stride", [38, 39, 10**9])
def test_a_stride_leaves_a_new_token_to_each_window(stride):
    model = open_model(Path(__file__).parents[1] / "oracles" / "tiny" / "bert")
    with pytest.raises(UsageError, match="from 0 to 37"):
        model.texts().windows(model.texts().read_long(BARKS), stride)


@pytest.mark.parametrize("side", ["middle", None, 3, ["left"]])
def test_an_unknown_side_is_refused(tmp_path, side):
    folder = folder_of(Case("bert", 40, 0), tmp_path)
    (folder / "tokenizer_config.json").write_text(json.dumps({"truncation_side": side}))
    with pytest.raises(ResourceError, match="truncation_side"):
        open_model(folder)


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_two_texts_are_cut_as_by_transformers(number, tmp_path):
    case, second = PAIRS[number]
    reader = open_model(folder_of(case, tmp_path)).texts()
    whole = reader.read_long(case.text, second)
    cut, expected = reader.cut(whole), {name: EXPECTED[f"pair {number}: {name}"] for name in ("ids", "segments")}
    assert [*cut.ids] == expected["ids"].tolist()
    assert [*(cut.segments or [0] * len(cut.ids))] == expected["segments"].tolist()
    assert [token.index for token in cut.tokens] == [*range(len(cut.tokens))]
    assert all(token.text == whole.text[token.start : token.end] for token in cut.tokens)


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_typed_separator_is_found_where_it_is_after_the_cut(side, tmp_path):
    reader = open_model(folder_of(Case("bert", 40, 0, side), tmp_path)).texts()
    for text in (f"a [SEP] {BARKS}", f"{BARKS} [SEP] a"):
        cut = reader.cut(reader.read_long(text))
        assert [cut.tokens[place].piece for place in cut.separators] == ["[SEP]"] * len(cut.separators)
        assert bool(cut.separators) == (text.startswith("a") == (side == "right"))


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_tokenizer_in_another_process_cuts_at_its_side(side, tmp_path):
    folder = folder_of(Case("bert", 40, 0), tmp_path)
    cut = {"type": "Split", "pattern": {"Regex": r"(\s+)*"}, "behavior": "Removed", "invert": False}
    steps = json.loads((folder / "tokenizer.json").read_text()) | {"pre_tokenizer": cut}
    steps["truncation"] = {"direction": side.title(), "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    (folder / "tokenizer.json").write_text(json.dumps(steps))
    (folder / "tokenizer_config.json").write_text("{}")
    reader = open_model(folder).texts()
    assert not isinstance(reader.tokenizer._encoder.encode, partial)  # of the library, in this process
    assert reader.tokenizer.truncation_side == side
    whole = reader.read_long(BARKS)
    kept = whole.tokens[1:39] if side == "right" else whole.tokens[-39:-1]
    assert [token.start for token in reader.cut(whole).tokens[1:-1]] == [token.start for token in kept]


def test_the_text_of_a_gguf_file_is_cut_at_its_end(tmp_path):
    (tmp_path / "m.gguf").write_bytes(converted("llama"))
    model = open_model(tmp_path / "m.gguf")
    whole = model.texts().read_long("the old dog " * 90)
    cut = model.texts().cut(whole)
    assert len(cut.tokens) == model.shape.positions < len(whole.tokens)
    assert cut.ids == whole.ids[: len(cut.ids)]
