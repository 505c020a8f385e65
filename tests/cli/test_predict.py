"""`attn predict` on the command line: its outputs, its screen, batches and mistakes."""

import csv
import io
import json
import re

import jsonschema
import pytest
from rich.cells import cell_len
from support.command import attn
from support.places import TESTS

from attncli.views.records.schemas import schema_of

TINY = TESTS / "oracles" / "tiny"
BERT, GPT2, LABELS = (str(TINY / name) for name in ("bert", "gpt2", "bert_labels"))
TRANSLATOR = str(TESTS / "oracles" / "translator")
PAGES = {
    "next": ["the dog is", "--model", GPT2],
    "masks": ["the [MASK] is a [MASK]", "--model", BERT],
    "labels": ["the dog is", "--model", LABELS],
    "without": ["the dog is", "--model", GPT2, "--without", "0.1,1.3", "--cut", "is:dog"],
    "pair": ["Who barks?", "--pair", "the dog", "--model", LABELS],
    "target": ["She has seen the elephant", "--model", TRANSLATOR, "--target", "Sie hat"],
}


def records(*arguments, **how):
    """The JSON objects that the command prints, once they have kept to the schema."""
    done = attn("predict", *arguments, "--json", **how)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    for each in found:
        jsonschema.validate(each, schema_of("predict"), jsonschema.Draft202012Validator)
    return found


@pytest.mark.parametrize(
    ("page", "positions"),
    [("next", [3]), ("masks", [2, 5]), ("target", [2]), ("labels", []), ("without", [3]), ("pair", [])],
)
def test_json_has_an_entry_for_every_place(page, positions):
    (found,) = records(*PAGES[page])
    assert [each["position"] for each in found["predictions"]] == positions
    assert all(len(each["top"]) == 5 for each in found["predictions"])
    assert ("with_all" in found) == (page == "without")
    assert ("labels" in found) == (page in ("labels", "pair"))
    assert (found["target"] is not None) == (page == "target")


def test_json_is_that_of_the_issue():
    (found,) = records(*PAGES["target"], "--top", "1", "--precision", "3")
    assert (found["schema"], found["schema_version"], found["text"]) == (
        "attn.predict",
        "1.0",
        "She has seen the elephant",
    )
    assert found["target"]["tokens"][0] | {"id": 0} == {
        "index": 0,
        "text": "<pad>",
        "id": 0,
        "piece": "<pad>",
        "start": 0,
        "end": 0,
        "special": True,
    }
    (best,) = found["predictions"][0]["top"]
    assert (best["token"], best["probability"]) == ("den", 1.0)


def test_a_batch_has_an_object_a_line():
    found = records("-", "--model", GPT2, text="the dog\n\nthe cat is\n")
    assert [(each["text"], each["line"]) for each in found] == [("the dog", 1), ("the cat is", 3)]


def test_a_bad_line_does_not_stop_the_others():
    done = attn("predict", "-", "--model", BERT, "--json", text="a [MASK]\na dog\n[MASK] is\n")
    assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == [1, 3]
    assert done.stderr.startswith("error: line 2: the sentence 'a dog': expected [MASK]")
    assert done.returncode == 4


@pytest.mark.parametrize(("page", "rows"), [("next", 5), ("masks", 10), ("labels", 3)])
def test_csv_has_a_row_a_token(page, rows):
    done = attn("predict", *PAGES[page], "--format", "csv")
    found = [*csv.DictReader(io.StringIO(done.stdout))]
    assert [*found[0]] == ["sentence", "position", "rank", "token", "id", "probability", "logit", "with_all"]
    assert len(found) == rows
    assert [int(each["rank"]) for each in found[:3]] == [1, 2, 3]
    assert (found[0]["position"] == "") == (page == "labels")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [20, 24, 40, 80, 120])
def test_no_line_is_wider_than_the_screen(page, width):
    done = attn("predict", *PAGES[page], env={"COLUMNS": str(width)})
    assert done.returncode == 0
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= width


