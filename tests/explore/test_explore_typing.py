"""Text typed into the explorer: rejected text stays to be mended, and no letter of it is a key."""

import os

import pytest
from support.exploring import BARK, drive, explorer, lines_of, press, settled

from attncli.errors import AttnError, ResourceError, Setting, UsageError
from attncli.explore.saving import path_of
from attncli.settings.model import FEWER_HEADS
from attncli.settings.wording import Remark


async def type_into(pilot, text):
    prompt = pilot.app.query_one("#edit" if pilot.app.query_one("#edit").display else "#answer")
    prompt.value = ""
    prompt.insert_text_at_cursor(text)
    await pilot.press("enter")
    await settled(pilot)


def typed(app, key, text, *keys, size=(120, 24)):
    """The lines after a key, a text with Enter, and further keys, and whether the line for typing is still open."""
    typing = []

    async def scenario(pilot):
        await pilot.press(key)
        await type_into(pilot, text)
        for each in keys:
            await pilot.press(each)
            await settled(pilot)
        typing.append(app.typing)

    return drive(app, scenario, size), typing[0]


@pytest.mark.parametrize(("key", "text"), [("e", "..."), ("slash", "zz"), ("v", "glvoe"), ("s", "x.nothing")])
def test_what_was_rejected_stays_with_its_error_and_letters_are_no_keys(key, text):
    app = explorer()
    lines, typing = typed(app, key, text, "m", "q", "j")
    lines = "\n".join(lines)
    assert typing
    assert f"{text}mqj" in lines
    assert "error: " in lines or "no word of the sentence" in lines
    assert (app.state.query, app.view.whole.source.settings.method, app.return_code) == (0, "scaled", None)


@pytest.mark.parametrize(("key", "text"), [("e", "..."), ("slash", "zz"), ("v", "glvoe"), ("s", "x.nothing")])
def test_esc_leaves_it_and_keys_are_keys_again(key, text):
    app = explorer()
    lines, typing = typed(app, key, text, "escape", "m")
    assert not typing
    assert app.view.whole.source.settings.method == "cosine"
    assert BARK in lines[2]


def test_a_mended_sentence_is_taken():
    app = explorer()
    _, typing = typed(app, "e", "qwzx", *["backspace"] * 4, "d", "o", "g", "enter")
    assert app.view.whole.sentence.text == "dog"
    assert not typing


def test_a_search_opens_empty_and_enter_alone_finds_the_last_word_again():
    app = explorer()

    async def scenario(pilot):
        await pilot.press("slash")
        await type_into(pilot, "is")
        assert app.state.query == 1
        await pilot.press("slash")
        assert pilot.app.query_one("#answer").value == ""
        assert "find a word: is" in "\n".join(lines_of(app))  # offered
        await pilot.press("enter")
        await settled(pilot)
        assert app.state.query == 6
        await pilot.press("n")
        assert app.state.query == 1
        await pilot.press("slash", "d", "o", "g", "enter")

    drive(app, scenario)
    assert app.state.query == 8


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    written = []
    typed(explorer(save=lambda _, path, __: written.append(path) or ()), "s", "~/a.svg")
    assert written == [str(tmp_path / "a.svg")]
    user = os.path.expanduser("~root")
    assert path_of("~root/a.svg", ("svg",)) == f"{user}/a.svg" if os.path.isdir(user) else True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (".", "'.' is a folder"),
        ("no/x.svg", "there is no folder 'no'"),
        ("~no_such_user/x.svg", "there is no folder '~no_such_user'"),
        ("x.doc", "expected an ending among .svg, .json"),
    ],
)
def test_a_name_that_cannot_be_written_is_said_at_once(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = "\n".join(typed(explorer(save=None), "s", text, size=(160, 24))[0])
    assert said in lines
    assert "-o" not in lines
    assert "replaces" not in lines


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AttnError("cannot write 'a.svg': no"), "no; type another name, or Esc"),
        (AttnError("a figure of 200 heads is too many", FEWER_HEADS), "head H (key ])"),
        (UsageError("expected another name", setting="output", value="a.svg"), "output a.svg (key s): expected"),
        (ResourceError("attn needs a package", "python -m pip install 'x>=1'"), "python -m pip install 'x>=1'"),
        (PermissionError(13, "Permission denied"), "Permission denied; type another name, or Esc"),
    ],
)
def test_an_error_of_a_writer_says_what_to_do_here(error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def refuse(*_):
        raise error

    lines, typing = typed(explorer(save=refuse), "s", "a.svg")
    assert said in "\n".join(lines)
    assert typing


def test_what_a_writer_remarks_stands_behind_where_it_was_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = " ".join(
        press(
            explorer(save=lambda *_: [Remark(("it is pale: ", Setting("color_scale", "row"))).after("note: ")]),
            "s",
            "enter",
            size=(200, 24),
        )
    )
    assert "attention-001.svg'; note: it is pale: color scale row (key r)" in lines
