"""A fastText set gives an unknown word the vector of its n-grams, and says so."""

import json

import numpy as np
import pytest
from gensim.models.fasttext import load_facebook_vectors
from gensim.test.utils import datapath

from attncli import AttnError, ResourceError, explain, open_vectors
from attncli.vectors.store.verifying import verify
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines

FILE = datapath("non_ascii_fasttext.bin")
UNKNOWN = "zzqxzz"


@pytest.fixture
def composing(attn_home):
    return open_vectors(FILE)


@pytest.fixture
def sentence(composing):
    first, second = composing.text([0, 1])
    return f"{first} {UNKNOWN} {second}"


def test_the_vector_is_gensims(composing, sentence):
    explanation = explain(sentence, composing)
    place = next(token.index for token in explanation.sentence.tokens if token.row is None)
    np.testing.assert_allclose(explanation.source.inputs.x[place], load_facebook_vectors(FILE)[UNKNOWN], atol=1e-6)


def test_it_is_marked(composing, sentence):
    explanation = explain(sentence, composing)
    tokens = json.loads(explanation_json(explanation))["tokens"]
    assert [token["text"] for token in tokens if token.get("composed")] == [UNKNOWN]
    assert f"[{UNKNOWN}+]" in "\n".join(line.plain for line in explain_lines(explanation, Screen()))


def test_a_changed_ngram_is_found_out(composing):
    path = composing.folder / "ngrams.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResourceError, match=r"ngrams\.npy"):
        verify(composing)


def test_skip_leaves_it_out_and_error_refuses(composing, sentence):
    assert [each.text for each in explain(sentence, composing, unknown="skip").sentence.unknown] == [UNKNOWN]
    with pytest.raises(AttnError, match=UNKNOWN):
        explain(sentence, composing, unknown="error")
