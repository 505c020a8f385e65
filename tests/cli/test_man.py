"""The manual page: of all commands, without a finding of mandoc, and kept fresh."""

import re
import shutil
import subprocess

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command import attn, on_terminal
from support.places import ROOT

from attncli.cli.app import app
from attncli.views.roff import bold, escape, header, literal, section

PAGE = ROOT / "data" / "man" / "attn.1"
needs_mandoc = pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")


@pytest.fixture(scope="module")
def page():
    return attn("man").stdout


def rendered(page, kind="utf8", width=400):
    """The page as mandoc sets it, without overstriking."""
    done = subprocess.run(
        ["mandoc", "-T", kind, "-O", f"width={width}"], input=page, capture_output=True, text=True, check=True
    )
    return re.sub(".\b", "", done.stdout)


def commands(group, context):
    """Each command that does something, by another walk than the page's."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inside = getattr(command, "list_commands", None)
        yield from commands(command, context) if inside else [(name, command)]


COMMANDS = list(commands(typer.main.get_command(app), typer.main.get_command(app).make_context("attn", ["vectors"])))


def test_the_page_in_the_repository_is_fresh(page):
    assert PAGE.read_text() == page, "regenerate it: attn man > data/man/attn.1"


@needs_mandoc
def test_mandoc_finds_nothing_to_say(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style"], input=page, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_mandoc
@pytest.mark.parametrize("kind", ["utf8", "ascii"])
def test_every_option_and_example_can_be_read_and_copied(page, kind):
    shown = rendered(page, kind)
    assert len(COMMANDS) > 12
    for _, command in COMMANDS:
        options = [name for param in command.params for name in param.opts if param.param_type_name == "option"]
        for text in (*options, *(command.epilog or "").splitlines()):
            assert text in shown
        assert " ".join((command.help or "").split()) in " ".join(shown.split())


@needs_mandoc
def test_exit_codes_variables_and_files_are_told(page):
    shown = rendered(page)
    for text in ("130", "ATTN_HOME", "NO_COLOR", "~/.local/share/attn/vectors/", "attn --version --debug"):
        assert text in shown


@needs_mandoc
@settings(deadline=None)  # each example starts mandoc
@given(st.text(st.sampled_from("\\.-'`^~\"ab% √²|{}[]&"), min_size=1).map(str.strip).filter(bool))
def test_any_text_is_set_to_the_letter(text):
    page = "\n".join([header("x", "2026-01-01", "x 1", "y"), section("a"), *literal([text]), section("b"), bold(text)])
    shown = rendered(page)
    assert shown.split("A\n")[1].split("\n\n")[0].strip() == text
    assert text in shown.split("B\n")[1]


def test_a_full_stop_at_the_beginning_is_no_request():
    assert escape(".sh") == "\\&.sh"


def test_in_a_terminal_it_says_how_to_read_it():
    assert "attn man | man -l -" in on_terminal("man").splitlines()[-1]
    assert attn("man").stderr == ""
