"""GGUF files: the tiny checkpoints converted as llama.cpp does, against PyTorch's numbers for their safetensors."""

import sys

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.gguf_files import QUANTISED, WIDE, arrays_of, converted, gguf, metadata_of, plain, quantised, tokens_of
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.files.gguf_file import GgufFile, _dequantised
from attncli.models.checkpoint.config import Config, read_config
from attncli.models.checkpoint.gguf_config import read_metadata
from attncli.models.checkpoint.tensors import Checkpoint
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.models.pack import Pack

#: Tiny folders, and the longest text whose numbers do not depend on a window that the format has no key for.
FOLDERS = {
    **dict.fromkeys(("llama", "llama-llama3", "llama-linear", "llama-yarn", "gpt2", "qwen3-full", "gemma", "phi3"), 40),
    **dict.fromkeys(("llama_untied", "qwen2_tied"), 40),
    **dict.fromkeys(("qwen2", "qwen3"), 3),
}


def opened(tmp_path, data, name="m.gguf"):
    (tmp_path / name).write_bytes(data)
    return open_model(tmp_path / name)


def run(model, ids):
    layers = list(model.run(ids, dtype=np.float32))
    return np.stack([layer.attention.weights for layer in layers]), model.final(layers[-1].output)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_converted_checkpoint_gives_the_numbers_of_its_safetensors(tmp_path, folder):
    model, expected = opened(tmp_path, converted(folder)), np.load(TINY / folder / "expected.npz")
    scores = np.load(TINY / folder / "logits.npz") if (TINY / folder / "logits.npz").exists() else {}
    for n in (n for n in (3, 17, 40) if n <= FOLDERS[folder]):
        weights, hidden = run(model, expected[f"ids_{n}"])
        np.testing.assert_allclose(weights[:, :, expected[f"rows_{n}"]], expected[f"weights_{n}"], rtol=0, atol=2e-6)
        np.testing.assert_allclose(hidden, expected[f"hidden_{n}"], rtol=0, atol=2e-5)
        if f"logits_{n}" in scores:
            *_, last = model.run(expected[f"ids_{n}"], dtype=np.float32)
            np.testing.assert_allclose(model.logits(last.output)[-1], scores[f"logits_{n}"], rtol=0, atol=2e-5)
    assert model.warnings == ()
    assert model.has_output == ("logits_3" in scores or model._family.tied)


def of_safetensors(folder, ids, **changes):
    """The weights and the last hidden state of a tiny checkpoint with keys of its config changed."""
    family = read_family(Config({**read_config(TINY / folder).values, **changes}))
    tensors, pack = Checkpoint(TINY / folder, family.names), Pack.of([ids])
    x, weights = family.embed(tensors, pack), []
    for number in range(family.shape.n_layer):
        layer = family.layer(tensors, number, x, pack)
        weights, x = [*weights, layer.heads[0].attention.weights[0]], layer.output
    return np.stack(weights), family.final(tensors, x)


@pytest.mark.parametrize("folder", ["gemma2", "gemma3_text"])
def test_gemma_divides_scores_by_the_root_of_256(tmp_path, folder):
    """The format has no key for the scale, which transformers and llama.cpp know by the sizes of the models."""
    ids = np.load(TINY / folder / "expected.npz")["ids_17"]
    model = opened(tmp_path, converted(folder))
    for found, expected in zip(run(model, ids), of_safetensors(folder, ids, query_pre_attn_scalar=256), strict=True):
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)
    assert model._family.prediction.softcap == (3.0 if folder == "gemma2" else None)
    assert model.warnings == ()


@pytest.mark.parametrize(("layers", "scalar"), [(46, 4), (3, 256)])
def test_the_widest_gemma_divides_them_by_the_root_of_its_width_a_head(layers, scalar, tmp_path):
    (tmp_path / "m.gguf").write_bytes(converted("gemma2", **{"gemma2.block_count": layers}))
    assert read_metadata(GgufFile(tmp_path / "m.gguf"))[1].values["query_pre_attn_scalar"] == scalar


