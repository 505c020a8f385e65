"""Every gradient against central differences in random directions, and against PyTorch's autograd where installed."""

import numpy as np
import pytest
from support.blocks import small_batch, small_block

from attncli.settings.explanation import METHODS
from attncli.training.objective import loss, loss_and_gradients

STEP = 1e-5


def difference(block, name, direction, method, batch):
    """The slope of the loss along a direction of one parameter, by central differences of fourth order."""

    def at(step):
        return loss(block | {name: block[name] + step * direction}, batch, method)

    return (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP)


@pytest.mark.parametrize("name", [*small_block(), "of the method"])
@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_central_differences(method, name):
    block, batch = small_block(method), small_batch()
    gradients = loss_and_gradients(block, batch, method)[1]
    assert gradients.keys() == block.keys()
    names = [each for each in block if each not in small_block()] if name == "of the method" else [name]
    for each in names:
        for seed in range(3):
            direction = np.random.default_rng(seed).standard_normal(block[each].shape)
            expected = difference(block, each, direction, method, batch)
            assert (gradients[each] * direction).sum() == pytest.approx(expected, rel=1e-6, abs=1e-9), each


def test_the_loss_is_the_same_alone_and_in_tiles(monkeypatch):
    block, batch = small_block(), small_batch()
    whole, gradients = loss_and_gradients(block, batch)
    monkeypatch.setattr("attncli.training.objective.TOKENS_AT_ONCE", 1)
    tiled, in_tiles = loss_and_gradients(block, batch)
    assert whole == pytest.approx(loss(block, batch), rel=1e-12)
    assert tiled == pytest.approx(whole, rel=1e-12)
    for name in gradients:
        np.testing.assert_allclose(in_tiles[name], gradients[name], atol=1e-12)


def test_float32_stays_float32():
    block = {name: array.astype(np.float32) for name, array in small_block().items()}
    batch = small_batch()
    batch = batch._replace(**{name: getattr(batch, name).astype(np.float32) for name in ("x", "target_weight", "e")})
    assert {array.dtype for array in loss_and_gradients(block, batch)[1].values()} == {np.dtype(np.float32)}


def test_gradients_are_autograds():
    torch = pytest.importorskip("torch")
    block, batch = small_block(), small_batch()
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in block.items()}
    value = torch_loss(torch, leaves, batch)
    value.backward()
    found, gradients = loss_and_gradients(block, batch)
    assert found == pytest.approx(value.item(), rel=1e-10)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(gradients[name], leaf.grad.numpy(), rtol=1e-7, atol=1e-10)


def torch_loss(torch, block, batch):
    """The objective place by place and word by word, as its definition reads."""
    vectors = {int(row): torch.tensor(x) for row, x in zip(batch.rows.ravel(), batch.x.reshape(-1, 7), strict=True)}
    vectors |= {int(row): torch.tensor(e) for row, e in zip(batch.negatives, batch.e, strict=True)}
    losses, weights = [], []
    for sentence, row_weights in zip(batch.rows, batch.target_weight, strict=True):
        for i, word in enumerate(sentence):
            keys = [j for j, other in enumerate(sentence) if other not in (-1, word)]
            if word < 0 or not keys:
                continue
            rivals = [int(each) for each in batch.negatives if each != word]
            scores = [torch_score(torch, block, vectors, c, i, keys, sentence) for c in [int(word), *rivals]]
            losses.append(-torch.log_softmax(torch.stack(scores), dim=0)[0])
            weights.append(row_weights[i])
    weights = torch.tensor(np.array(weights))
    return (torch.stack(losses) * weights).sum() / weights.sum()


def torch_score(torch, block, vectors, c, i, keys, sentence):
    contexts = []
    for h in range(2):
        q = vectors[c] @ block["w_q"][h] + block["b_q"][h]
        scores = []
        for j in keys:
            offset = min(max(j - i, -2), 2) + 2
            k = vectors[int(sentence[j])] @ block["w_k"][h]
            placed = block["position_bias"][h, offset] + k @ block["key_offset_bias"][h, offset] / 2
            scores.append((q @ k / 2 + placed) / block["temperature"][h])
        values = torch.stack([vectors[int(sentence[j])] @ block["w_v"][h] for j in keys])
        contexts.append(torch.softmax(torch.stack(scores), dim=0) @ values)
    return torch.cat(contexts) @ block["w_o"] @ vectors[c] / 7**0.5
