"""Every number of every family's config.json replaced by an invalid one: a result or one line, in little memory."""

import json
import math
import tracemalloc
from types import SimpleNamespace

import pytest
from oracles.checkpoints import TINY, copy_of

from attncli.errors import ResourceError
from attncli.models.checkpoint.config_keys import HARMLESS
from attncli.models.families import FAMILIES
from attncli.models.model import open_model

NAMES = sorted({path.name for path in TINY.iterdir()} & {*FAMILIES, "deberta-v2_conv"})
ROTATIONS = {
    "yarn": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 4.0, "beta_slow": 1.0, "mscale": 0.7, "rope_theta": 100.0}
    | {"original_max_position_embeddings": 16, "mscale_all_dim": 1.5, "attention_factor": 1.1},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    | {"original_max_position_embeddings": 32, "rope_theta": 100.0},
    "longrope": {"rope_type": "longrope", "short_factor": [1.0, 1.1, 1.3, 2.0], "long_factor": [1.0, 1.5, 3.0, 8.0]}
    | {"factor": 2.0, "original_max_position_embeddings": 16},
    "dynamic": {"rope_type": "dynamic", "factor": 4.0, "partial_rotary_factor": 1.0},
}
DEEP = json.loads("[" * 500 + "]" * 500)
VALUES = (0, -1, 10**9, 10**300, -(10**300), math.nan, math.inf, 1e308, 1e-320, 0.5, "7", "x" * 100_000, "\x1b[31m")
WRONG = (*VALUES, [], [1] * 10_000, [{"a": 1}], {}, {"a": {"b": 1}}, None, True, False, DEEP)

#: Keys that change no attention, and are read all the same.
READ = ("pad_token_id", "vocab_size", "final_logit_softcapping", "logit_scale", "logits_scaling")
SIZES = (
    "hidden_size",
    "num_attention_heads",
    "num_hidden_layers",
    "n_layer",
    "n_head",
    "n_embd",
    "dim",
    "n_layers",
    "num_heads",
)


def numbers(config, path=()):
    """Where the config has a number, or a list of them; what a model sees pictures with is not read."""
    for key, value in config.items():
        if isinstance(value, dict) and key != "vision_config":
            yield from numbers(value, (*path, key))
        elif type(value) in (int, float, list) and (key in READ or key not in HARMLESS):
            yield (*path, key)


def replaced(config, path, value):
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value


def run_or_refuse(folder):
    """What was said: nothing, or one short line of text that a terminal may have."""
    try:
        model = open_model(folder)
        *_, last = model.run_pair([2], [2]) if model.has_decoder else model.run([2])
        if model.has_output:
            model.logits(last.output)
    except ResourceError as error:
        said = f"{error.message}{error.hint or ''}"
        assert len(said) < 500
        assert "\n" not in said
        return said
    return ""


def every_wrong_number(folder, rotation):
    path = folder / "config.json"
    text = path.read_text()
    for place in (each for each in numbers(json.loads(text)) if rotation == (each[0] == "rope_parameters")):
        for value in WRONG:
            config = json.loads(text)
            replaced(config, place, value)
            path.write_text(json.dumps(config))
            yield place, value


@pytest.mark.parametrize("name", [*NAMES, *ROTATIONS])
def test_no_number_of_a_config_is_believed(tmp_path, monkeypatch, name):
    tokenizer = SimpleNamespace(warnings=())  # as good as ever, and slow to read
    monkeypatch.setattr("attncli.models.checkpoint.opening.ModelTokenizer", lambda *given: tokenizer)
    folder = copy_of("llama" if name in ROTATIONS else name, tmp_path / "model")
    if name in ROTATIONS:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"rope_parameters": ROTATIONS[name]}))
    tracemalloc.start()
    try:
        for place, value in every_wrong_number(folder, name in ROTATIONS):
            said = run_or_refuse(folder)
            assert said or place[-1] not in SIZES, (place, value)
            assert said or not place[0].startswith("rope") or is_a_number(value), (place, value)
        assert tracemalloc.get_traced_memory()[1] < 2**26
    finally:
        tracemalloc.stop()


def is_a_number(value):
    """Whether some key of a rotation may have it: null stands for a default."""
    return value is None or (isinstance(value, int | float) and abs(value) < 1e15)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"hidden_size": ' + "[" * 100_000])
def test_a_config_that_is_nested_deeply_is_refused(tmp_path, text):
    folder = copy_of("bert", tmp_path / "model")
    (folder / "config.json").write_text(text)
    assert "as JSON" in run_or_refuse(folder)
