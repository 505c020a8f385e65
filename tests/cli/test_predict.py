"""`attn predict` on the command line: its outputs, its screen, batches and mistakes."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from rich.cells import cell_len
from support.command import attn
from support.places import TESTS
from support.records import records as printed

from attncli.errors import AttnError
from attncli.views.records.prediction import check_size
from attncli.views.records.schemas import schema_of
from attncli.views.screen import visible

TINY = TESTS / "oracles" / "tiny"
BERT, GPT2, LABELS = (str(TINY / name) for name in ("bert", "gpt2", "bert_labels"))
TRANSLATOR = str(TESTS / "oracles" / "translator")
PAGES = {
    "next": ["the dog is", "--model", GPT2],
    "masks": ["the [MASK] is a [MASK]", "--model", BERT],
    "labels": ["the dog is", "--model", LABELS],
    "without": ["the dog is", "--model", GPT2, "--without", "0.1,1.3", "--cut", "is:dog"],
    "lens": ["the dog is", "--model", GPT2, "--lens"],
    "lens masks": ["the [MASK] is a [MASK]", "--model", BERT, "--lens"],
    "lens all": ["the dog is a cat and he is cute", "--model", GPT2, "--lens-all"],
    "lens target": ["She has seen the elephant", "--model", TRANSLATOR, "--target", "Sie hat", "--lens-all"],
    "pair": ["Who barks?", "--pair", "the dog", "--model", LABELS],
    "target": ["She has seen the elephant", "--model", TRANSLATOR, "--target", "Sie hat"],
}


def records(*arguments, **how):
    return printed("predict", *arguments, **how)


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
    assert [*found[0]] == ["sentence", "position", "rank", "token", "id", "probability", "logit", "with_all", "said"]
    assert len(found) == rows
    assert [int(each["rank"]) for each in found[:3]] == [1, 2, 3]
    assert (found[0]["position"] == "") == (page == "labels")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [20, 24, 40, 80, 120])
def test_no_line_is_wider_than_the_screen(page, width):
    done = attn("predict", *PAGES[page], env={"COLUMNS": str(width)})
    assert done.returncode == 0
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= width


ANSWERS = [page for page in PAGES if "lens" not in page]


@pytest.mark.parametrize("page", ANSWERS)
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
    assert done.stderr == f'no sentence given; an example: attn predict "{text}"\n'


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


def ids(answer):
    return [each["id"] for each in answer["top"]]


@pytest.mark.parametrize(
    ("page", "shape"), [("lens", (3, [3])), ("lens masks", (3, [2, 5])), ("lens target", (2, [0, 1, 2]))]
)
def test_json_of_a_lens_has_an_entry_for_every_layer_and_place(page, shape):
    (found,), (plain,) = records(*PAGES[page]), records(*(each for each in PAGES[page] if "lens" not in each))
    n, positions = shape
    places = [(each["layer"], each["position"]) for each in found["layers"]]
    assert places == [(layer, position) for layer in range(-1, n - 1) for position in positions]
    assert [ids(each) for each in found["predictions"]] == [ids(each) for each in plain["predictions"]]
    for answer in found["predictions"]:
        (last,) = (e for e in found["layers"] if (e["layer"], e["position"]) == (n - 2, answer["position"]))
        assert (last["top"], last["answer"]["rank"]) == (answer["top"], 1)
        assert last["answer"]["probability"] == answer["top"][0]["probability"]


def test_csv_of_a_lens_has_a_row_a_token_of_each_layer():
    done = attn("predict", *PAGES["lens"], "--top", "2", "--format", "csv")
    found = [*csv.DictReader(io.StringIO(done.stdout))]
    assert [(each["layer"], each["rank"]) for each in found] == [
        (str(layer), str(rank)) for layer in (-1, 0, 1) for rank in (1, 2)
    ]
    assert found[-2]["token"] == found[-2]["answer"]
    assert found[-2]["probability"] == found[-2]["answer_probability"]


@pytest.mark.parametrize(
    ("page", "shapes"),
    [
        ("next", {"logits": (1, 288), "position": (1,)}),
        ("without", {"logits": (1, 288), "with_all": (1, 288)}),
        ("labels", {"logits": (3,), "labels": (3,)}),
        ("lens masks", {"logits": (2, 46), "lens_rank": (3, 2), "lens_probability": (3, 2), "lens_ids": (3, 2, 5)}),
    ],
)
def test_arrays_are_written_and_read_back(page, shapes, tmp_path):
    done = attn("predict", *PAGES[page], "-o", "a.npz", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert {name: arrays[name].shape for name in shapes} == shapes
        assert json.loads(str(arrays["model"]))["layers"] == 2
        assert ("with_all" in arrays) == (page == "without")


@pytest.mark.parametrize("page", ["lens", "lens masks", "lens all"])
def test_a_lens_is_drawn_with_the_tokens_in_its_cells(page, tmp_path):
    done = attn("predict", *PAGES[page], "-o", "a.svg", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    (found,) = records(*PAGES[page])
    drawn = {each.text for each in ElementTree.parse(tmp_path / "a.svg").iter() if each.text}
    for each in found["layers"]:
        token = each["top"][0]["token"]
        assert "\\" in token or any(
            text.strip().startswith(f'"{token[:3].encode("unicode_escape").decode()}') for text in drawn
        ), token


def test_a_lens_has_no_arcs_and_an_answer_no_figure(tmp_path):
    done = attn("predict", *PAGES["lens"], "--figure", "arcs", "-o", "a.svg", cwd=tmp_path)
    assert done.returncode == 2
    done = attn("predict", *PAGES["next"], "-o", "a.svg", cwd=tmp_path)
    assert (done.returncode, "expected an ending among .txt" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("lens", r'^Embedding: ".*" \d\.\d{3}; ".*" has \d\.\d{3}, rank \d+\.$'),
        ("lens all", r'^dog: Embedding ".*" \d\.\d\d, Layer 0 '),
    ],
)
def test_an_accessible_lens_is_sentences(page, said):
    shown = attn("predict", *PAGES[page], env={"ACCESSIBLE": "1"}).stdout
    assert re.search(said, shown, re.M)
    assert not set(shown) & set("│─█▏▎▍▌▋▊▉░▒▓")


@pytest.mark.parametrize("page", ["lens", "lens all"])
def test_a_lens_says_what_it_is_not(page):
    said = " ".join(attn("predict", *PAGES[page]).stdout.split())
    assert (
        "note: the last norm and the output layer were not trained for the layers before the last: a lens shows" in said
    )


def test_colours_only_add_to_what_is_written():
    plain = attn("predict", *PAGES["lens all"]).stdout
    coloured = attn("predict", *PAGES["lens all"], env={"FORCE_COLOR": "1", "COLORTERM": "truecolor"}).stdout
    assert "\x1b[" in coloured
    bare = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", coloured).split())
    assert bare.replace("; the colour is its probability", "") == " ".join(plain.split())


def test_too_much_json_is_refused():
    done = attn("predict", "dog " * 15, "--model", GPT2, "--lens-all", "--top", "300", "--precision", "17", "--json")
    assert done.returncode == 0
    with pytest.raises(AttnError, match="the limit is 64") as raised:
        check_size(10**6, 6)
    assert "top" in raised.value.hint


@needs_minilm
def test_a_model_of_sentences_has_no_answer():
    done = attn("predict", "The capital of France is", "--model", str(MINILM))
    error, hint = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (3, "")
    assert "has no output layer" in error
    assert "attn explain" in hint


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (["the dog is", "--model", GPT2, "--swap", "dog=cat"], ["dog", "cat"]),
        (["the dog is", "--model", GPT2, "--against-model", str(TINY / "falcon")], ["gpt2", "falcon"]),
        (["the dog is", "--model", LABELS, "--swap", "dog=cat"], ["dog", "cat"]),
    ],
)
def test_compare_says_the_answers_of_both_sides(typed, names):
    done = attn("compare", *typed, "--json")
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema_of("compare"), jsonschema.Draft202012Validator)
    shown = attn("compare", *typed).stdout
    for name, answer in zip(names, found["answers"], strict=True):
        first = answer["labels"][0] if "labels" in answer else answer["predictions"][0]["top"][0]
        shown_first = first.get("label") or f'"{visible(first["token"])}"'
        assert re.search(rf"^  {name} +{re.escape(shown_first)} {first['probability']:.3f}, ", shown, re.M)
