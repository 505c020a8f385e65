"""`--target` and `--part` on the command line: every output of an encoder–decoder's attention between two texts."""

import csv
import io

import numpy as np
import pytest
from support.command import attn
from support.exploring import press
from support.places import TESTS
from support.records import record

from attncli.explore.app import Explorer
from attncli.explore.computing import Explainer
from attncli.explore.state import Ask, State
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings
from attncli.views.screen import Screen

TRANSLATOR = str(TESTS / "oracles" / "translator")
SOURCE, TARGET = "She has seen the elephant", "Sie hat den Elefanten gesehen"
PAIR = [SOURCE, "--model", TRANSLATOR, "--target", TARGET]


def texts(tokens):
    return [token["text"] for token in tokens]


def test_rows_are_of_the_target_and_columns_of_the_source():
    found = record("explain", *PAIR, "--full")
    assert (found["sentence"], found["memory"]["sentence"], found["settings"]["part"]) == (TARGET, SOURCE, "cross")
    assert texts(found["tokens"]) == ["<pad>", *TARGET.split()]
    assert texts(found["memory"]["tokens"]) == [*SOURCE.split(), "</s>"]
    assert np.shape(found["weights"]) == (1, 2, 6, 6)
    assert "target" not in found["settings"]


@pytest.mark.parametrize(
    ("part", "rows"), [("encoder", [*SOURCE.split(), "</s>"]), ("decoder", ["<pad>", *TARGET.split()])]
)
def test_a_part_by_itself_has_no_memory(part, rows):
    found = record("explain", *PAIR, "--part", part)
    assert (found["memory"], found["settings"]["part"], texts(found["tokens"])) == (None, part, rows)


def test_the_translator_looks_at_the_word_that_the_next_one_is_made_of():
    weights = np.array(record("explain", *PAIR, "--layer", "0", "--head", "0")["weights"])[0, 0]
    of = dict(zip(["<pad>", *TARGET.split()], weights.argmax(axis=-1).tolist(), strict=True))
    source = SOURCE.split()
    assert (source[of["<pad>"]], source[of["den"]]) == ("She", "elephant")


def test_heads_rank_the_pair_of_two_texts():
    found = record("heads", *PAIR, "--from", "den", "--to", "elephant")
    assert found["memory"]["sentence"] == SOURCE
    assert (found["from"], found["to"]) == ([3], [4])
    assert found["heads"][0]["score"] > 0.9
    shown = attn("heads", *PAIR, "--from", "den", "--to", "elephant").stdout
    assert "the weight from den on elephant" in shown
    assert "· part cross" in shown
    assert "--target … --part cross --layer 0" in " ".join(shown.split())
    assert {head["part"] for head in found["heads"]} == {"cross"}
    assert f"queries  {TARGET}" in shown


def test_comparisons_are_between_two_texts():
    found = record("compare", *PAIR, "--swap", "She=He")
    assert found["memory"]["sentence"] == SOURCE
    assert found["swap"]["sentence"] == TARGET
    assert len(found["heads"]) == 2


@pytest.mark.parametrize("figure", ["heat", "arcs"])
@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_figures_are_drawn_between_two_texts(tmp_path, ending, figure):
    done = attn("explain", *PAIR, "--head", "0", "-o", tmp_path / f"cross.{ending}", "--figure", figure)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / f"cross.{ending}").read_bytes()) > 500


@pytest.mark.parametrize("ending", ["html", "svg", "txt", "csv", "json"])
def test_text_of_every_format_has_words_of_both(tmp_path, ending):
    assert attn("explain", *PAIR, "--head", "0", "-o", tmp_path / f"cross.{ending}").returncode == 0
    text = (tmp_path / f"cross.{ending}").read_text()
    assert "Elefanten" in text
    assert "elephant" in text


def test_arrays_have_the_tokens_of_both_sides(tmp_path):
    assert attn("explain", *PAIR, "-o", tmp_path / "cross.npz").returncode == 0
    with np.load(tmp_path / "cross.npz") as packed:
        arrays = {name: packed[name] for name in packed}
    assert arrays["queries"].tolist()[1:] == TARGET.split()
    assert arrays["keys"].tolist()[:-1] == SOURCE.split()


def test_a_row_of_csv_has_words_of_both():
    rows = list(csv.DictReader(io.StringIO(attn("explain", *PAIR, "--format", "csv").stdout)))
    assert {(row["query_text"], row["key_text"]) for row in rows} >= {("den", "elephant"), ("<pad>", "</s>")}


def test_the_explorer_shows_the_target_over_the_source():
    ask = Ask(SOURCE, model=TRANSLATOR, choice=check_model_settings(target=TARGET))
    app = Explorer(State(ask), Explainer(), Screen(80), lambda *_: (), ("svg",))
    lines = "\n".join(press(app, "right", "right", "right"))
    assert "queries" in lines
    assert "keys" in lines
    assert "elephant" in lines
    np.testing.assert_array_equal(app.view.selection.weights, explain_model(SOURCE, TRANSLATOR, target=TARGET).weights)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--part", "cross"], "--part 'cross': expected a target with it\nhint: add --target TEXT"),
        (["--target", ""], "--target '': expected a sentence, got an empty text"),
        (["--target", "x", "--part", "middle"], "--part 'middle': expected one of encoder, decoder, cross"),
        (["--target", "x", "--combine", "rollout"], "hint: take another part: --part decoder"),
    ],
)
def test_mistakes_name_the_options(arguments, said):
    done = attn("explain", SOURCE, "--model", TRANSLATOR, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_target_without_a_model_is_a_mistake():
    done = attn("explain", SOURCE, "--target", TARGET)
    assert done.returncode == 2
    assert "--target: expected a model with it" in done.stderr


def test_without_a_target_the_encoder_is_shown_and_the_way_to_the_rest():
    shown = attn("explain", SOURCE, "--model", TRANSLATOR).stdout
    assert "part encoder" in shown
    assert "--target TEXT" in shown.replace("\n      ", " ")
