"""The key `s` writes the shown explanation, as `attn explain` would."""

import csv
import io
import shlex
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.exploring import BARK, explorer, press
from support.places import TESTS

from attncli import explain
from attncli.cli.app import run
from attncli.cli.commands.explore import _save
from attncli.cli.output import say
from attncli.explore.command_line import explain_command
from attncli.explore.saving import shown_explanation
from attncli.explore.state import Ask, State
from attncli.recipes.model_explaining import explain_model
from attncli.settings.explanation import check_settings

TINY = str(TESTS / "oracles" / "tiny" / "bert")
HEADS = {"mode": "multihead", "heads": 3, "projections": "random", "layers": 3}


def same_files(state, whole, folder, ending, scale="auto"):
    """Whether the file of the explorer has the bytes of the command that it prints."""
    mine, theirs = folder / f"x.{ending}", folder / f"y.{ending}"
    _save(shown_explanation(state, whole), str(mine), scale)
    # In this process: another one may round the last digit otherwise.
    assert run([*shlex.split(explain_command(state, whole, scale))[1:], "-o", str(theirs)]) == 0
    return mine.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("ending", ["txt", "screen.svg", "svg", "json", "csv"])
@pytest.mark.parametrize("shown", [{"panel": "steps", "query": 3}, {}], ids=["close-up", "matrix"])
def test_a_close_up_is_saved_as_a_close_up(tmp_path, ending, shown):
    assert same_files(State(Ask(BARK), **shown), explain(BARK), tmp_path, ending)


@pytest.mark.parametrize("ending", ["txt", "json", "csv", "svg"])
@pytest.mark.parametrize("layer", [None, 0, 1])
def test_the_mean_of_heads_is_saved_as_explain_has_it(tmp_path, ending, layer):
    state = State(Ask(BARK, check_settings(**HEADS)), layer=layer)
    assert same_files(state, explain(BARK, **HEADS), tmp_path, ending)


@pytest.mark.parametrize("ending", ["txt", "json", "csv", "svg", "npz", "screen.svg"])
@pytest.mark.parametrize(
    "shown", [{}, {"layer": 0}, {"head": 1, "layer": 0}, {"head": 1, "panel": "steps", "query": 2}], ids=str
)
def test_what_is_shown_of_a_model(tmp_path, ending, shown):
    state = State(Ask(BARK, model=TINY), **shown)
    assert same_files(state, explain_model(BARK, TINY), tmp_path, ending)


@pytest.mark.parametrize("ending", ["svg", "screen.svg", "txt"])
@pytest.mark.parametrize("scale", ["row", "log"])
def test_colours_of_another_scale(tmp_path, ending, scale):
    state, whole = State(Ask(BARK)), explain(BARK)
    assert same_files(state, whole, tmp_path, ending, scale=scale)
    _save(shown_explanation(state, whole), str(tmp_path / f"z.{ending}"), "auto")
    assert (tmp_path / f"z.{ending}").read_bytes() != (tmp_path / f"x.{ending}").read_bytes()


def test_r_is_what_the_writer_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    press(explorer(save=lambda *given: told.append(given[2]) or ()), "r", "s", "enter")
    assert told == ["fixed"]


@pytest.mark.parametrize("layer", [None, 1])
def test_one_head_of_vectors_is_alone_in_every_format(tmp_path, layer):
    whole = explain(BARK, **HEADS)
    shown = shown_explanation(State(Ask(BARK, check_settings(**HEADS)), head=1, layer=layer), whole)
    place = 2 if layer is None else layer
    np.testing.assert_array_equal(shown.weights, whole.weights[place, 1][None, None])
    for ending in ("csv", "txt", "svg"):
        _save(shown, str(tmp_path / f"x.{ending}"), "auto")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text())))
    assert [float(row["weight"]) for row in rows] == whole.weights[place, 1].ravel().tolist()
    assert {(row["layer"], row["head"]) for row in rows} == {(str(place), "1")}
    for text in ((tmp_path / "x.txt").read_text(), (tmp_path / "x.svg").read_text()):
        assert f"this is head 1 of layer {place} alone" in " ".join(text.split())


def test_a_trained_head_keeps_its_role():
    whole = explain(BARK, mode="multihead")
    state = replace(State(Ask(BARK, whole.source.settings)), head=2)
    assert shown_explanation(state, whole).source.roles == whole.source.roles[2:3] != ()


class Bare(io.TextIOBase):
    """Something in the place of standard error that only takes text."""

    encoding = None

    def __init__(self):
        self.taken = ""

    def write(self, text):
        self.taken += text
        return len(text)


def test_say_needs_no_encoding(monkeypatch):
    bare = Bare()
    monkeypatch.setattr(sys, "stderr", bare)
    say("a → b \x1b")
    assert bare.taken == "a → b \\x1b\n"


def test_a_remark_while_saving_is_returned_and_not_written(tmp_path, capsys):
    long = " ".join(["dog"] * 70)
    remarks = _save(explain(long), str(tmp_path / "x.svg"), "fixed")
    assert len(remarks) >= 1
    assert capsys.readouterr().err == ""
