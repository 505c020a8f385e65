"""The panes of the explorer: their places by the size of the screen, and the map of a model's heads."""

import json
import shlex
from itertools import combinations

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from support.command import attn
from support.exploring import BARK, SIXTY, drive, explorer, lines_of, press, settled
from support.places import TESTS

from attncli.explore.arrangement import Place, arranged
from attncli.explore.command_line import explain_command
from attncli.explore.widgets import Body
from attncli.views.terminal.miniatures import HALF

TINY = str(TESTS / "oracles" / "tiny" / "bert")
APPS = {
    "words": lambda panel: explorer(panel=panel),
    "long": lambda panel: explorer(SIXTY, mode="multihead", panel=panel, query=59),
    "across": lambda panel: explorer(memory="the cat sat on the mat", panel=panel),
    "model": lambda panel: explorer(BARK, model=TINY, panel=panel),
    "long model": lambda panel: explorer("the dogs bark " * 8, model=TINY, panel=panel),
    "combined": lambda panel: explorer(BARK, model=TINY, choice={"combine": "mean"}, panel=panel),
    "one head": lambda panel: explorer(BARK, model=TINY, choice={"layer": 1, "head": 2}, panel=panel),
}
SIZES = [(20, 5), (60, 16), (76, 10), (80, 18), (100, 24), (120, 34), (160, 40), (200, 54), (300, 90)]


def places(app):
    """The shown panes of the body by name."""
    return {pane.id: Place(*pane.region) for pane in app.query_one(Body).children if pane.display}


@pytest.mark.parametrize("panel", ["matrix", "heads", "steps", "keys"])
@pytest.mark.parametrize("kind", APPS)
def test_panes_stay_within_the_body_and_apart_from_each_other(kind, panel):
    app = APPS[kind](panel)
    press(app)
    for width, height in SIZES:
        shown = arranged(app.view, width, height)
        for place in shown.values():
            assert place.x >= 0 <= place.y
            assert min(place.width, place.height) > 0
            assert place.x + place.width <= width
            assert place.y + place.height <= height
        for one, other in combinations(shown.values(), 2):
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


@pytest.mark.parametrize(
    ("kind", "size", "names"),
    [
        ("words", (60, 20), {"matrix", "ranked"}),
        ("words", (80, 24), {"matrix", "ranked"}),
        ("words", (120, 40), {"matrix", "ranked", "steps"}),
        ("long", (120, 40), {"matrix", "ranked"}),
        ("long", (200, 60), {"matrix", "ranked", "steps"}),
        ("model", (60, 20), {"matrix", "ranked"}),
        ("model", (190, 30), {"matrix", "ranked", "heads"}),
        ("model", (200, 60), {"matrix", "ranked", "heads", "steps"}),
        ("combined", (200, 60), {"matrix", "ranked"}),
        ("one head", (200, 60), {"matrix", "ranked", "steps"}),
    ],
)
def test_what_there_is_room_for_is_shown(kind, size, names):
    app, found = APPS[kind]("matrix"), {}

    async def look(pilot):
        found.update(places(pilot.app))

    drive(app, look, size)
    assert set(found) == names


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_the_ranking_stands_beside_the_matrix(size):
    app, found = explorer(query=5), {}

    async def look(pilot):
        found.update(places(pilot.app))

    lines = drive(app, look, size)
    row = next(line for line in lines if line.startswith("▸ 5 he"))
    matrix, ranked = found["matrix"], found["ranked"]
    assert 0 < ranked.x - matrix.x - matrix.width <= 3
    assert len(row[: ranked.x].rstrip()) >= matrix.width - 6


@needs_minilm
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_72_heads_are_a_map_on_every_screen(size):
    lines = press(explorer(BARK, model=str(MINILM), panel="heads"), size=size)
    drawn = [line for line in lines if HALF in line]
    assert sum(line.count(HALF) for line in drawn) % 72 == 0
    assert len(drawn) >= 12


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
def test_arrows_on_the_map_choose_a_head_and_the_matrix_is_that_of_it(size):
    app, seen = explorer(BARK, model=TINY), []

    async def scenario(pilot):
        for key in ("H", "up", "up", "right", "right", "right", "right", "left", "k", "j", "l"):
            await pilot.press(key)
            await settled(pilot)
        seen.extend(lines_of(app))
        await pilot.press("escape")

    drive(app, scenario, size)
    assert (app.state.layer, app.state.head, app.state.panel) == (1, 3, "matrix")
    kind = app.view.whole.source.kinds.kind[1, 3]
    assert any(f"heads  layer 1, head 3: {kind}" in line for line in seen)
    assert any(line.startswith("attn  model bert  layer 1  head 3") for line in seen)
    np.testing.assert_array_equal(app.view.selection.mean_weights, app.view.whole.weights[1, 3])


