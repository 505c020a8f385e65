"""Packs: many texts in one forward pass give every text its own numbers, which are PyTorch's."""

import numpy as np
import pytest
from oracles.checkpoints import TINY, weights_of

from attncli.models.model import open_model
from attncli.models.pack import Pack, Run

TEXTS = ([5, 9, 2], [7, 7, 7], [4, 8, 15, 16, 23], [2], [9], [3, 1, 4, 1, 5, 9, 2, 6])
NAMES = sorted(path.name for path in TINY.iterdir() if weights_of(path.name) == path.name)


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return open_model(TINY / request.param)


def packed_weights(model, pack, dtype=np.float32):
    """The weights `[n_layer, n_head, n, n]` of each text of a pack, and its last hidden state."""
    layers = list(model.run_pack(pack, dtype))
    runs = [
        np.stack(run) for run in zip(*([h.attention.weights for h in layer.heads] for layer in layers), strict=True)
    ]
    final = [x for run in pack.by_run(model.final(layers[-1].output)) for x in run]
    return [run[:, text] for run in runs for text in range(run.shape[1])], final


def test_runs_are_neighbours_of_one_length():
    pack = Pack.of(TEXTS)
    assert pack.runs == (Run(0, 2, 3), Run(6, 1, 5), Run(11, 2, 1), Run(13, 1, 8))
    assert pack.ids.tolist() == [token for text in TEXTS for token in text]
    runs = list(pack.by_run(pack.ids))
    assert [run.shape for run in runs] == [(2, 3), (1, 5), (2, 1), (1, 8)]
    np.testing.assert_array_equal(pack.joined(iter(runs)), pack.ids)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_text_has_its_own_numbers_in_any_pack(model, dtype):
    packed, hidden = packed_weights(model, Pack.of(TEXTS), dtype)
    for text, found, output in zip(TEXTS, packed, hidden, strict=True):
        (alone,), (expected,) = packed_weights(model, Pack.of([text]), dtype)
        assert found.dtype == output.dtype == dtype
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-6)
        np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5)


def expected_of(name):
    """What PyTorch gave for each text: ids, the rows of weights that were kept, those weights, the hidden state."""
    stored = np.load(TINY / name / "expected.npz")
    if "0.ids" in stored:
        return [(stored[f"{i}.ids"], ..., stored[f"{i}.weights"], stored[f"{i}.hidden"]) for i in range(4)]
    return [tuple(stored[f"{each}_{n}"] for each in ("ids", "rows", "weights", "hidden")) for n in (3, 17, 40)]


def test_texts_of_a_pack_have_the_weights_of_pytorch(model):
    expected = expected_of(model.folder.name) * 2
    packed, hidden = packed_weights(model, Pack.of([ids for ids, *_ in expected]))
    for (_, rows, weights, output), found, last in zip(expected, packed, hidden, strict=True):
        kept = found if rows is ... else found[:, :, rows]
        np.testing.assert_allclose(kept, weights, rtol=0, atol=2e-6)
        np.testing.assert_allclose(last, output, rtol=0, atol=2e-5)


def test_positions_begin_anew_in_every_text_and_pass_over_padding():
    family = open_model(TINY / "roberta")._family
    found = family.positions(np.array([[0, 1, 5, 1], [6, 7, 8, 9]]))
    assert found.tolist() == [[2, 1, 3, 1], [2, 3, 4, 5]]
