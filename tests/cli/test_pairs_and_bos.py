"""`--pair` and `--bos` on the command line and in Python: two texts in one input, and tokens in front of a text."""

import json

import numpy as np
import pytest
from oracles.checkpoints import PAIR, TINY, copy_of, with_config
from support.command import attn
from support.exploring import press
from support.records import record

from attncli import compare_models, explain_model, open_model, rank_heads
from attncli.errors import UsageError
from attncli.explore.app import Explorer
from attncli.explore.command_line import explain_command
from attncli.explore.computing import Explainer
from attncli.explore.state import Ask, State
from attncli.settings.model import check_model_settings
from attncli.views.screen import Screen

BERT, ROBERTA, GPT2 = (str(TINY / name) for name in ("bert", "roberta", "gpt2"))
FIRST, SECOND = PAIR
TEXTS = [FIRST, "--pair", SECOND, "--model", BERT]
STORED = np.load(TINY / "bert" / "pair.npz")
EMPTY = (["--pair", ""], ["--pair", " "])
IN_WINDOWS = ["--pair", "a", "--stride", "2"]
TYPED = "[SEP] is typed in the text, all of which has segment 0; a second text: --pair TEXT"


def test_the_weights_are_those_of_transformers():
    found = record("explain", *TEXTS)
    np.testing.assert_allclose(found["weights"], STORED["weights"], rtol=0, atol=3e-6)
    assert (found["sentence"], found["memory"]) == (f"{FIRST}\n{SECOND}", None)
    assert (found["settings"]["pair"], found["settings"]["bos"]) == (SECOND, None)


def test_every_token_says_its_segment_and_its_place():
    tokens = record("explain", *TEXTS)["tokens"]
    assert [token["segment"] for token in tokens] == STORED["segments"].tolist()
    whole = f"{FIRST}\n{SECOND}"
    assert all(token["special"] or whole[token["start"] : token["end"]] == token["text"] for token in tokens)
    assert all("segment" not in token for token in record("explain", FIRST, "--model", BERT)["tokens"])
    of_roberta = record("explain", FIRST, "--pair", SECOND, "--model", ROBERTA)["tokens"]
    assert {token["segment"] for token in of_roberta} == {0, 1}


def test_the_map_has_the_share_that_crosses():
    found = record("explain", *TEXTS)
    own = [i for i, token in enumerate(found["tokens"]) if not token["special"]]
    sides = [found["tokens"][i]["segment"] for i in own]
    for head in found["heads"]:
        weights = np.array(found["weights"])[head["layer"], head["head"]][np.ix_(own, own)]
        across = weights[np.not_equal.outer(sides, sides)].sum() / len(own)
        assert head["crossing"] == pytest.approx(across, abs=2e-5)
    assert all("crossing" not in head for head in record("explain", FIRST, "--model", BERT)["heads"])
    shown, spoken = (attn("explain", *TEXTS, env={"ACCESSIBLE": each}).stdout for each in ("", "1"))
    assert "cross share that crosses to the other text" in shown
    assert f"\n  cross   .{round(100 * found['heads'][0]['crossing']):02}" in shown
    assert f"share that crosses to the other text {found['heads'][0]['crossing']:.2f}." in " ".join(spoken.split())


def test_the_screen_has_a_line_for_each_text():
    shown = attn("explain", *TEXTS).stdout.splitlines()
    assert shown[2:4] == [f"  first    {FIRST}", f"  second   {SECOND}"]
    spoken = attn("explain", *TEXTS, env={"ACCESSIBLE": "1"}).stdout
    assert f"First text: {FIRST}\nSecond text: {SECOND}\n" in spoken
    ranked = attn("heads", *TEXTS, "--from", "Bark", "--to", "dog").stdout.splitlines()
    assert ranked[2:4] == [f"  first    {FIRST}", f"  second   {SECOND}"]


def test_words_of_both_texts_are_found_merged_and_ranked():
    merged = explain_model(FIRST, BERT, pair=SECOND, words=True, hide_special=True)
    names = [token.text for token in merged.sentence.tokens]
    assert names == [*["Bark", "is", "very", "cute", ",", "he", "is", "a", "dog", "the", "dog", "stops", "!"]]
    assert [token.segment for token in merged.sentence.tokens] == [0] * 9 + [1] * 4
    np.testing.assert_allclose(merged.weights.sum(-1), 1, rtol=1e-6)
    asked = explain_model(FIRST, BERT, pair=SECOND, words=True, word="stops")
    assert asked.sentence.tokens[asked.query].segment == 1
    ranking = rank_heads(FIRST, BERT, pair=SECOND, from_="Bark", to="stops")
    assert [ranking.sentence.tokens[place].segment for place in (*ranking.from_, *ranking.to)] == [0, 1, 1, 1]


def test_a_changed_word_and_another_model_are_compared_on_both_texts(tmp_path):
    swapped = compare_models(FIRST, BERT, swap="the=a", pair=SECOND)
    assert swapped.other.sentence.text == f"{FIRST}\na dog stops!"
    assert swapped.other.sentence.pair == "a dog stops!"
    other = with_config(copy_of("bert", tmp_path / "other"), hidden_act="relu")
    found = record("compare", *TEXTS, "--against-model", str(other))
    assert {token["segment"] for token in found["tokens"]} == {0, 1}


def test_arrays_have_the_segments(tmp_path):
    file = tmp_path / "weights.npz"
    assert attn("explain", *TEXTS, "-o", str(file)).returncode == 0
    assert np.load(file)["segments"].tolist() == STORED["segments"].tolist()


