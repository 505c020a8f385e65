import json
import shlex
import threading

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from support.command import attn
from support.exploring import BARK, drive, explorer, lines_of, press, settled
from support.places import TESTS

from attncli.explore.command_line import explain_command
from attncli.explore.state import State
from attncli.recipes.model_explaining import explain_model

TINY = str(TESTS / "oracles" / "tiny" / "bert")


@pytest.mark.parametrize(
    ("keys", "layer", "head"),
    [
        ([], None, None),
        (["right_square_bracket"], None, 0),
        (["left_square_bracket"], None, -1),
        (["right_curly_bracket", "right_square_bracket", "right_square_bracket"], 0, 1),
    ],
)
def test_keys_choose_layer_and_head_and_the_command_shows_them_again(keys, layer, head):
    app = explorer(BARK, model=TINY)
    press(app, *keys)
    weights = explain_model(BARK, TINY).weights[-1 if layer is None else layer]
    expected = weights.mean(axis=0) if head is None else weights[head]
    np.testing.assert_array_equal(app.view.selection.mean_weights, expected)
    done = attn(*shlex.split(explain_command(app.view.state, app.view.whole))[1:], "--json")
    np.testing.assert_allclose(json.loads(done.stdout)["weights"], expected[None, None], atol=1e-6)


@pytest.mark.parametrize("reading", [{"stride": 9}, {"truncate": True}])
def test_a_text_longer_than_the_model_is_explored_in_windows_or_cut(reading):
    text = "the dogs bark, " * 160  # more characters than are explained without a look at their number
    app = explorer(text, model=TINY, choice=reading)
    press(app, "right_square_bracket", "down", "c")
    expected = explain_model(text, TINY, **reading)
    np.testing.assert_array_equal(app.view.selection.mean_weights, expected.weights[-1, 0])
    assert "--stride 9" in explain_command(app.view.state, app.view.whole) or "truncate" in reading
    assert app.view.whole.warnings == expected.warnings


def test_a_model_runs_once_a_sentence(monkeypatch):
    app, asked = explorer(BARK, model=TINY), []
    answer = app.explainer.explain
    monkeypatch.setattr(app.explainer, "explain", lambda ask, progress: asked.append(ask) or answer(ask, progress))
    press(app, "right", "right_square_bracket", "right_curly_bracket", "c", "z")
    assert len(asked) == 1


@pytest.mark.parametrize("key", ["m", "M", "a", "plus", "minus"])
def test_what_a_model_has_of_its_own_is_said(key):
    lines = "\n".join(press(explorer(BARK, model=TINY), key, size=(120, 24)))
    assert "a model has its own method" in lines
    assert "method " not in lines.splitlines()[-1]


def test_a_model_is_opened_by_its_path_and_vectors_again_by_their_name():
    app = explorer(BARK)

    async def scenario(pilot):
        for name, of_model in ((TINY, True), ("attn-en", False)):
            await pilot.press("v")
            pilot.app.query_one("#answer").insert_text_at_cursor(name)
            await pilot.press("enter")
            await settled(pilot)
            assert app.view.of_model == of_model

    drive(app, scenario)


def test_a_long_work_shows_how_far_it_is_and_esc_ends_it():
    """A run that says its progress until it is told to end: as a model does, a layer at a time."""
    app, begun, ended = explorer(BARK), threading.Event(), threading.Event()
    answer = app.explainer.explain

    def endless(ask, progress):
        if ask.model is None:
            return answer(ask, progress)
        try:
            while True:
                progress("running a model", 3, 6)
                begun.set()
                ended.wait(0.01)
        finally:
            ended.set()

    async def scenario(pilot):
        app.explainer.explain = endless
        app.become(State(app.state.ask).under(model="endless"))
        while not begun.is_set():
            await pilot.pause()
        await pilot.press("right")
        assert "running a model" in "\n".join(lines_of(app))
        assert " 50%" in "\n".join(lines_of(app))
        assert app.view.state.query == 1
        await pilot.press("escape")
        await settled(pilot)

    lines = "\n".join(drive(app, scenario))
    assert ended.is_set()
    assert "cancelled" in lines
    assert app.state.ask.model is None