@pytest.mark.parametrize("dtype", ["F16", "BF16", *QUANTISED])
def test_every_type_of_array_gives_the_numbers_of_its_blocks(tmp_path, dtype):
    """The judge: the same numbers in float32, of a file that is not quantised."""
    pytest.importorskip("gguf", reason="the package gguf dequantises")
    rng, config = np.random.default_rng(0), WIDE
    arrays = {}
    for name, shape in WIDE_ARRAYS.items():
        numbers = rng.normal(0, 0.05, shape) + (name.endswith("norm.weight"))
        blocks = dtype in QUANTISED and len(shape) == 2
        arrays[name] = quantised(shape, dtype, rng) if blocks else plain(numbers, dtype if len(shape) == 2 else "F32")
    model = opened(tmp_path, gguf(metadata_of("llama", config) | tokens_of("llama"), arrays))
    file = GgufFile(tmp_path / "m.gguf")
    wide = {name: plain(file.widened(name)) for name in arrays}
    same = opened(tmp_path, gguf(metadata_of("llama", config) | tokens_of("llama"), wide), "wide.gguf")
    for found, expected in zip(run(model, range(2, 9)), run(same, range(2, 9)), strict=True):
        np.testing.assert_array_equal(found, expected)
    warned = f"the weights are quantised: {dtype} (8 of 11 arrays)" in "".join(model.warnings)
    assert warned == (dtype in QUANTISED)
    assert model.parameters == same.parameters == sum(int(np.prod(shape)) for shape in WIDE_ARRAYS.values())


WIDE_ARRAYS = {
    **{"token_embd.weight": (80, 256), "output_norm.weight": (256,), "blk.0.attn_norm.weight": (256,)},
    **{"blk.0.attn_q.weight": (256, 256), "blk.0.attn_k.weight": (128, 256), "blk.0.attn_v.weight": (128, 256)},
    **{"blk.0.attn_output.weight": (256, 256), "blk.0.ffn_norm.weight": (256,), "blk.0.ffn_gate.weight": (256, 256)},
    **{"blk.0.ffn_up.weight": (256, 256), "blk.0.ffn_down.weight": (256, 256)},
}


@pytest.mark.parametrize("dtype", [dtype for dtype in QUANTISED if not dtype.startswith("Q5_") or dtype == "Q5_K"])
def test_blocks_have_the_numbers_that_transformers_gives_them(dtype):
    """By code of its own, which knows all types but two."""
    pytest.importorskip("gguf", reason="the package gguf dequantises")
    with np.load(TESTS / "oracles" / "gguf_blocks.npz") as expected:
        numbers = expected[dtype]
    blocks = quantised((2, 512), dtype, np.random.default_rng(3))[2]
    np.testing.assert_allclose(_dequantised(np.frombuffer(blocks, np.uint8), dtype), numbers, rtol=1e-6, atol=1e-9)


def test_a_llama_is_recognised_by_its_magic_whatever_its_name(tmp_path):
    data = converted("llama", **{"general.name": "Tiny Llama"})
    assert opened(tmp_path, data, "sha256-0f").name == "Tiny Llama"
    assert opened(tmp_path, data, "tiny.Q8_0.gguf").name == "tiny.Q8_0"


