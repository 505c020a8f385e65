"""Files of attention weights and of tokens: an explanation in every record and on the screen, or one refusal."""

import io
import json

import numpy as np

from attncli.files.weights_file import read_tokens
from attncli.recipes.given import show_given
from attncli.recipes.given_file import read_given
from attncli.settings.given import check_given
from attncli.views.records.arrays import explanation_arrays
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explanation_lines

WORDS = ["[CLS]", "dog", "##s"]


def seeds(folder):
    """An .npz with tokens, an .npy, a record of attn explain, plain lists, and tokens alone."""
    weights = np.tile(np.tri(3) / [[1], [2], [3]], (2, 2, 1, 1))  # [n_layer, n_head, n, n]
    written = [io.BytesIO() for _ in range(2)]
    np.savez(written[0], weights=weights, queries=WORDS, keys=WORDS, layer=[1, 4], head=[0, 2])
    np.save(written[1], weights[0])
    yield from (file.getvalue() for file in written)
    (folder / "x").write_bytes(written[0].getvalue())
    yield explanation_json(show_given(read_given(folder / "x"), check_given())).encode()
    yield json.dumps({"weights": [[0.5, 0.5]], "tokens": ["a"], "other_tokens": ["b", "c"]}).encode()
    yield json.dumps(weights.tolist()).encode()
    yield b"[CLS]\nthe\ndog\n"


def read(folder, data):
    """As weights, where it has some, and as tokens of others."""
    path = folder / "x"
    path.write_bytes(data)
    if data[:1] in (b"P", b"\x93", b"[", b"{"):
        explanation = show_given(read_given(path), check_given())
        assert np.all(np.isfinite(explanation.weights))
        if explanation.weights.size < 10_000:
            json.loads(explanation_json(explanation))
            explanation_arrays(explanation)
            explanation_lines(explanation, Screen())
    else:
        assert all(isinstance(token, str) for token in read_tokens(path))
