"""Experts: which of them compute a token, which weights are read for that, and the two ways they are stored in."""

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from safetensors.numpy import load_file, save_file

from attncli.errors import ResourceError
from attncli.models.blocks.activations import silu
from attncli.models.blocks.experts import Experts, Routing
from attncli.models.model import open_model

D, D_FF, COUNT = 6, 4, 5


class Arrays(dict):
    """Arrays by name, and the numbers of the experts that were read."""

    def __init__(self, arrays):
        super().__init__(arrays)
        self.read = set()

    def __getitem__(self, name):
        if ".experts." in name:
            self.read.add(int(name.split(".")[2]))
        return super().__getitem__(name)

    def rows(self, name, indices):
        self.read |= set(indices.tolist())
        return super().__getitem__(name)[indices]


@pytest.fixture
def arrays():
    """A router and experts, stored both ways."""
    generator = np.random.default_rng(3)
    gate, up, down = (generator.standard_normal((COUNT, *shape)) for shape in ((D_FF, D), (D_FF, D), (D, D_FF)))
    each = {
        f"mlp.experts.{i}.{part}_proj.weight": array[i]
        for i in range(COUNT)
        for part, array in (("gate", gate), ("up", up), ("down", down))
    }
    stacked = {"mlp.experts.gate_up_proj": np.concatenate([gate, up], axis=1), "mlp.experts.down_proj": down}
    return {"mlp.gate.weight": generator.standard_normal((COUNT, D)), **each, **stacked}


def by_hand(arrays, x, chosen, normalised):
    """The sum over the experts with the largest shares, token by token."""
    out = np.zeros_like(x)
    for row, vector in enumerate(x):
        shares = np.exp(arrays["mlp.gate.weight"] @ vector)
        shares /= shares.sum()
        largest = sorted(range(COUNT), key=lambda i: -shares[i])[:chosen]
        total = sum(shares[i] for i in largest) if normalised else 1
        for i in largest:
            gate, up, down = (arrays[f"mlp.experts.{i}.{part}_proj.weight"] for part in ("gate", "up", "down"))
            out[row] += shares[i] / total * (down @ (silu(gate @ vector) * (up @ vector)))
    return out


@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("chosen", [1, 2, COUNT])
def test_the_experts_with_the_largest_shares_are_mixed(arrays, chosen, normalised, stacked):
    x = np.random.default_rng(4).standard_normal((7, D))
    layer = Experts("mlp", D, Routing(COUNT, chosen, D_FF, normalised), silu, stacked)
    np.testing.assert_allclose(layer(Arrays(arrays), x), by_hand(arrays, x, chosen, normalised), rtol=0, atol=1e-12)


@pytest.mark.parametrize("stacked", [False, True])
def test_the_weights_of_the_others_are_not_read(arrays, stacked):
    layer, tensors = Experts("mlp", D, Routing(COUNT, 2, D_FF, True), silu, stacked), Arrays(arrays)
    x = np.random.default_rng(5).standard_normal((1, D))
    chosen, _ = layer.route(tensors, x)
    layer(tensors, x)
    assert tensors.read == set(chosen[0].tolist())


def test_a_stack_of_another_shape_is_refused(arrays):
    layer = Experts("mlp", D, Routing(COUNT, 2, D_FF + 1, True), silu, stacked=True)
    with pytest.raises(ResourceError, match=r"mlp.experts.gate_up_proj: expected \[10, 6\] an expert by config.json"):
        layer(Arrays(arrays), np.ones((1, D)))


@pytest.mark.parametrize("tiny", ["qwen3_moe", "olmoe"])
def test_a_checkpoint_stored_either_way_is_the_same_model(tiny, tmp_path):
    folder = copy_of(tiny, tmp_path / "model")
    (path,) = folder.glob("*.safetensors")
    arrays = {name: array.copy() for name, array in load_file(path).items()}
    stacks = {name.split(".experts.")[0] for name in arrays if ".experts." in name}
    for mlp in stacks:
        count = 1 + max(
            int(name.split(".experts.")[1].split(".")[0]) for name in arrays if name.startswith(f"{mlp}.exp")
        )
        gate, up, down = (
            np.stack([arrays.pop(f"{mlp}.experts.{i}.{part}_proj.weight") for i in range(count)])
            for part in ("gate", "up", "down")
        )
        arrays |= {f"{mlp}.experts.gate_up_proj": np.concatenate([gate, up], axis=1), f"{mlp}.experts.down_proj": down}
    save_file(arrays, path)
    model, same = open_model(folder), open_model(TINY / tiny)
    assert (model.parameters, model.warnings) == (same.parameters, same.warnings) == (same.parameters, ())
    for one, other in zip(model.run([5, 9, 2]), same.run([5, 9, 2]), strict=True):
        np.testing.assert_array_equal(one.output, other.output)


def test_a_count_of_experts_is_checked_before_any_is_read(tmp_path):
    folder = with_config(copy_of("mixtral", tmp_path / "model"), num_local_experts=2**30)
    with pytest.raises(ResourceError, match=r"gate.weight: expected shape \[1073741824, 16\] by config.json"):
        open_model(folder)