def test_version_2_and_another_alignment_are_read(tmp_path):
    config = read_config(TINY / "llama").values
    parts = metadata_of("llama", config) | tokens_of("llama"), arrays_of("llama", "llama", config)
    for data in (gguf(*parts, version=2), gguf({**parts[0], "general.alignment": 32}, parts[1])):
        assert opened(tmp_path, data).shape.n_layer == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"general.architecture": "mamba"}, "expected one of llama, qwen2, qwen3, gemma, gemma2, gemma3"),
        ({"general.architecture": None}, "general.architecture in the metadata"),
        ({"general.type": "adapter"}, "expected 'model', got 'adapter'"),
        ({"split.count": 3}, "is one of 3 parts of a model"),
        (
            {"llama.block_count": None},
            "llama.block_count in the metadata: expected a positive integer, got no such key",
        ),
        ({"llama.block_count": 3}, "the metadata says 3 layers, but the weights have 2"),
        ({"llama.attention.head_count": "4"}, "llama.attention.head_count in the metadata: expected a positive"),
        ({"llama.attention.value_length": 4}, "expected the size of a key, 8,, got 4"),
        ({"llama.rope.dimension_count": 4}, "expected the size of a key, 8,, got 4"),
        ({"llama.rope.freq_base": float("inf")}, "llama.rope.freq_base in the metadata: expected a number"),
        ({"llama.rope.scaling.type": "bent", "llama.rope.scaling.factor": 2.0}, "'bent'"),
        ({"llama.expert_count": 8}, "a mixture of experts"),
        ({"tokenizer.ggml.model": "rwkv"}, "tokenizer.ggml.model: expected one of gpt2, llama, got 'rwkv'"),
        ({"tokenizer.ggml.tokens": None}, "tokenizer.ggml.tokens: expected 1 to 524,288 texts"),
        ({"tokenizer.ggml.scores": [1.0]}, "tokenizer.ggml.scores: expected 80 numbers, one a token"),
        ({"tokenizer.ggml.token_type": [1, 1]}, "tokenizer.ggml.token_type: expected 80 numbers"),
        ({"tokenizer.ggml.bos_token_id": 80}, "tokenizer.ggml.bos_token_id: expected one of 80, got 80"),
        ({"tokenizer.ggml.merges": ["he"]}, "tokenizer.ggml.merges: expected texts of two pieces each"),
        ({"tokenizer.ggml.merges": ["q q"]}, "cannot make the tokenizer"),
    ],
)
def test_metadata_that_make_no_model_are_named(tmp_path, changes, said):
    with pytest.raises(ResourceError) as raised:
        opened(tmp_path, converted("llama", **changes))
    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"GGUF", "it ends within its header"),
        (b"GGUF\1\0\0\0" + bytes(40), "expected version 2 or 3, got 1"),
        (b"GGUF\0\0\0\3" + bytes(40), "(big-endian)"),
        (gguf({"a": 1}, {"x": (16, (4, 256), bytes(66))}), "'x' has type IQ2_XXS, which is not supported"),
        (gguf({"a": 1}, {"x": ("Q4_0", (4, 20), bytes(80))}), "'x' of type Q4_0 has the shape [4, 20]"),
        (gguf({"a": 1}, {"x": ("F32", (4, 20), bytes(80))}), "'x' lies at byte 96"),
        (gguf({"a": 1}, {"x": ("F32", (2**40, 2**40), b"")}), "'x' lies at byte 96"),
        (gguf({"a": 1, b"a\0": 1, "general.alignment": 0}, {}), "general.alignment: expected 1 to 65,536, got 0"),
        (b"GGUF\3\0\0\0" + b"\xff" * 16, "up to 65,536 are read"),
    ],
)
def test_a_header_that_does_not_fit_its_file_is_refused(tmp_path, data, said):
    with pytest.raises(ResourceError) as raised:
        opened(tmp_path, data)
    assert said in raised.value.message


def test_keys_of_the_architecture_that_nothing_reads_are_named(tmp_path):
    model = opened(tmp_path, converted("llama", **{"llama.attention.clamp_kqv": 8.0, "llama.vocab_size": 80}))
    assert model.warnings == (
        "the metadata has keys that attn does not know: llama.attention.clamp_kqv; its numbers may differ",
    )


def test_without_the_package_that_dequantises_its_command_is_given(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf.quants", None)
    rng = np.random.default_rng(0)
    arrays = {
        name: quantised(shape, "Q4_0", rng) if len(shape) == 2 else plain(np.ones(shape))
        for name, shape in WIDE_ARRAYS.items()
    }
    model = opened(tmp_path, gguf(metadata_of("llama", WIDE) | tokens_of("llama"), arrays))
    with pytest.raises(ResourceError, match="a quantised GGUF file needs the package gguf") as raised:
        list(model.run(range(2, 5)))
    assert "gguf>=" in raised.value.hint