@needs_minilm
def test_a_real_model():
    app = explorer(BARK, model=str(MINILM))
    lines = "\n".join(press(app, "right_square_bracket", size=(120, 40)))
    assert "layer 5 of 0-5, head 0 of 0-11" in lines
    assert f"[CLS] {BARK} [SEP]" in lines


GPT2 = str(TESTS / "oracles" / "tiny" / "gpt2")
PAIR = str(TESTS / "oracles" / "tiny" / "bart")


@pytest.mark.parametrize(
    ("model", "choice", "name", "shown"),
    [
        (GPT2, {}, "0.1", "0.1"),
        (PAIR, {}, "0.1", "0.1"),
        (PAIR, {"target": "a dog"}, "cross:0.1", "cross:0.1"),
        (PAIR, {"target": "a dog", "part": "decoder"}, "decoder:0.1", "0.1"),
    ],
)
def test_a_key_takes_the_head_at_the_cursor_away_and_puts_it_back(model, choice, name, shown):
    app = explorer(BARK, model=model, choice=choice)
    to_head = ["right_curly_bracket", "right_square_bracket", "right_square_bracket"]
    lines = press(app, *to_head, "w", size=(140, 24))
    assert app.state.ask.choice.without == (shown,)
    found = explain_model(BARK, model, without=name, **choice)
    np.testing.assert_array_equal(app.view.selection.weights[0, 0], found.weights[0, 1])
    assert any("head 1 of 0-" in line and "taken away" in line for line in lines)
    assert f"without {shown}" in lines[0]
    assert any(line.startswith(f"without {shown}: ") and found.changes.in_short in line for line in lines)
    command = explain_command(app.view.state, app.view.whole)
    assert f"--without {shown}" in command
    record = json.loads(attn(*shlex.split(command)[1:], "--json").stdout)
    np.testing.assert_allclose(record["weights"][0][0], found.weights[0, 1], atol=1e-6)
    app = explorer(BARK, model=model, choice=choice)
    lines = press(app, *to_head, "w", "w", size=(140, 24))
    assert app.state.ask.choice.without == ()
    assert app.view.whole.changes is None
    assert "without" not in lines[0] + explain_command(app.view.state, app.view.whole)


def test_several_heads_are_away_together_and_any_of_them_comes_back():
    app = explorer(BARK, model=GPT2, choice={"without": "1.3"})
    lines = press(app, "right_curly_bracket", "right_square_bracket", "w", size=(140, 24))
    assert app.state.ask.choice.without == ("1.3", "0.0")
    assert "without 1.3,0.0" in lines[0]
    press(app := explorer(BARK, model=GPT2, choice={"without": "1.3,0.0"}), "left_square_bracket", "w")
    assert app.state.ask.choice.without == ("0.0",)


@pytest.mark.parametrize(
    ("model", "choice", "said"),
    [
        (GPT2, {}, "this is the mean of the heads: ] chooses one to take away"),
        (GPT2, {"combine": "mean"}, "these heads are combined"),
        (None, {}, "heads are taken away from a model: v opens one"),
    ],
)
def test_where_no_head_can_be_taken_away_it_is_said(model, choice, said):
    app = explorer(BARK, model=model, choice=choice)
    assert any(said in line for line in press(app, "w", size=(120, 24)))
    assert app.state.ask.choice.without == ()


def test_another_model_has_all_of_its_heads():
    state = State(explorer(BARK, model=GPT2, choice={"without": "1.3"}).state.ask)
    assert state.under(model=TINY).ask.choice.without == ()


def test_a_cut_over_vectors_is_in_the_title_and_the_command():
    app = explorer(BARK, cut="he:dog")
    lines = press(app, size=(140, 24))
    assert "cut he:dog" in lines[0]
    assert "--cut he:dog" in explain_command(app.view.state, app.view.whole)
