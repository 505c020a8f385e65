"""A projections file: attention with its heads under every method, or one refusal."""

import io

import numpy as np

from attncli import explain
from attncli.errors import ResourceError
from attncli.vectors import Vectors, write_store

WORDS = ["the", "king", "sees", "queen"]
SETS = {}


def seeds(folder):
    """One head with everything that a file may hold, and two that are trained."""
    rng = np.random.default_rng(3)
    write_store(folder / "set", WORDS, rng.normal(size=(4, 4)), name="set", source="a test")
    SETS[folder] = Vectors(folder / "set")
    projections = {name: rng.normal(size=(2, 4, 2)) for name in ("w_q", "w_k", "w_v")}
    mixed = projections | {"w_o": rng.normal(size=(4, 4)), "general_w": rng.normal(size=(2, 2, 2))}
    additive = {"additive_w_q": np.ones((2, 2, 3)), "additive_w_k": np.ones((2, 2, 3)), "additive_u": np.ones((2, 3))}
    placed = {"b_q": np.ones((2, 2)), "position_bias": np.ones((2, 3)), "key_offset_bias": np.ones((2, 3, 2))}
    trained = {"temperature": np.array([0.5, 2.0]), "input_scale": np.array(2.0), "kernel_sigma": np.array([1.0, 2.0])}
    for arrays in (mixed | additive, projections | placed | trained, mixed | additive | placed | trained):
        file = io.BytesIO()
        np.savez(file, **arrays)
        yield file.getvalue()


def read(folder, data):
    """Every method in turn; what one method lacks must not keep the others from the file."""
    (folder / "heads.npz").write_bytes(data)
    refused = None
    for method in ("scaled", "cosine", "general", "additive", "kernel"):
        settings = {"mode": "multihead", "projections": str(folder / "heads.npz"), "method": method}
        try:
            weights = explain("the king sees the queen", SETS[folder], **settings).weights
        except ResourceError as error:
            refused = error
            continue
        assert np.all(np.isfinite(weights))
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-9)
    if refused:
        raise refused
