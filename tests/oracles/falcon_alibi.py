"""Falcon's ALiBi in transformers 5.24: added once by default, but twice where the model is asked for its attention.

With output_attentions it is in the mask, and is added to q·k as well; without, it is in the mask alone. So that the
weights are those of the model as it runs, its halves are added; halving a number of bfloat16 is exact.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, AutoModel
from transformers.models.falcon import modeling_falcon

WHOLE = modeling_falcon.build_alibi_tensor


def half(*given: object, **named: object) -> torch.Tensor:
    """Half of the additions."""
    return WHOLE(*given, **named) / 2


@contextmanager
def as_it_runs() -> Iterator[None]:
    """Add it as a model does that is not asked for its attention."""
    before, modeling_falcon.build_alibi_tensor = modeling_falcon.build_alibi_tensor, WHOLE
    try:
        yield
    finally:
        modeling_falcon.build_alibi_tensor = before


def add_once() -> None:
    """Add two halves where the attention is asked for."""
    modeling_falcon.build_alibi_tensor = half


def check_hidden(folder: Path, weights: Path) -> None:
    """The hidden states of `expected.npz` are those of the model that is not asked for its attention."""
    config, expected = AutoConfig.from_pretrained(folder), np.load(folder / "expected.npz")
    with as_it_runs():
        model = AutoModel.from_pretrained(weights, config=config, dtype=torch.float32).eval()
        for n in (3, 17, 40):
            with torch.no_grad():
                found = model(torch.tensor(expected[f"ids_{n}"].astype(np.int64))[None], use_cache=False)
            np.testing.assert_allclose(found.last_hidden_state[0], expected[f"hidden_{n}"], rtol=0, atol=1e-5)