def test_the_map_opens_on_the_first_head_of_the_shown_layer():
    app = explorer(BARK, model=TINY)
    press(app, "right_curly_bracket", "H")
    assert (app.state.layer, app.state.head, app.state.panel) == (0, 0, "heads")


@pytest.mark.parametrize("size", [(60, 20), (170, 30), (200, 60)])
def test_a_click_on_a_miniature_chooses_its_head(size):
    app = explorer(BARK, model=TINY, panel="heads")

    async def scenario(pilot):
        pane = pilot.app.query_one("#heads")
        lines = [line.plain for line in pane._lines()]
        row = next(i for i, line in enumerate(lines) if line.startswith("1 "))
        starts = [x for x, char in enumerate(lines[row]) if char.isalpha()]
        await pilot.click(pane, offset=(starts[2] + 1, row))
        await settled(pilot)

    drive(app, scenario, size)
    assert (app.state.layer, app.state.head) == (1, 2)


@pytest.mark.parametrize("n_lines", [8, 12])
@pytest.mark.parametrize(("key", "layer"), [("up", 0), ("down", 1)])
def test_more_layers_than_lines_keep_the_chosen_one_in_sight(n_lines, key, layer):
    lines = press(explorer(BARK, model=TINY, panel="heads", colours="none"), key, size=(60, n_lines))
    assert any(line.startswith(f"{layer} ") for line in lines)


def test_a_map_gives_way_to_the_matrix_where_there_are_no_heads_any_more():
    app = explorer(BARK, model=TINY, panel="heads")
    press(app, "v", *"attn-en", "enter")
    assert app.state.panel == "matrix"
    assert app.view.whole.source.kind == "vectors"


def test_the_map_says_which_command_shows_the_head_again():
    app = explorer(BARK, model=TINY)
    press(app, "H", "right")
    done = attn(*shlex.split(explain_command(app.view.state, app.view.whole))[1:], "--json")
    np.testing.assert_allclose(json.loads(done.stdout)["weights"][0][0], app.view.whole.weights[1, 1], atol=1e-6)


@pytest.mark.parametrize("scale", ["auto", "fixed", "largest", "percentile", "sqrt", "log", "row"])
@pytest.mark.parametrize("colours", ["truecolor", "none"])
def test_the_key_of_the_colours_has_both_ends(scale, colours):
    app = explorer(query=5, colours=colours)
    before = ["auto", "fixed", "largest", "percentile", "sqrt", "log", "row"].index(scale)
    lines = press(app, *["r"] * before, size=(120, 24))
    assert app.view.screen.scale == scale
    drawn = app.view.grid.scale
    if scale == "row":
        assert any("each row" in line or "largest" in line for line in lines)
    else:
        assert any(line.startswith(f"{drawn.least} ") and f" {drawn.most}" in line for line in lines)


def test_a_letter_replaces_the_offered_name_of_a_file_and_an_arrow_keeps_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app, values = explorer(), []

    async def scenario(pilot):
        await pilot.press("s")
        values.append(pilot.app.query_one("#answer").value)
        await pilot.press("x", "full_stop")
        values.append(pilot.app.query_one("#answer").value)
        await pilot.press("escape", "s", "right", "x")
        values.append(pilot.app.query_one("#answer").value)

    drive(app, scenario)
    assert values == ["attention-001.svg", "x.", "attention-001.svgx"]


def test_a_sentence_is_changed_where_the_cursor_stands():
    app, values = explorer(), []

    async def scenario(pilot):
        await pilot.press("e", "x")
        values.append(pilot.app.query_one("#edit").value)

    drive(app, scenario)
    assert values == [BARK + "x"]


def test_a_close_up_below_says_which_key_shows_the_rest():
    lines = press(explorer(mode="multihead"), size=(120, 40))
    assert any("more lines: c" in line for line in lines)
