"""Encoder, decoder and cross-attention of every encoder–decoder are PyTorch's, kept by tests/oracles/make_pairs.py."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, safetensors, weights_of

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config, read_config
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.models.pack import Pack
from attncli.recipes.model_explaining import explain_model

HEADS = ("encoder_attention_heads", "decoder_attention_heads")
LENGTHS = (3, 17, 40)
NAMES = sorted(path.name for path in TINY.iterdir() if "cross_3" in np.load(path / "expected.npz"))


def opened(name):
    """The model of a tiny folder; a variant is another config.json for the weights of its model."""
    model, config = open_model(TINY / weights_of(name)), read_config(TINY / name)
    config.get("model_type")
    family = read_family(config)
    tensors = Checkpoint(TINY / weights_of(name), family.names, {family.output.embedding: family.output.weights})
    return replace(model, _family=family.stored(tensors.bare_names), _tensors=tensors)


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    return opened(request.param), np.load(TINY / request.param / "expected.npz")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_part_is_pytorchs(model, dtype):
    model, expected = model
    for n in LENGTHS:
        ids, target = expected[f"ids_{n}"], expected[f"target_{n}"]
        encoder = [*model.run(ids, dtype=dtype)]
        weights = np.stack([layer.attention.weights for layer in encoder])[:, :, expected[f"rows_{n}"]]
        np.testing.assert_allclose(weights, expected[f"weights_{n}"], rtol=0, atol=2e-6)
        np.testing.assert_allclose(model.final(encoder[-1].output), expected[f"hidden_{n}"], rtol=0, atol=2e-5)
        for part in ("decoder", "cross"):
            layers = [*model.run_pair(ids, target, part, dtype=dtype)]
            weights = np.stack([layer.attention.weights for layer in layers])
            np.testing.assert_allclose(weights, expected[f"{part}_{n}"], rtol=0, atol=2e-6)
            found = model._family.final_target(model._tensors, layers[-1].output)
            np.testing.assert_allclose(found, expected[f"decoded_{n}"], rtol=0, atol=2e-5)


def test_pairs_of_a_pack_have_their_own_numbers(model):
    model, expected = model
    pairs = [(expected[f"ids_{n}"], expected[f"target_{n}"]) for n in (3, 3, 17, 40)]
    packs = Pack.of_pairs(*zip(*pairs, strict=True))
    assert [run.b for run in packs[0].runs] == [run.b for run in packs[1].runs] == [2, 1, 1]
    layers = [*model.run_pairs(*packs, "cross")]
    found = [
        np.stack(run) for run in zip(*([h.attention.weights for h in layer.heads] for layer in layers), strict=True)
    ]
    for run, place, n in ((0, 0, 3), (0, 1, 3), (1, 0, 17), (2, 0, 40)):
        np.testing.assert_allclose(found[run][:, place], expected[f"cross_{n}"], rtol=0, atol=2e-6)


def test_an_explanation_shows_the_encoder_and_says_how_to_see_the_rest():
    explanation, plain = (explain_model("the dog", TINY / name) for name in ("bart", "bert"))
    assert explanation.weights.shape[:2] == (2, 4)  # the decoder has three layers of two heads
    assert explanation.remarks[0].endswith("the decoder, and its attention to the source: --target TEXT")
    assert not plain.remarks


@pytest.mark.parametrize("name", [name for name in NAMES if weights_of(name) == name])
def test_no_key_of_a_config_is_unknown(name):
    assert not [said for said in open_model(TINY / name).warnings if "keys" in said]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("num_buckets", 3, "relative_attention_num_buckets in config.json: expected at least 4, got 3"),
        ("max_distance", 4, "relative_attention_max_distance in config.json: expected more than half of the 8 buckets"),
    ],
)
def test_offsets_that_make_no_buckets_are_refused(key, value, said):
    with pytest.raises(ResourceError, match=said):
        read_family(Config({**read_config(TINY / "umt5").values, f"relative_attention_{key}": value}))


def test_a_model_without_a_decoder_says_so():
    with pytest.raises(ResourceError, match="expected an encoder–decoder"):
        next(open_model(TINY / "bert").run_pair([5, 9], [5]))


@pytest.mark.parametrize(("name", "first"), [("t5", 0), ("bart", 2), ("mbart", 7), ("marian", 79)])
def test_the_decoder_reads_the_target_shifted(name, first):
    assert open_model(TINY / name)._family.shifted([5, 6, 7]) == (first, 5, 6)


@pytest.mark.parametrize(
    ("model_type", "sizes"),
    [
        ("t5", (6, 8, 2048)),
        ("mt5", (8, 6, 1024)),
        ("bart", (12, 16, (4096, 4096))),
        ("blenderbot", (2, 32, (10240, 10240))),
    ],
)
def test_sizes_that_a_config_lacks_are_those_of_its_type(model_type, sizes):
    family = read_family(Config({"model_type": model_type}))
    assert (family.shape.n_layer, family.shape.n_head, family.d_ff) == sizes


def test_tables_of_words_that_are_the_same_count_once(tmp_path):
    ours = open_model(TINY / "t5")
    arrays = {name: ("F32", ours._tensors[name]) for name in ours._tensors.bare_names}
    words = arrays["shared.weight"]
    folder = copy_of("t5", tmp_path / "it")
    both = {**arrays, "encoder.embed_tokens.weight": words, "decoder.embed_tokens.weight": words}
    (folder / "model.safetensors").write_bytes(safetensors(both))
    other = open_model(folder)
    assert (other.parameters, other.warnings) == (ours.parameters, ours.warnings)


def test_a_width_without_a_step_between_frequencies_is_refused():
    with pytest.raises(ResourceError, match=r"d_model in config.json: expected at least 4"):
        read_family(Config({"model_type": "m2m_100", "d_model": 2, **dict.fromkeys(HEADS, 1)}))


@pytest.mark.parametrize("name", ["t5", "mt5", "umt5"])
def test_files_without_a_decoder_are_an_encoder(tmp_path, name):
    whole, folder, expected = (
        open_model(TINY / name),
        copy_of(name, tmp_path / "it"),
        np.load(TINY / name / "expected.npz"),
    )
    names = [each for each in whole._tensors.bare_names if not each.startswith(("decoder.", "lm_head."))]
    (folder / "model.safetensors").write_bytes(
        safetensors({f"{each}": ("F32", whole._tensors[each]) for each in names})
    )
    encoder = open_model(folder)
    assert (encoder.has_decoder, encoder.decoder, encoder.has_output, encoder.warnings) == (False, None, False, ())
    assert encoder.vocabulary == whole.vocabulary
    *_, last = encoder.run(expected["ids_17"])
    np.testing.assert_allclose(encoder.final(last.output), expected["hidden_17"], rtol=0, atol=2e-5)
    with pytest.raises(ResourceError, match="expected an encoder–decoder"):
        next(encoder.run_pair([5, 9], [5]))


def test_a_t5_with_the_head_of_a_task_has_a_prefix(tmp_path):
    whole, folder = open_model(TINY / "t5"), copy_of("t5", tmp_path / "it")
    arrays = {f"transformer.{each}": ("F32", whole._tensors[each]) for each in whole._tensors.bare_names}
    arrays |= {"classification_head.dense.weight": ("F32", np.ones((16, 16)))}
    (folder / "model.safetensors").write_bytes(safetensors(arrays))
    model = open_model(folder)
    assert not model.warnings
    for ours, theirs in zip(model.run_pair([5, 9], [5]), whole.run_pair([5, 9], [5]), strict=True):
        np.testing.assert_allclose(ours.output, theirs.output, rtol=0, atol=2e-6)
