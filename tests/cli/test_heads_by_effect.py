"""`attn heads --by effect` on the command line: its outputs, batches and mistakes."""

import csv
import io
import json

import pytest
from support.command import attn
from support.places import TESTS
from support.records import records as printed

TINY = TESTS / "oracles" / "tiny"
BERT, GPT2, LABELS, PLAIN = (str(TINY / name) for name in ("bert", "gpt2", "bert_labels", "roberta"))
TRANSLATOR = str(TESTS / "oracles" / "translator")
PAGES = {
    "next": ["the dog is", "--model", GPT2],
    "mask": ["the [MASK] is", "--model", BERT, "--ablate", "mean"],
    "label": ["the dog is", "--model", LABELS],
    "target": ["She has seen the elephant", "--model", TRANSLATOR, "--target", "Sie hat"],
    "state": ["the dog is", "--model", PLAIN],
    "less": ["the dog is", "--model", GPT2, "--without", "1.0", "--cut", "is:dog"],
    "word": ["the dog is", "--model", PLAIN, "--word", "dog"],
}


def by_effect(*arguments, **how):
    return attn("heads", *arguments, "--by", "effect", **how)


def records(*arguments, **how):
    return printed("heads", *arguments, "--by", "effect", **how)


@pytest.mark.parametrize("page", PAGES)
def test_json_has_every_head_with_its_effect_and_weight(page):
    (found,) = records(*PAGES[page])
    heads, scored = found["heads"], page not in ("state", "word")
    assert (found["schema"], found["schema_version"], found["by"]) == ("attn.heads", "1.1", "effect")
    assert found["measure"] == ("logit" if scored else "cosine")
    assert {*heads[0]} == {
        *["part", "layer", "head", "score", "mean", "lift", "effect", "probability", "weight", "key"]
    }
    effects = [each["effect"] for each in heads]
    assert effects == sorted(effects, reverse=not scored)
    assert [(found[name] is not None) for name in ("answer", "answer_id", "logit", "probability")] == [scored] * 4
    assert (found["position"] is None) == (page == "state")
    assert ("with_all" in found) == (page == "less")
    assert -1 <= found["rank_correlation"] <= 1
    assert (found["memory"] is not None) == (page == "target")
    assert [each["part"] is not None for each in heads] == [page == "target"] * len(heads)
    assert found["ablate"] == ("mean" if page == "mask" else "zero")


def test_rankings_by_a_pair_have_no_effects():
    done = attn("heads", "the dog is", "--model", GPT2, "--from", "dog", "--to", "the", "--json")
    found = json.loads(done.stdout)
    assert found["by"] == "pair"
    assert {*found["heads"][0]} == {*["layer", "head", "score", "mean", "lift"]}


def test_the_named_answer_is_watched():
    (found,) = records(*PAGES["next"], "--for", " the")
    assert found["answer"] == " the"


def test_a_batch_has_an_object_a_line():
    found = records("-", "--model", GPT2, text="the dog\n\nthe cat is\n")
    assert [(each["sentence"], each["line"]) for each in found] == [("the dog", 1), ("the cat is", 3)]


def test_a_bad_line_does_not_stop_the_others():
    done = by_effect("-", "--model", BERT, "--json", text="a [MASK]\na dog\n[MASK] is\n")
    assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == [1, 3]
    assert done.stderr.startswith("error: line 2: the sentence 'a dog': expected [MASK]")
    assert done.returncode == 4


@pytest.mark.parametrize("page", ["next", "target", "state"])
def test_csv_has_a_row_a_head(page):
    (found,) = records(*PAGES[page], "--precision", "17")
    rows = [*csv.DictReader(io.StringIO(by_effect(*PAGES[page], "--format", "csv").stdout))]
    assert len(rows) == len(found["heads"])
    for row, each in zip(rows, found["heads"], strict=True):
        assert [*row][1:] == ["part", "layer", "head", "effect", "probability", "weight", "key", "key_text"]
        assert float(row["effect"]) == pytest.approx(each["effect"], abs=1e-12)
        assert row["part"] == (each["part"] or "")
        assert row["key"] == ("" if each["key"] is None else str(each["key"]))
        assert bool(row["key_text"]) == (each["key"] is not None)


def test_the_screen_lists_the_first_and_says_how_weight_and_effect_agree():
    done = by_effect(*PAGES["target"], "--top", "2", env={"COLUMNS": "80"})
    assert "cross:0.0" in done.stdout
    assert "encoder:0.0" not in done.stdout
    shown = " ".join(done.stdout.split())
    assert "rank correlation of weight and effect over all 6 heads: -0.600 (below 0: the more" in shown
    assert "4 more heads: --top K, or --json" in shown
    assert "--part cross --layer 0 --head 0" in shown


def test_without_a_sentence_there_is_an_example_that_the_model_answers():
    done = by_effect("--model", BERT, text=None)
    assert "an example: attn heads" in done.stderr
    assert "[MASK]" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            [*PAGES["next"], "--by", "effect", "--from", "dog"],
            "--from 'dog': no meaning where heads are ranked by",
        ),
        ([*PAGES["next"], "--by", "effect", "--lift"], "--lift: no meaning where heads are ranked by effect"),
        ([*PAGES["next"], "--by", "effect", "--pattern", "next"], "--pattern 'next': no meaning"),
        ([*PAGES["next"], "--for", " the"], "--for ' the': no meaning where heads are ranked by pair"),
        ([*PAGES["next"], "--by", "effect", "--for", "the dog"], "--for 'the dog': expected one token of gpt2"),
        ([*PAGES["next"], "--by", "efect"], "--by 'efect': expected one of pair, effect"),
        (["the dog is", "--model", GPT2, "--by", "effect", "--layer", "7"], "--layer 7: expected 0 to 1"),
        ([*PAGES["next"], "--by", "effect", "-o", "effects.npz"], "-o 'effects.npz'"),
    ],
)
def test_mistakes_are_one_line_with_a_hint(arguments, said):
    done = attn("heads", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}"), done.stderr
    assert done.stdout == ""
