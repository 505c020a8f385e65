"""`attn explain --generate`: the attention of a text and of the answer behind it, together."""

import json

import jsonschema
import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.places import TESTS

from attncli import explain_model, predict
from attncli.models.model import open_model
from attncli.views.records.schemas import schema_of

LLAMA, TRANSLATOR = str(TINY / "llama_biased"), str(TESTS / "oracles" / "translator")
TEXT = "Anna has seen the dog"


def test_the_weights_are_those_of_text_and_answer_in_one_pass():
    found, said = explain_model("the dog", LLAMA, generate=4), predict("the dog", LLAMA, generate=4)
    ids = [token.id for token in said.tokens.tokens]
    assert [token.row for token in found.sentence.tokens] == ids
    assert [token.generated for token in found.sentence.tokens] == [False] * 3 + [True] * 4
    for layer, expected in zip(found.layers, open_model(LLAMA).run(ids), strict=True):
        np.testing.assert_allclose(layer.weights, expected.attention.weights, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("part", "memory"), [(None, True), ("cross", True), ("decoder", False)])
def test_an_encoder_decoder_says_its_own_target(part, memory):
    found = explain_model(TEXT, TRANSLATOR, generate=20, part=part)
    assert found.sentence.text == "Anna hat den Hund gesehen"
    assert [token.generated for token in found.sentence.tokens] == [False] + [True] * 6
    assert (found.memory is not None) == memory
    assert found.warnings == ()


def test_a_target_that_is_begun_goes_on():
    found = explain_model(TEXT, TRANSLATOR, generate=20, target="Anna hat")
    assert found.sentence.text == "Anna hat den Hund gesehen"
    assert [token.generated for token in found.sentence.tokens] == [False] * 3 + [True] * 4


def test_every_token_of_the_answer_has_a_position():
    found = explain_model("the dog", LLAMA, generate=100)
    assert len(found.sentence.tokens) == 64
    assert found.warnings == ("61 tokens, not 100: llama_biased takes 64, those before them included",)


def test_a_word_of_the_answer_may_be_the_query():
    assert explain_model(TEXT, TRANSLATOR, generate=20, word="Hund").query == 4


def test_json_marks_the_tokens_that_were_said():
    done = attn("explain", "the dog", "--model", LLAMA, "--generate", "3", "--json")
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema_of("explain"), jsonschema.Draft202012Validator)
    assert [token.get("generated", False) for token in found["tokens"]] == [False] * 3 + [True] * 3
    assert found["settings"]["generate"] == 3
    assert not {"sample", "top_p", "seed"} & {*found["settings"]}


def test_the_screen_marks_the_rows_of_the_answer():
    done = attn("explain", TEXT, "--model", TRANSLATOR, "--generate", "20", "--layer", "0", "--head", "0")
    rows = [line.split()[1] for line in done.stdout.splitlines() if line[:1].isdigit() and " " in line]
    assert rows[:7] == ["<pad>", "+Anna", "+hat", "+den", "+Hund", "+gesehen", "+</s>"]
    assert "note: tokens with + in front are those that the model said" in done.stdout


def test_the_page_marks_the_rows_of_the_answer(tmp_path):
    page = tmp_path / "said.html"
    assert attn("explain", TEXT, "--model", TRANSLATOR, "--generate", "20", "-o", str(page)).returncode == 0
    assert '"generated": [1, 2, 3, 4, 5, 6]' in page.read_text().replace("[1,2,3,4,5,6]", " [1, 2, 3, 4, 5, 6]")
    assert '"+gesehen"' in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--generate", "2"], "error: --generate 2: expected a model with it"),
        (["--model", str(TINY / "bert"), "--generate", "2"], "error: --generate 2: expected a model that goes on from"),
        (["--model", LLAMA, "--generate", "0"], "error: --generate 0: expected a whole number"),
    ],
)
def test_mistakes_are_named(arguments, said):
    done = attn("explain", "the dog", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
