import json
import shlex
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from support.command import attn

from attncli import explain
from attncli.errors import UsageError
from attncli.explore.command_line import explain_command
from attncli.explore.computing import MOST_RESULTS, Explainer
from attncli.explore.matrix import scrolled, visible_rows
from attncli.explore.state import TEMPERATURES, Ask, State, found
from attncli.explore.view import View, select
from attncli.settings.explanation import METHODS, MODES, check_settings
from attncli.views.screen import Screen
from attncli.views.shell import shell_word

BARK = "Bark is very cute and he is a dog"
START = State(Ask(BARK))


def settings_after(*changes, state=START):
    for change in changes:
        state = getattr(state, change)()
    return state.ask.settings


@pytest.mark.parametrize(
    ("change", "name", "values"), [("next_method", "method", METHODS), ("next_mode", "mode", MODES)]
)
def test_every_value_comes_once_and_then_the_first_again(change, name, values):
    start = values.index(getattr(START.ask.settings, name))
    seen = [getattr(settings_after(*[change] * step), name) for step in range(len(values) + 1)]
    assert seen == [values[(start + step) % len(values)] for step in range(len(values) + 1)]


@pytest.mark.parametrize(("heads", "expected"), [(None, 3), (5, 5)])
def test_multihead_has_the_heads_that_were_asked_for(heads, expected):
    state = START.next_mode(heads).next_mode(heads)
    assert (state.ask.settings.mode, state.ask.settings.heads) == ("multihead", expected)
    assert state.next_mode(heads).ask.settings.heads == 1


@pytest.mark.parametrize("heads", [1, 3])
def test_every_mode_on_the_way_is_one_that_explain_takes(heads):
    state = START
    for _ in range(3):
        state = state.next_mode(heads)
        assert explain(BARK, **{name: getattr(state.ask.settings, name) for name in ("mode", "heads")})


def test_the_masks_go_round_and_an_unlisted_one_leads_to_none():
    assert [settings_after(*["next_mask"] * step).mask for step in range(4)] == [(), ("causal",), ("window:2",), ()]
    odd = State(Ask(BARK, check_settings(mask=["causal", "window:5"])))
    assert settings_after("next_mask", state=odd).mask == ()


@pytest.mark.parametrize(
    ("start", "changes", "expected"),
    [
        (1.0, ["warmer"], 1.5),
        (1.0, ["colder"], 0.7),
        (1.2, ["warmer"], 1.5),
        (1.2, ["colder"], 1.0),
        (1.0, ["warmer"] * 50, TEMPERATURES[-1]),
        (1.0, ["colder"] * 50, TEMPERATURES[0]),
        (0.3, ["temperate"], 1.0),
    ],
)
def test_temperatures(start, changes, expected):
    assert settings_after(*changes, state=State(Ask(BARK, check_settings(temperature=start)))).temperature == expected


@pytest.mark.parametrize(("by", "expected"), [(1, 6), (-1, 4), (-99, 0), (99, 8)])
def test_the_query_stays_in_the_sentence(by, expected):
    state = replace(START, query=5, rows=3).moved(by, 9)
    assert (state.query, state.rows) == (expected, 0)


def test_the_mean_of_heads_stands_before_the_first():
    state, seen = START, []
    for _ in range(4):
        state = state.next_head(1, 3)
        seen.append(state.head)
    assert seen == [0, 1, 2, None]
    assert START.next_head(-1, 3).head == 2
    assert START.next_head(1, 1).head is None


@pytest.mark.parametrize(("by", "expected"), [(1, 0), (-1, 1)])
def test_layers_start_at_the_last(by, expected):
    assert START.next_layer(by, 3).layer == expected


def test_what_an_answer_does_not_have_is_let_go():
    state = replace(START, query=8, head=2, layer=1).fitted(3, 1, 1)
    assert (state.query, state.head, state.layer) == (2, None, None)


def test_nothing_to_exclude_with_a_memory():
    with pytest.raises(UsageError):
        State(Ask(BARK, check_settings(memory="a cat"))).exclude_self(True)


