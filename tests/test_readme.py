"""The README is executed: every command and every line of Python in it, and its pictures are the program's."""

import re
import shlex
import subprocess
from pathlib import Path

import pictures
import pytest
from command import COMMAND

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.S)
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if ".venv" not in line]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_runs(line, tmp_path):
    (tmp_path / "glove.6B.100d.txt").write_text("bark 1 0 0\ndog 1 1 0\ncute 0 1 0\nhe 0 0 1\n")
    line = re.sub(r"(^|\| )attn ", rf"\1{shlex.join(COMMAND)} ", line)
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


@pytest.mark.parametrize("block", PYTHON)
def test_the_python_of_the_readme_runs(block):
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_a_picture_is_what_the_program_shows_now(name):
    assert (pictures.FOLDER / name).read_text() == pictures.PICTURES[name]()


def test_pictures_link_nothing():
    for name in pictures.PICTURES:
        assert not re.search(r"(href|src|url)\W+https?:", (pictures.FOLDER / name).read_text())


def test_the_set_up_is_two_commands():
    lines = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if ".venv" in line]
    assert len(lines) == 2
    assert "attn explain" in lines[0]
    assert "pytest" in lines[1]
