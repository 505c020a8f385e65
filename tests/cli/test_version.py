"""`attn --version`, and what a report of a fault needs of it."""

import json
import subprocess
import sys

import pytest
from support.command import attn, attn_process, on_terminal

from attncli import __version__
from attncli.extras import EXTRAS
from attncli.vectors import keeping
from attncli.vectors.places import embedded_sets


def facts(*arguments, run=attn, **how):
    """The lines of the long answer by their first words."""
    return dict(line.split(" ", 1) for line in run(*arguments, **how).stdout.splitlines())


def test_the_version_is_one_line():
    assert attn("--version").stdout == f"attn {__version__}\n"


@pytest.mark.parametrize("arguments", [["--version", "--debug"], ["--debug", "--version"]])
def test_with_debug_every_package_is_named_with_its_version(arguments):
    listed = json.loads(
        subprocess.run(
            [sys.executable, "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
        ).stdout
    )
    installed = {each["name"].lower(): each["version"] for each in listed}
    said = facts(*arguments)
    for name in ("numpy", "gensim", "typer", "rich"):
        assert said[name] == installed[name]
    for name, extra in EXTRAS.items():
        assert said[name] == f"{installed.get(name, 'not installed')} (extra {extra})"


def test_it_says_what_the_output_can_show():
    env = {"COLUMNS": "55", "NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}
    said = facts("--version", "--debug", run=attn_process, env=env)
    assert said["output"] == "no terminal, 55 columns, no colours, ascii"
    assert "NO_COLOR='1'" in said["variables"]
    shown = on_terminal("--version", "--debug", env={"COLUMNS": "55"})
    assert "output a terminal, 55 columns, 256 colours" in shown


def test_it_says_where_vectors_lie_and_how_many(write, tmp_path, monkeypatch):
    monkeypatch.setenv("ATTN_HOME", str(tmp_path / "mine" / "attn"))
    keeping.add(str(write(b"dog 1 2 3\ncat 2 1 3\n")), name="two")
    said = facts("--version", "--debug", env={"ATTN_HOME": str(tmp_path / "mine" / "attn"), "HOME": str(tmp_path)})
    assert said["vectors"] == "~/mine/attn ($ATTN_HOME)"
    assert said["kept"] == f"1 beside {', '.join(embedded_sets())}"


def test_what_stands_in_variables_cannot_act_on_a_terminal():
    said = attn("--version", "--debug", env={"LANG": "\x1b[31m", "ATTN_HOME": "a\x1b[31m"}).stdout
    assert "\x1b" not in said


def test_a_missing_package_is_said_to_be(monkeypatch):
    from attncli.cli.commands import version

    monkeypatch.setitem(version.EXTRAS, "no-such-package", "none")
    assert "no-such-package not installed (extra none)" in list(version.version_lines())