@pytest.mark.parametrize(
    ("wanted", "start", "by", "expected"),
    [("is", 0, 1, 1), ("is", 2, 1, 6), ("IS", 7, 1, 1), ("is", 0, -1, 6), ("qwzx", 0, 1, None), ("do", 0, 1, 8)],
)
def test_finding_goes_around_the_end(wanted, start, by, expected):
    assert found(BARK.split(), wanted, start, by) == expected


@pytest.mark.parametrize("head", [None, 0, 2])
@pytest.mark.parametrize("layer", [None, 0])
def test_a_part_has_the_numbers_of_the_whole(layer, head):
    whole = explain(BARK, mode="multihead", layers=2, projections="random")
    part, weights = select(whole, layer, head), whole.weights[-1 if layer is None else layer]
    np.testing.assert_array_equal(part.mean_weights, weights.mean(axis=0) if head is None else weights[head])
    for query in range(9):
        ranked = part.context_of(query).ranked
        assert [each.key for each in ranked[:5]] == [each.key for each in part.context[query].ranked]
        assert len(ranked) == 8


def test_steps_are_the_close_up_without_neighbours():
    explanation = explain(BARK)
    steps, close_up = explanation.steps(3), explanation.close_up(3)
    np.testing.assert_array_equal(steps.contributions, close_up.contributions)
    assert (steps.others, steps.lookup, steps.before) == (close_up.others, close_up.lookup, ())


def test_answers_are_computed_once_and_the_oldest_let_go():
    explainer = Explainer()
    first = explainer.explain(START.ask)
    assert explainer.explain(START.ask) is first
    for number in range(MOST_RESULTS):
        latest = Ask(BARK, check_settings(temperature=2 + number))
        explainer.explain(latest)
    assert explainer.known(START.ask) is None
    assert explainer.known(latest) is not None


@pytest.mark.parametrize(("query", "shift", "first"), [(0, 0, 0), (8, 0, 5), (4, 0, 2), (4, 2, 4), (4, -9, 0)])
def test_the_rows_around_the_query(query, shift, first):
    view = View(replace(START, query=query, rows=shift), explain(BARK), Screen())
    assert visible_rows(view, 6) == range(first, first + 4)


def test_scrolling_ends_where_the_rows_end():
    view = View(replace(START, query=4), explain(BARK), Screen())
    for _ in range(5):
        view = View(replace(view.state, rows=scrolled(view, 3, 6)), view.whole, view.screen)
    assert visible_rows(view, 6) == range(5, 9)
    assert scrolled(view, -1, 6) == view.state.rows - 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"method": "cosine", "temperature": 0.7, "mask": ["causal", "window:2"]},
        {"mode": "multihead", "heads": 2, "projections": "random", "seed": 3, "layers": 2},
        {"mode": "qkv", "exclude_self": False, "sigma": 2.5, "method": "kernel"},
        {"memory": "a cute cat", "positions": "sinusoidal", "unknown": "skip"},
    ],
)
def test_the_command_at_the_end_asks_for_the_same(settings):
    whole = explain(BARK, **settings)
    line = explain_command(State(Ask(BARK, check_settings(**settings))), whole)
    done = attn(*shlex.split(line)[1:], "--json", "-q")
    assert f'"method": "{whole.source.settings.method}"' in done.stdout
    np.testing.assert_allclose(json.loads(done.stdout)["weights"], whole.weights, atol=1e-6)


@pytest.mark.parametrize(
    "text", ["it's", "-x", "a $HOME `b`", "\x1b[31m red \u202e", "back\\slash \x07'", "注意 🐕", ""]
)
def test_a_shell_reads_every_text_back(text):
    line = shell_word(text)
    assert line.isprintable()
    shell = subprocess.run(
        ["bash", "-c", f"printf %s {line}"], capture_output=True, env={"LC_ALL": "C.UTF-8"}, check=True
    )
    assert shell.stdout.decode() == text


def test_a_sentence_like_an_option_stays_a_sentence():
    assert explain_command(State(Ask("--json dog")), explain("--json dog")) == 'attn explain -- "--json dog"'
