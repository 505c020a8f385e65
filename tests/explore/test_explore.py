import json
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from support.exploring import BARK, SIXTY, drive, explorer, lines_of, press, settled
from textual.events import MouseScrollDown

from attncli import explain
from attncli.errors import AttnError
from attncli.explore.keys import KEYS
from attncli.explore.state import METHODS
from attncli.views.rounding import as_short, as_weight, hundredths

HEADS = {"mode": "multihead", "layers": 2, "projections": "random"}  # so that every key has something to change


# What each key does to an app that starts at word 4 of BARK: keys before it, and what must hold after it.
DOES = {
    "→ l": ([], lambda app, lines: app.state.query == 5),
    "← h": ([], lambda app, lines: app.state.query == 3),
    "↓ j": ([], lambda app, lines: app.state.query == 5),
    "↑ k": ([], lambda app, lines: app.state.query == 3),
    "PgUp": ([], lambda app, lines: app.state.query == 0),
    "PgDn": ([], lambda app, lines: app.state.query == 8),
    "Home": ([], lambda app, lines: app.state.query == 0),
    "End": ([], lambda app, lines: app.state.query == 8),
    "/": ([], lambda app, lines: "find a word:" in "\n".join(lines)),
    "n": (["slash", "i", "s", "enter"], lambda app, lines: app.state.query == 1),
    "N": (["slash", "i", "s", "enter"], lambda app, lines: app.state.query == 1),
    "e": ([], lambda app, lines: lines[2] == BARK and "Esc leaves it" in "\n".join(lines)),
    "m": ([], lambda app, lines: app.view.whole.source.settings.method == "cosine"),
    "M": ([], lambda app, lines: app.view.whole.source.settings.mode == "self"),
    "a": ([], lambda app, lines: app.view.whole.source.settings.mask == ("causal",)),
    "x": ([], lambda app, lines: app.view.whole.source.settings.exclude_self is True),
    "+": ([], lambda app, lines: app.view.whole.source.settings.temperature == 1.5),
    "-": ([], lambda app, lines: app.view.whole.source.settings.temperature == 0.7),
    "0": (["plus"], lambda app, lines: app.view.whole.source.settings.temperature == 1.0),
    "]": ([], lambda app, lines: app.state.head == 0),
    "[": ([], lambda app, lines: app.state.head == 2),
    "}": ([], lambda app, lines: app.state.layer == 0),
    "{": ([], lambda app, lines: app.state.layer == 0),
    "H": ([], lambda app, lines: "a map shows the heads of a model: v opens one" in "\n".join(lines)),
    "w": ([], lambda app, lines: "heads are taken away from a model: v opens one" in "\n".join(lines)),
    "c": ([], lambda app, lines: any(line.startswith("1 similarity") for line in lines)),
    "v": ([], lambda app, lines: "vectors or model:" in "\n".join(lines)),
    "s": ([], lambda app, lines: "save as: attention-001.svg" in "\n".join(lines)),
    "z": ([], lambda app, lines: not re.search(r"\.\d\d \.\d\d", "\n".join(lines))),
    "r": ([], lambda app, lines: app.view.screen.scale == "fixed"),
    ">": ([], lambda app, lines: app.state.columns == 5),
    "<": ([], lambda app, lines: app.state.columns == -5),
    "Esc": (["c"], lambda app, lines: app.state.panel == "matrix"),
    "?": ([], lambda app, lines: any(line.startswith("keys  ") for line in lines)),
    "q": ([], lambda app, lines: app.return_code == 0),
    "^C": ([], lambda app, lines: app.return_code == 130),
}


