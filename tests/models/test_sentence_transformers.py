"""Vectors and similarities of texts as sentence-transformers gives them, which opened the same folders."""

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.similarity_folders import EXPECTED, MINILM_EXPECTED, NAMES, PAIRS, SENTENCES, whole

from attncli import open_model, similar
from attncli.models.text_encoder import TextEncoder

STORED = dict(np.load(EXPECTED))
EXACT = {"mean", "weighted", "root", "two_means", "normalized", "dot", "identity", "residual"}
EXACT |= {"prompts", "cut", "lower", "short", "decoder_weighted"}


def check(folder, pairs, prompt, vectors, values):
    """Vectors and similarities as they were stored; of exact pooling the sums of the contributions too."""
    encoder = TextEncoder.of(open_model(folder))
    inputs = [encoder.read(text, prompt) for pair in pairs for text in pair][: len(vectors)]
    outputs = encoder.outputs(inputs, np.float64)
    found = [encoder.pooling.pooled(output, given.attended) for given, output in zip(inputs, outputs, strict=True)]
    np.testing.assert_allclose(found, vectors, atol=within(vectors))
    for pair, value in zip(pairs, values, strict=True):
        made = similar(*pair, model=encoder.model, prompt=prompt)
        assert made.value == pytest.approx(value, abs=within(value))
        if made.exact:
            assert made.contributions.sum() == pytest.approx(value, abs=within(value))
    return made


def within(values):
    """1e-6 of numbers as large as cosines, as much of larger ones in proportion."""
    return 1e-6 * max(1, np.abs(values).max())


@pytest.mark.parametrize("name", NAMES)
def test_texts_have_the_vectors_and_similarities_of_sentence_transformers(name, tmp_path):
    folder = whole(name, tmp_path)
    prompts = sorted({key.split("/")[1] for key in STORED if key.startswith(f"{name}/")})
    for prompt in prompts:
        vectors, values = (STORED[f"{name}/{prompt}/{each}"] for each in ("vectors", "values"))
        made = check(folder, PAIRS, None if prompt == "-" else prompt, vectors, values)
    assert made.exact == (name in EXACT)


@needs_minilm
def test_minilm_has_the_similarities_of_sentence_transformers():
    stored = np.load(MINILM_EXPECTED)
    assert len(SENTENCES) == 20
    made = check(MINILM, SENTENCES, None, stored["vectors"], stored["values"])
    assert (made.pooling, made.function, made.exact) == ("mean", "cosine", True)
