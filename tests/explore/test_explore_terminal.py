"""`attn explore` as a process: on a pseudo-terminal, and where there is none."""

import os
import shlex
import signal

import pytest
from support.command import attn
from support.places import TESTS
from support.terminal import Session

from attncli.cli.commands.explore import EXAMPLES
from attncli.extras import install_command, requirements

TINY = str(TESTS / "oracles" / "tiny" / "bert")


def test_keys_change_what_is_shown_and_the_finding_is_printed():
    session = Session("a river bank")
    session.wait_for("looks at")
    session.press(b"m", "cosine")
    session.press(b"q")
    code, rest = session.ends()
    assert code == 0
    assert 'attn explain "a river bank" --method cosine' in rest


@pytest.mark.parametrize("ending", ["json", "csv", "npz", "txt", "html", "svg", "screen.svg"])
def test_s_writes_what_explain_writes(tmp_path, ending):
    session, path = Session("a river bank"), tmp_path / f"x.{ending}"
    session.wait_for("looks at")
    session.press(b"s", "save as")
    session.press(b"\x15")  # clears the line, in its own time: Textual puts text that comes at once before it
    session.read_until_quiet()
    session.press(str(path).encode() + b"\r", "saved")
    session.press(b"q")
    assert session.ends()[0] == 0
    attn("explain", "a river bank", "-o", str(tmp_path / f"y.{ending}"))
    assert path.read_bytes() == (tmp_path / f"y.{ending}").read_bytes()


def test_what_a_writer_remarks_is_a_line_of_the_explorer(tmp_path):
    """Its weights are so small that the writer of the figure advises other colours, elsewhere on standard error."""
    session, path = Session("Bark is very cute and he is a dog"), tmp_path / "x.svg"
    session.wait_for("looks at")
    session.press(b"m", "cosine")
    session.press(b"s", "save as")
    session.press(b"\x15")
    session.read_until_quiet()
    session.press(str(path).encode() + b"\r", "saved")
    session.press(b"q")
    code, rest = session.ends()
    assert (code, path.exists()) == (0, True)
    assert "note:" not in rest
    assert "Error" not in rest


@pytest.mark.parametrize("example", EXAMPLES.splitlines())
def test_the_examples_of_the_help_start(example):
    session = Session(*shlex.split(example.replace("my-model", TINY))[2:])
    session.wait_for("looks at")
    session.press(b"q")
    assert session.ends()[0] == 0


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        (lambda session: session.press(b"\x03"), 130),
        (lambda session: session.process.send_signal(signal.SIGINT), 130),
        (lambda session: session.process.send_signal(signal.SIGTERM), 143),
    ],
)
def test_however_it_ends_the_terminal_is_as_it_was(leave, code):
    session = Session("a river bank")
    session.wait_for("looks at")
    leave(session)
    found, rest = session.ends()
    assert found == code
    assert 'attn explain "a river bank"' in rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    ("arguments", "env", "code"),
    [
        (["qwzx"], {}, 1),
        ([""], {}, 2),
        (["a dog", "--method", "scald"], {}, 2),
        (["a dog", "--vectors", "glvoe"], {}, 3),
        (["a dog", "--model", "no-such-model"], {}, 3),
        (["-"], {}, 2),
        (["a dog"], {"TERM": "dumb"}, 2),
        (["a dog"], {"ACCESSIBLE": "1"}, 2),
    ],
)
def test_a_mistake_is_said_before_the_screen_is_taken(arguments, env, code):
    session = Session(*arguments, env=env)
    session.read_to_the_end()
    lines = session.written.decode().splitlines()
    assert session.process.returncode == code
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert b"\x1b" not in session.written
    os.close(session.parent)
    os.close(session.child)


def test_no_terminal_is_a_mistake_of_two_lines():
    done = attn("explore", "a dog")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "error: attn explore: expected a terminal as standard input",
        "hint: attn explain writes the same to pipes and files",
    ]


def test_without_the_extra_the_line_that_installs_it(tmp_path):
    (tmp_path / "textual.py").write_text("raise ImportError('there is none')")
    session = Session("a dog", env={"PYTHONPATH": os.pathsep.join([str(tmp_path), os.getcwd()])})
    session.read_to_the_end()
    assert session.process.returncode == 3
    assert session.written.decode().splitlines() == [
        "error: attn explore needs the package textual, which is not installed",
        f"hint: {install_command(*requirements('explore'))}",
    ]
    os.close(session.parent)
    os.close(session.child)