@pytest.mark.parametrize("ending", ["html", "svg", "csv", "screen.svg"])
def test_every_other_format_takes_two_texts(tmp_path, ending):
    file = tmp_path / f"weights.{ending}"
    done = attn("explain", *TEXTS, "--layer", "0", "--head", "0", "-o", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert "stops" in file.read_text("utf-8") or ending == "csv"


@pytest.mark.parametrize("words", [["--pair", ""], ["--pair", " "], ["--pair", "a", "--target", "b"], IN_WINDOWS])
def test_no_second_text_or_two_of_them_are_wrong_usage(words):
    done = attn("explain", "a dog", "--model", BERT, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--pair" in done.stderr


def test_a_second_text_needs_a_model():
    done = attn("explain", "a dog", "--pair", "a cat")
    assert (done.returncode, done.stderr) == (
        2,
        "error: --pair: expected a model with it\nhint: add --model PATH_OR_NAME\n",
    )


def test_a_separator_that_was_typed_gets_a_warning(tmp_path):
    text = "the dog [SEP] a dog"
    assert record("explain", text, "--model", BERT)["warnings"] == [TYPED]
    assert record("heads", text, "--model", BERT, "--pattern", "next")["warnings"] == [TYPED]
    assert record("compare", text, "--model", BERT, "--swap", "the=a")["warnings"] == [TYPED]
    assert TYPED in " ".join(attn("explain", text, "--model", BERT).stdout.split())
    assert explain_model("the dog", BERT, pair="a dog").warnings == ()
    assert explain_model("the </s> dog", GPT2).warnings == ()


def test_tokens_in_front_are_said():
    found = record("explain", FIRST, "--no-bos", "--model", BERT)
    assert [token["text"] for token in found["tokens"]][:2] == ["Bark", "is"]
    assert found["warnings"] == ["left out in front of the text: [CLS]"]
    found = record("explain", FIRST, "--bos", "--model", GPT2)
    assert (found["tokens"][0]["text"], found["tokens"][0]["special"]) == ("<|endoftext|>", True)
    assert found["warnings"] == ["put in front of the text: <|endoftext|>"]
    there = explain_model("a dog", BERT, bos=True)
    assert there.remarks == ("nothing is put in front of the text: the tokenizer puts [CLS] there",)
    nothing = explain_model("a dog", GPT2, bos=False)
    assert nothing.remarks == ("nothing is left out in front of the text: the tokenizer puts no token there",)
    assert rank_heads("a dog", GPT2, pattern="next", bos=True).remarks == ("put in front of the text: <|endoftext|>",)
    compared = compare_models("a dog", GPT2, swap="a=the", bos=True)
    assert "put in front of the text: <|endoftext|>" in compared.warnings


def test_the_weights_behind_a_token_in_front_are_those_of_its_ids():
    model = open_model(GPT2)
    ids = model.read("the dog").ids
    begin = model.read("the dog", bos=True).ids[:1]
    expected = np.stack([layer.attention.weights for layer in model.run([*begin, *ids])])
    np.testing.assert_array_equal(explain_model("the dog", GPT2, bos=True).weights, expected)


def test_a_model_without_a_token_to_begin_with_is_wrong_usage(tmp_path):
    folder = with_config(copy_of("granite", tmp_path / "model"), bos_token_id=None)
    done = attn("explain", "a dog", "--bos", "--model", str(folder))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --bos: ")
    assert "has no token that texts begin with" in done.stderr
    with pytest.raises(UsageError):
        explain_model("a dog", folder, bos=True)
    (tmp_path / "text.txt").write_text("a dog\n")
    done = attn("corpus", str(tmp_path / "text.txt"), "--bos", "--model", str(folder))
    assert (done.returncode, done.stderr.startswith("error: --bos: ")) == (2, True)
    done = attn("explain", "-", "--bos", "--model", str(folder), text="a dog\na dog\n")
    assert (done.returncode, done.stderr.count("error: ")) == (2, 1)


def corpus(tmp_path, *options):
    """The manifest of a corpus of two texts."""
    (tmp_path / "text.txt").write_text("the dog\nthe dog [SEP] a dog\n")
    done = attn("corpus", str(tmp_path / "text.txt"), "--model", BERT, "--json", *options)
    assert done.returncode == 0
    return json.loads(done.stdout)


def test_a_corpus_leaves_out_tokens_in_front_and_counts_typed_separators(tmp_path):
    (warning,) = corpus(tmp_path)["warnings"]
    assert warning.startswith("1 text has a separator typed in it, and segment 0 all over")
    model = open_model(BERT)
    texts = ("the dog", "the dog [SEP] a dog")
    for options, bos in ((("--no-bos",), False), (("--bos",), True), ((), None)):
        assert corpus(tmp_path, *options)["words"] == sum(len(model.read(text, bos=bos).ids) for text in texts)
    done = attn("corpus", str(tmp_path / "text.txt"), "--model", BERT, "--pair", "a")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--pair" in done.stderr


def test_the_explorer_shows_both_texts_and_says_the_command():
    ask = Ask(FIRST, model=BERT, choice=check_model_settings(pair=SECOND, bos=False))
    app = Explorer(State(ask), Explainer(), Screen(80), lambda *_: (), ("svg",))
    lines = [line.strip() for line in press(app, "right")]
    assert any(line.startswith("first   Bark is very cute") for line in lines)
    assert any(line.startswith("second  the dog stops!") for line in lines)
    said = explain_command(app.view.state, app.view.whole)
    assert "--pair 'the dog stops!'" in said
    assert "--no-bos" in said
