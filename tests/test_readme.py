"""The README is executed: every command and every line of Python in it, and its pictures are the program's."""

import re
import shlex
import subprocess

import pictures
import pytest
from oracles.minilm_folder import cached_minilm, needs_minilm
from support.command import COMMAND
from support.places import ROOT
from support.terminal import Session
from support.texts import write_news

from attncli import explain
from attncli.vectors import keeping

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.S)
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if ".venv" not in line]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]


@pytest.mark.parametrize("line", [pytest.param(line, marks=[needs_minilm] * ("--model" in line)) for line in COMMANDS])
def test_a_command_of_the_readme_runs(line, tmp_path, monkeypatch):
    if "--model" in line:
        cached_minilm(tmp_path / "hub")
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "glove.6B.100d.txt").write_text("bark 1 0 0\ndog 1 1 0\ncute 0 1 0\nhe 0 0 1\n")
    if re.search(r"(--vectors|export) glove( |$)", line):  # kept by an earlier command of the README
        keeping.add(str(tmp_path / "glove.6B.100d.txt"), name="glove")
    write_news(tmp_path)
    if line.startswith("attn explore"):
        quit_at_once(shlex.split(line)[2:])
        return
    line = re.sub(r"(^|\| |&& )attn ", rf"\1{shlex.join(COMMAND)} ", line)
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def quit_at_once(arguments):
    """The explorer wants a terminal, and someone to leave it."""
    session = Session(*arguments)
    session.wait_for("weights")
    session.press(b"q")
    session.read_to_the_end()
    assert session.process.returncode == 0


@pytest.mark.parametrize("block", PYTHON)
def test_the_python_of_the_readme_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "attention/" in block:  # what the command over it wrote
        write_news(tmp_path)
        (line,) = (line for line in COMMANDS if "-o attention " in line)
        subprocess.run([*COMMAND, *shlex.split(line)[1:]], check=True, capture_output=True)
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_minilm] * ("minilm" in name)) for name in pictures.PICTURES]
)
def test_a_picture_is_what_the_program_shows_now(name):
    assert (pictures.FOLDER / name).read_text() == pictures.PICTURES[name]()


def test_the_picture_of_the_page_is_of_the_page_as_it_is_now():
    png = (pictures.FOLDER / pictures.PAGE).read_bytes()
    assert pictures.shown_page(png) == pictures.checksum_of_page()


def test_every_picture_is_in_the_readme():
    assert set(re.findall(r"\.github/([\w.-]+\.(?:svg|png))", README)) == {*pictures.PICTURES, pictures.PAGE}


def test_pictures_link_nothing():
    for name in pictures.PICTURES:
        assert not re.search(r"(href|src|url)\W+https?:", (pictures.FOLDER / name).read_text())


CLAIMED = re.findall(r"^\| (`--mode[^|]*) \|(.*)\|(.*)\|(.*)\|$", README, re.M)[-4:]


@pytest.mark.parametrize(("settings", "claims"), [(row[0], row[1:]) for row in CLAIMED])
def test_the_table_of_what_each_mode_gives_is_true(settings, claims):
    given = settings.replace("`", "").split(",")[0].replace("--exclude-self", "--exclude-self True").split()
    options = {name[2:].replace("-", "_"): value for name, value in zip(given[::2], given[1::2], strict=True)}
    options |= {"exclude_self": True} if "exclude_self" in options else {}
    explanation = explain("Bark is very cute and he is a dog", **options)
    for word, claim in zip((0, 8, 5), claims, strict=True):
        ranked = explanation.context[word].ranked
        for place, (text, weight) in enumerate(re.findall(r"`(\w+)` (0\.\d\d)", claim)):
            assert (ranked[place].text, f"{ranked[place].weight:.2f}") == (text, weight)
        if following := re.search(r"next (0\.\d\d)", claim):
            assert f"{ranked[1].weight:.2f}" == following[1]


def test_the_claims_are_found():
    assert len(CLAIMED) == 4


def test_the_set_up_is_two_commands():
    lines = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if ".venv" in line]
    assert len(lines) == 2
    assert "attn explain" in lines[0]
    assert "pytest" in lines[1]
