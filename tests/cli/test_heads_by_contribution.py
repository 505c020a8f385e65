"""`attn heads --by contribution` on the command line: its outputs, batches and mistakes."""

import csv
import io

import pytest
from support.command import attn
from support.places import TESTS
from support.records import records as printed

TINY = TESTS / "oracles" / "tiny"
BERT, GPT2, LABELS, LLAMA, MODERN, T5 = (
    str(TINY / name) for name in ("bert", "gpt2", "opt_labels", "llama", "modernbert_masked", "t5")
)
PAGES = {
    "next": ["the dog is", "--model", GPT2],
    "label": ["the dog is", "--model", LABELS],
    "target": ["the dog is", "--model", T5, "--target", "a dog"],
    "some": ["the dog is", "--model", T5, "--target", "a dog", "--part", "cross", "--layer", "1"],
}


def by_contribution(*arguments, **how):
    return attn("heads", *arguments, "--by", "contribution", **how)


def records(*arguments, **how):
    return printed("heads", *arguments, "--by", "contribution", **how)


@pytest.mark.parametrize("page", PAGES)
def test_json_has_every_head_and_part_and_their_sum(page):
    (found,) = records(*PAGES[page], "--precision", "12")
    heads = [each["contribution"] for each in found["heads"]]
    assert (found["schema"], found["schema_version"], found["by"]) == ("attn.heads", "1.1", "contribution")
    assert {*found["heads"][0]} == {*["part", "layer", "head", "score", "mean", "lift", "contribution"]}
    assert heads == sorted(heads, reverse=True)
    assert found["sum"] == pytest.approx(sum(heads) + sum(each["contribution"] for each in found["parts"]), abs=1e-9)
    assert found["sum"] == pytest.approx(found["logit"], rel=1e-5)
    assert ("other_heads" in {each["part"] for each in found["parts"]}) == (page == "some")
    assert (found["memory"] is not None) == (page in ("target", "some"))
    assert "rank_correlation" not in found


def test_the_parts_are_in_the_order_of_the_model():
    (found,) = records(*PAGES["next"])
    assert [(each["part"], each["layer"]) for each in found["parts"]] == [
        ("embedding", None),
        *(("biases", 0), ("feed_forward", 0), ("biases", 1), ("feed_forward", 1)),
        ("biases", None),
    ]


def test_the_named_answer_is_taken_apart():
    (found,) = records(*PAGES["next"], "--for", " dog")
    assert found["answer"] == " dog"


def test_what_is_taken_away_is_held_against_the_unchanged_answer():
    page = [*PAGES["next"], "--for", " dog"]
    (found,), (whole,) = records(*page, "--cut", "is:dog"), records(*page)
    assert found["with_all"] == {name: pytest.approx(whole[name], abs=1e-5) for name in ("logit", "probability")}
    assert found["logit"] != whole["logit"]
    assert found["sum"] == pytest.approx(found["logit"], rel=1e-5)
    assert "with_all" not in whole


def test_a_batch_has_an_object_a_line():
    found = records("-", "--model", GPT2, text="the dog\n\nthe cat is\n")
    assert [(each["sentence"], each["line"]) for each in found] == [("the dog", 1), ("the cat is", 3)]


@pytest.mark.parametrize("page", PAGES)
def test_the_rows_of_csv_sum_to_the_logit(page):
    (found,) = records(*PAGES[page])
    rows = [*csv.DictReader(io.StringIO(by_contribution(*PAGES[page], "--format", "csv").stdout))]
    assert [*rows[0]][1:] == ["part", "layer", "head", "contribution"]
    assert len(rows) == len(found["heads"]) + len(found["parts"])
    assert sum(float(row["contribution"]) for row in rows) == pytest.approx(found["sum"], abs=1e-5)
    assert [row["head"] == "" for row in rows] == [False] * len(found["heads"]) + [True] * len(found["parts"])


def test_the_screen_lists_the_first_and_ends_in_the_sum():
    done = by_contribution(*PAGES["target"], "--top", "2", env={"COLUMNS": "80"})
    shown = " ".join(done.stdout.split())
    assert "(embedding)" in shown
    assert ", the logit" in shown
    assert "… 21 heads between …" in shown
    assert "may still matter: --by effect" in shown


def test_without_a_sentence_there_is_an_example_that_the_model_answers():
    done = by_contribution("--model", GPT2, text=None)
    assert 'an example: attn heads "The capital of France is"' in done.stderr
    assert "(8 heads)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["the dog is", "--model", BERT], 2, "expected a model with norms in front of what its blocks add, got bert"),
        (["a <mask>", "--model", MODERN], 2, "expected a model with a linear output layer, got modernbert_masked"),
        (["the dog is", "--model", LLAMA], 3, "llama has no output layer"),
        ([*PAGES["next"], "--from", "dog"], 2, "--from 'dog': no meaning where heads are ranked by contribution"),
        ([*PAGES["next"], "--ablate", "mean"], 2, "--ablate 'mean': expected heads to take away with it"),
        ([*PAGES["next"], "--for", "the dog"], 2, "--for 'the dog': expected one token of gpt2, got 3: "),
        ([*PAGES["target"], "--part", "encoder"], 2, "--part 'encoder': expected decoder or cross"),
        (["-", "--model", BERT], 2, "expected a model with norms in front of what its blocks add, got bert"),
    ],
)
def test_mistakes_are_one_line_with_a_hint(arguments, code, said):
    done = by_contribution(*arguments, text="a\nb\n" if arguments[0] == "-" else "")
    assert done.returncode == code
    assert done.stderr.startswith(f"error: {said}"), done.stderr
    assert done.stderr.count("\n") == 2
    assert done.stdout == ""
    if code == 2 and "got" in said and "tok" not in said:
        assert "hint: take the heads away one at a time: --by effect" in done.stderr


def test_text_that_is_saved_has_no_escape_codes(tmp_path):
    done = by_contribution(*PAGES["next"], "-o", str(tmp_path / "heads.txt"))
    assert done.returncode == 0
    text = (tmp_path / "heads.txt").read_text()
    assert "\x1b" not in text
    assert ", the logit" in text