@pytest.mark.parametrize("page", PAGES)
def test_accessible_is_sentences(page):
    shown = attn("predict", *PAGES[page], env={"ACCESSIBLE": "1"}).stdout
    assert re.search(
        r"^1: .*, probability \d\.\d{3},( before the change \d\.\d{3},)? logit -?\d+\.\d\d\.$", shown, re.M
    )
    assert not set(shown) & set("│─█▏▎▍▌▋▊▉░▒▓")


def test_the_screen_has_the_numbers_of_the_json():
    (found,), shown = records(*PAGES["masks"]), attn("predict", *PAGES["masks"]).stdout
    for answer in found["predictions"]:
        for each in answer["top"]:
            assert re.search(rf'^ +"{re.escape(each["token"])}" +{each["probability"]:.3f} ', shown, re.M)
    assert "[MASK][2]  the most probable tokens in its place" in shown


@pytest.mark.parametrize(
    ("model", "text"), [(BERT, "Paris is the [MASK] of France."), (GPT2, "The capital of France is")]
)
def test_without_a_text_there_is_an_example(model, text):
    done = attn("predict", "--model", model)
    assert done.returncode == 0
    assert done.stderr == f'no sentence given, so here is an example: attn predict "{text}"\n'


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        (["a dog"], 2, "attn predict needs a model", "--model PATH_OR_NAME"),
        (["a dog", "--model", BERT], 2, "expected [MASK]", "Paris is the [MASK] of France."),
        (["a dog", "--model", str(TINY / "llama")], 3, "llama has no output layer", "attn explain"),
        (["a dog", "--model", "no-such"], 3, "no-such", "attn models pull"),
        (["", "--model", GPT2], 2, "''", ""),
        (["a dog", "--model", GPT2, "--top", "0"], 2, "--top 0: expected a whole number from 1", ""),
        (["a dog", "--model", GPT2, "--target", "x"], 2, "--target 'x': expected a model with", "leave it out"),
        (["dog " * 600, "--model", GPT2, "--stride", "4"], 2, "--stride 4: expected a text that fits", "--truncate"),
        (["dog " * 600, "--model", GPT2], 1, "which takes ", "--truncate"),
        (["a dog", "--model", GPT2, "-o", "a.svg"], 2, "expected an ending among .txt", ""),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted, hint, tmp_path):
    done = attn("predict", *arguments, cwd=tmp_path, env={"HF_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]


@pytest.mark.parametrize("hostile", ["[red]x[/red]", "\x1b[31mred", "\u202eolleh", "new\nline", "x\udcffy"])
@pytest.mark.parametrize("model", [GPT2, LABELS])
def test_hostile_text_stays_text(hostile, model):
    done = attn("predict", f"a dog {hostile}", "--model", model)
    assert (done.returncode, done.stderr) == (0, "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout)


def test_two_texts_are_read_as_one_input():
    (found,), shown = records(*PAGES["pair"]), attn("predict", *PAGES["pair"]).stdout
    assert [token["segment"] for token in found["tokens"]] == [0] * 6 + [1] * 3
    assert found["text"] == "Who barks?\nthe dog"
    assert re.search(r"^  first   Who barks\?\n  second  the dog$", shown, re.M)
    (alone,) = records("Who barks?", "--model", LABELS)
    assert alone["labels"] != found["labels"]


def test_a_change_shows_what_was_and_what_is():
    (found,), shown = records(*PAGES["without"]), attn("predict", *PAGES["without"]).stdout
    (answer,), (before,) = found["predictions"], found["with_all"]
    assert (found["settings"]["without"], found["settings"]["cut"]) == (["0.1", "1.3"], ["is:dog"])
    first = before["top"][0]
    assert f'the unchanged model says "{first["token"]}", {first["probability"]:.3f}' in shown.replace("\n      ", " ")
    assert re.search(rf'^  "{re.escape(answer["top"][0]["token"])}" +0\.\d{{3}}  was 0\.\d{{3}} ', shown, re.M)
    assert "other heads may make up for" in shown
    assert "without 0.1,1.3" in shown