@pytest.mark.parametrize(
    ("key", "name"), [(key, name) for key in KEYS for name in key.keys], ids=lambda each: str(each)
)
def test_every_key_does_what_the_list_says(key, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, holds = DOES[key.shown]
    app = explorer(query=4, **HEADS)
    lines = press(app, *before, name)
    assert holds(app, lines)


def test_the_list_has_every_key_in_words():
    lines = "\n".join(press(explorer(), "question_mark", size=(80, 60)))
    assert all(key.says in lines and key.shown in lines for key in KEYS)


def numbers_in(lines, row):
    """The weights of the matrix's row on the screen."""
    line = next(line for line in lines if re.match(rf"[ ▸] +{row} \w", line))
    return [round(100 * float(each)) for each in re.findall(r"(?<![\w.])(?:0?\.\d\d|1\.0)", line)]


@pytest.mark.parametrize("keys", [[], ["m"], ["M"], ["M", "M"], ["M", "M", "right_square_bracket"], ["a", "plus"]])
def test_the_numbers_are_the_explanation_s(keys):
    app = explorer()
    lines = press(app, *keys, size=(60, 30))
    settings = app.state.ask.settings
    given = {name: getattr(settings, name) for name in ("mode", "method", "heads", "mask", "temperature")}
    anew = explain(BARK, **given | {"mask": list(settings.mask)})
    weights = anew.weights[-1].mean(axis=0) if app.state.head is None else anew.weights[-1, app.state.head]
    hidden = np.isneginf(anew.scores[-1]).all(axis=0)
    for row, (shown, unseen) in enumerate(zip(hundredths(weights), hidden, strict=True)):
        assert numbers_in(lines, row)[: 9 - unseen.sum()] == [int(each) for each in shown[~unseen]]


def test_the_ranked_words_are_the_context_s():
    lines = press(explorer(query=5), size=(60, 40))
    start = next(i for i, line in enumerate(lines) if line.startswith("he looks at"))
    context = explain(BARK, top=9).context[5]
    listed = [tuple(line.split()[:2]) for line in lines[start + 2 : start + 5]]
    assert [float(weight) for _, weight in listed] == pytest.approx(
        [each.weight for each in context.ranked[:3]], abs=0.01
    )
    assert [word.split("[")[0] for word, _ in listed] == [each.text for each in context.ranked[:3]]


def test_moving_and_switching_heads_never_compute(monkeypatch):
    app, asked = explorer(**HEADS), []
    answer = app.explainer.explain
    monkeypatch.setattr(app.explainer, "explain", lambda ask, progress: asked.append(ask) or answer(ask, progress))
    press(app, "right", "end", "right_square_bracket", "right_curly_bracket", "c", "z", "m", "right")
    assert [ask.settings.method for ask in asked] == ["scaled", "cosine"]


def test_an_edited_sentence_is_taken_by_enter():
    app = explorer()
    lines = press(app, "e", *["backspace"] * 3, "c", "a", "t", "enter")
    assert app.view.whole.sentence.text == "Bark is very cute and he is a cat"
    assert "cat" in lines[2]


def test_esc_leaves_the_sentence_and_keys_are_text_meanwhile():
    app = explorer()
    lines = press(app, "e", "q", "m", "question_mark", "escape")
    assert app.view.whole.sentence.text == BARK
    assert app.view.whole.source.settings.method == "scaled"
    assert lines[2] == BARK


@pytest.mark.parametrize("typed", ["qwzx", "...", " "])
def test_a_sentence_that_cannot_be_explained_is_one_line_and_the_old_one_stays(typed):
    app = explorer("dog")
    keys = {" ": "space", ".": "full_stop"}
    lines = press(app, "e", *["backspace"] * 3, *(keys.get(each, each) for each in typed), "enter")
    assert app.view.whole.sentence.text == "dog"
    assert app.state.ask.sentence == "dog"
    assert any(line.startswith("error: ") for line in lines)


def test_finding_a_word_that_is_not_there_says_so():
    app = explorer(query=4)
    assert "no word of the sentence has 'zz'" in "\n".join(press(app, "slash", "z", "z", "enter"))
    assert app.state.query == 4


NAME = ["a", "full_stop", "s", "v", "g"]


def saving(saved):
    def save(explanation, path, scale):
        with open(path, "x") as stream:
            json.dump(explanation.weights.tolist(), stream)
        saved.append((path, scale))
        return ["note of a writer"]

    return save


def test_saving_says_where_and_the_next_name_is_free(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = explorer(save=saving([]))
    assert str(tmp_path / "attention-001.svg")[-30:] in "".join(press(app, "s", "enter", size=(200, 24)))
    assert json.loads((tmp_path / "attention-001.svg").read_text()) == explain(BARK).weights.tolist()
    assert "save as: attention-002.svg" in "\n".join(press(explorer(), "s"))


def test_a_file_that_is_there_is_asked_about(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    saved = []
    app = explorer(save=lambda _, path, __: saved.append(path) or ())
    (tmp_path / "a.svg").write_text("")
    keys = ["s", "ctrl+u", *NAME, "enter"]
    assert "Enter again replaces it" in "\n".join(press(app, *keys))
    assert saved == []
    press(explorer(save=lambda _, path, __: saved.append(path) or ()), *keys, "enter")
    assert saved == ["a.svg"]


@pytest.mark.parametrize("error", [AttnError("no such ending", "use .svg"), PermissionError(13, "Permission denied")])
def test_a_file_that_cannot_be_written_is_one_line(error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def refuse(*_):
        raise error

    lines = press(explorer(save=refuse), "s", "enter")
    assert sum("error: " in line for line in lines) == 1


def test_other_vectors_are_completed_opened_and_left_again(write):
    path = write(b"dog 1 0\ncute 0 1\nhe 1 1\n")
    app = explorer()

    async def scenario(pilot):
        await pilot.press("v")
        pilot.app.query_one("#answer").insert_text_at_cursor(str(path))
        await pilot.press("enter")
        await settled(pilot)
        assert [token.text for token in pilot.app.view.whole.sentence.tokens] == ["cute", "he", "dog"]
        await pilot.press("v", "a", "t", "tab", "enter")
        await settled(pilot)

    drive(app, scenario)
    assert app.view.whole.source.vectors.name == "attn-en"


@pytest.mark.parametrize("name", ["glvoe", "/no/such/set.txt"])
def test_vectors_that_are_not_there_are_one_line(name):
    app = explorer()

    async def scenario(pilot):
        await pilot.press("v")
        pilot.app.query_one("#answer").insert_text_at_cursor(name)
        await pilot.press("enter")

    assert any("error: " in line and name in line for line in drive(app, scenario, (120, 24)))
    assert app.state.ask.vectors is None


async def click(pilot, lines, text, row_of=None):
    """Click on the first place where a text stands, in a line that begins with `row_of` where that is given."""
    y, x = next((i, line.index(text)) for i, line in enumerate(lines) if text in line and (row_of or "") in line)
    await pilot.click(offset=(x, y))
    await settled(pilot)


@pytest.mark.parametrize(
    ("text", "row_of", "holds"),
    [
        ("cute", BARK, lambda app: app.state.query == 3),
        ("7 a", "7 a", lambda app: app.state.query == 7),
        ("method", "e edit", lambda app: app.view.whole.source.settings.method == "cosine"),
        ("scaled", "attn", lambda app: app.view.whole.source.settings.method == "cosine"),
        ("? keys", "q quit", lambda app: app.state.panel == "keys"),
    ],
)
def test_a_click(text, row_of, holds):
    app = explorer()

    async def scenario(pilot):
        await click(pilot, lines_of(app), text, row_of)

    drive(app, scenario)
    assert holds(app)


def test_a_click_on_a_ranked_word_makes_it_the_query():
    app = explorer(query=5)

    async def scenario(pilot):
        place = next(i for i, line in enumerate(lines_of(app)) if line.startswith("he looks at"))
        await pilot.click(offset=(3, place + 2))

    drive(app, scenario, (60, 24))
    assert app.state.query == explain(BARK).context[5].ranked[0].key


def test_the_wheel_scrolls_and_a_move_comes_back():
    app = explorer(SIXTY)

    async def scenario(pilot):
        matrix = pilot.app.query_one("#matrix")
        for _ in range(40):
            matrix.post_message(MouseScrollDown(matrix, 1, 1, 0, 1, 0, False, False, False))
        await settled(pilot)
        assert "59 sea" in "\n".join(lines_of(app))
        await pilot.press("right")

    lines = "\n".join(drive(app, scenario))
    assert "▸  1 quick" in lines
    assert "59 sea" not in lines


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
@pytest.mark.parametrize("query", [0, 30, 59])
def test_the_query_s_row_is_always_in_sight(size, query):
    lines = "\n".join(press(explorer(SIXTY, query=query), size=size))
    assert f"▸ {query:>2} {SIXTY.split()[query]}" in lines
    assert "of 60" in lines


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (60, 20), (76, 22), (200, 60)])
@pytest.mark.parametrize("panel", ["matrix", "steps", "keys"])
def test_every_size_can_be_drawn(size, panel):
    lines = press(explorer(SIXTY, panel=panel, query=59), size=size)
    assert len(lines) == size[1]


def test_resizing_draws_anew():
    app = explorer()

    async def scenario(pilot):
        await pilot.resize_terminal(60, 20)
        await settled(pilot)

    lines = drive(app, scenario, (120, 40))
    assert len(lines) == 20
    assert any(line.startswith("Bark looks at") for line in lines)


HOSTILE = "[red]dog[/red] [/] \x1b[31mcat \u202eking 注意 🐕 :smile: queen\\"


def test_hostile_words_are_shown_to_the_letter():
    lines = press(explorer(HOSTILE), size=(100, 24))
    assert "[red]dog[/red] [/] \\x1b[31mcat \\u202eking 注意 🐕 :smile: queen\\" in lines[2]
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", "".join(lines))


def test_hostile_words_in_the_prompt_and_untouched_they_stay_what_they_were():
    app = explorer(HOSTILE)
    lines = press(app, "e", size=(100, 24))
    assert "\\x1b[31mcat \\u202eking" in "".join(lines)
    app = explorer(HOSTILE)
    press(app, "e", "enter", "m")
    assert app.view.whole.sentence.text == HOSTILE


def test_what_is_pasted_is_made_visible():
    app = explorer()

    async def scenario(pilot):
        await pilot.press("e")
        pilot.app.query_one("#edit").insert_text_at_cursor("\x1b]52;c;x\x07")
        assert pilot.app.query_one("#edit").value.endswith("dog\\x1b]52;c;x\\x07")

    drive(app, scenario)


def test_without_colours_glyphs_stand_for_them():
    assert "█.64░.03" in "\n".join(press(explorer(colours="none")))


def test_a_newer_question_is_never_answered_by_an_older_one():
    """The first answer is held back until two more were asked: only the newest of them is worked out."""
    app, held, asked = explorer(), threading.Event(), []
    answer = app.explainer.explain

    def slow(ask, progress):
        asked.append(ask.settings.method)
        if len(asked) == 2:
            held.wait(10)
        return answer(ask, progress)

    async def scenario(pilot):
        pilot.app.explainer.explain = slow
        asked.append("scaled")
        await pilot.press("m")
        await pilot.press("m", "m", "right")
        assert pilot.app.state.query == 1  # the screen never waits
        held.set()

    drive(app, scenario)
    assert asked == ["scaled", "cosine", "additive"]
    assert app.view.whole.source.settings.method == app.state.ask.settings.method == "additive" == METHODS[4]


def test_a_fault_ends_the_app_and_is_kept_for_the_command():
    def broken(*_):
        raise ZeroDivisionError("ours")

    app = explorer(save=broken)
    with pytest.raises(Exception, match="ours"):
        press(app, "s", "enter")
    assert isinstance(app.fault, ZeroDivisionError)
    assert app._exit_renderables == []


def test_bars_and_numbers_agree():
    lines = press(explorer(query=0), size=(60, 40))
    row = [int(each) for each in hundredths(explain(BARK).mean_weights)[0]]
    assert any(re.match(rf"= Bark +{as_weight(row[0])}  █", line) for line in lines)
    assert any(line.startswith(f"▸ 0 Bark  {as_short(row[0])}") for line in lines)


@pytest.mark.parametrize("size", [(w, 24) for w in (60, 70, 76, 80, 100)])
@pytest.mark.parametrize("where", [{}, {"head": 11}])
def test_no_number_over_the_matrix_is_cut(size, where):
    app = explorer(SIXTY, mode="multihead", heads=12, projections="random", layers=6, query=30)
    app.state = replace(app.state, **where)
    lines = press(app, size=size)
    title = next(line for line in lines if line.startswith("weights")).split("looks at")[0]
    shown = re.split(r"  +", title.removeprefix("weights  ").strip())
    whole = r"layer 5( of 0-5)?, (mean( of 12 heads)?|head 11( of 0-11)?)|(rows |x |columns )?\d+-\d+(/| of )60"
    assert "layer 5" in shown[0]
    assert all(re.fullmatch(whole, each) for each in shown if each != app.view.word), shown


def test_the_settings_vanish_one_by_one_and_only_where_there_is_no_room():
    title = press(explorer(), "M", "M", size=(80, 24))[0]
    assert title == "attn  method scaled  mode multihead × 3  mask none  itself excluded"
    assert press(explorer(mode="multihead"), size=(100, 24))[0].endswith("vectors attn-en")
    narrow = press(explorer(mode="multihead", mask=["causal", "window:2"], temperature=0.75), size=(56, 24))[0]
    assert narrow == "attn  method scaled  mode multihead × 3  …"


def test_notes_name_the_key_and_not_the_option():
    lines = " ".join(press(explorer(mode="multihead"), "question_mark", size=(100, 60)))
    assert "x shows all" in lines
    assert "--" not in lines.replace("attn explore --layers", "")


def test_a_text_that_is_too_long_is_one_line_and_the_old_one_stays():
    app = explorer()

    async def scenario(pilot):
        await pilot.press("e")
        pilot.app.query_one("#edit").value = "the dog " * 5000
        await pilot.press("enter")
        await settled(pilot)
        assert "10,000 words" in "\n".join(lines_of(app))
        await pilot.press("escape")

    lines = drive(app, scenario, (120, 24))
    assert app.view.whole.sentence.text == BARK
    assert lines[2] == BARK


@pytest.mark.parametrize("error", [ValueError("shapes"), MemoryError(), RuntimeError("model")])
def test_whatever_a_model_does_the_old_explanation_stays(error, monkeypatch):
    app = explorer()
    answer = app.explainer.explain

    def broken(ask, progress):
        if ask.settings.method == "cosine":
            raise error
        return answer(ask, progress)

    monkeypatch.setattr(app.explainer, "explain", broken)
    lines = press(app, "m")
    assert sum(line.startswith("error: ") for line in lines) == 1
    assert app.view.whole.source.settings.method == "scaled"


def test_a_first_text_that_fails_ends_the_app_with_its_error():
    app = explorer("qwzx vbnq")
    drive(app, lambda pilot: settled(pilot))
    assert isinstance(app.fault, AttnError)
    assert not app.is_running
