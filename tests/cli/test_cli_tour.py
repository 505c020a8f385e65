"""`attn tour` as it is used: by keys in a terminal, in pipes, and the commands that it tells to try."""

import os
import pty
import re
import signal
import subprocess
import time

import pytest
from oracles.checkpoints import TINY
from support.command import BARE, COMMAND, attn, on_terminal, shell

from attncli.tour import BASICS, SCREENS

EXAMPLE = "Bark is very cute and he is a dog"
ALL = len(SCREENS)
DEEPER = "The basics end here"


class Reader:
    """Someone at a terminal of 80 columns."""

    def __init__(self, home, *arguments):
        parent, child = pty.openpty()
        env = BARE | {"ATTN_HOME": str(home)} | {"TERM": "xterm-256color", "COLUMNS": "80", "NO_COLOR": "1"}
        streams = {"stdin": child, "stdout": child, "stderr": child, "start_new_session": True}
        self.process = subprocess.Popen([*COMMAND, "tour", *arguments], env=env, **streams)
        os.close(child)
        self.terminal = parent

    def until(self, end):
        """What appears up to the text `end`."""
        seen = ""
        while end not in seen:
            seen += os.read(self.terminal, 65536).decode()
        return seen

    def type(self, keys, end="quit: "):
        os.write(self.terminal, keys.encode())
        return self.until(end)

    def leave(self, keys):
        """The exit code after the last keys."""
        os.write(self.terminal, keys.encode())
        code = self.process.wait(timeout=10)
        os.close(self.terminal)
        return code


@pytest.fixture
def tiny_home(attn_home):
    """A home with a model so small that the screen of the next word asks it."""
    (attn_home / "models").mkdir(parents=True)
    (attn_home / "models" / "gpt2").symlink_to(TINY / "gpt2")
    return attn_home


@pytest.fixture
def reader(tiny_home):
    reader = Reader(tiny_home)
    assert f"1 of {ALL}" in reader.until("quit: ")
    yield reader
    reader.process.kill()
    reader.process.wait()


def test_keys_lead_through_the_screens(reader):
    for keys, number in (("\n", 2), ("\n", 3), ("b\n", 2), ("8\n", 8), ("1\n", 1), ("B\n", 1), ("n\n", 2)):
        seen = reader.type(keys)
        assert f"{number} of {ALL}" in seen
        assert (DEEPER in seen) == (number == BASICS)
    assert "no key of the tour" in reader.type("99\n")
    assert "no key of the tour" in reader.type("\x1b[A\n")
    assert reader.leave("q\n") == 0


def test_enter_on_the_last_screen_ends_it(reader):
    reader.type(f"{ALL}\n")
    assert reader.leave("\n") == 0


def test_the_tour_of_a_model_is_walked_by_the_same_keys(tiny_home):
    reader = Reader(tiny_home, "--model", str(TINY / "bert"))
    assert "1 of 6" in reader.until("quit: ")
    assert "What came next" in reader.type("4\n")
    assert "no key of the tour" in reader.type("7\n")
    assert "the dog barks" in reader.type("s the dog barks\n")
    reader.type("6\n")
    assert reader.leave("\n") == 0


def test_another_sentence_is_taken_where_one_is(reader):
    reader.type("3\n")
    assert "There is no pronoun" in reader.type("s cats like dogs\n")
    reader.type("s\n", "(Enter keeps this one): ")
    refused = reader.type("qwzxq\n", "(Enter keeps the old one): ")
    assert "error: not among" in refused
    assert "hint: nearest" in refused
    reader.type("…\n", "(Enter keeps the old one): ")
    assert "cats like dogs" in reader.type("\n")
    assert reader.leave("q\n") == 0


def test_the_end_of_the_input_ends_it_well(reader):
    assert reader.leave("\x04") == 0


def test_an_interrupt_is_130_and_says_nothing(reader):
    os.kill(reader.process.pid, signal.SIGINT)
    started = time.monotonic()
    assert reader.process.wait(timeout=10) == 130
    assert time.monotonic() - started < 2
    os.close(reader.terminal)


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        ([EXAMPLE], {}),
        ([], {}),
        ([EXAMPLE], {"text": ""}),
        ([EXAMPLE, "--no-input"], {}),
        ([], {"text": EXAMPLE + "\n"}),
        (["-"], {"text": EXAMPLE + "\n"}),
    ],
)
def test_without_a_terminal_it_never_waits_and_is_plain(arguments, how):
    done = attn("tour", *arguments, **how)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(rf"(\d+) of {ALL} |({DEEPER})", done.stdout) == [
        *((str(number), "") for number in range(1, BASICS + 1)),
        ("", DEEPER),
        *((str(number), "") for number in range(BASICS + 1, ALL + 1)),
    ]
    assert "\x1b" not in done.stdout
    assert "Enter" not in done.stdout


def test_in_a_terminal_no_input_shows_all_with_colours():
    seen = on_terminal("tour", "--no-input")
    assert re.sub("\x1b[^m]*m", "", seen).count(f" of {ALL} ") == ALL
    assert "\x1b[" in seen
    assert "Enter" not in seen


@pytest.mark.parametrize(
    ("given", "number"), [("5", 5), ("lookup", 5), ("Distance", 8), ("positions", 9), ("mask", 10)]
)
def test_one_screen_only(given, number):
    done = attn("tour", "--screen", given)
    assert re.findall(rf"(\d+) of {ALL} ", done.stdout) == [str(number)]
    assert DEEPER not in done.stdout


def test_the_other_sentence_may_be_given():
    done = attn("tour", EXAMPLE, "--screen", "crossing", "--memory", "un chien mignon")
    assert (done.returncode, done.stderr) == (0, "")
    assert "k, v: un chien mignon" in done.stdout
    assert "dog" in next(line for line in done.stdout.splitlines() if "chien" in line and "1.00" in line)
    idle = attn("tour", EXAMPLE, "--screen", "2", "--memory", "un chien")
    assert "no effect without --screen crossing" in idle.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "quoted"),
    [
        (["--screen", "crossing", "--memory", " "], 2, "--memory"),
        (["--screen", "crossing", "--memory", "…!?"], 1, "…!?"),
        (["--screen", "99"], 2, f"'99': expected 1 to {ALL}, or a name"),
        (["--screen", "0"], 2, "'0'"),
        (["--screen", "x"], 2, "'x': expected one of embedding, "),
        ([""], 2, "''"),
        (["…!?"], 1, "…!?"),
        (["qwzxq zzyzzx"], 1, "qwzxq"),
        (["a", "dog"], 2, "dog"),
        (["a dog", "--vectors", "atn-en"], 3, "atn-en"),
        (["a dog", "--color", "sometimes"], 2, "sometimes"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted):
    done = attn("tour", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert quoted in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1].startswith("hint: ")


def tried(text):
    """The commands to try, as someone would copy them, line ends and all."""
    return [each.strip() for each in re.findall(r"^try:(.*(?:\n  .*)*)", text, re.M)]


@pytest.mark.parametrize(
    ("sentence", "columns", "screens"),
    [(EXAMPLE, "40", range(ALL)), ("-one two", "80", (0, 2)), ('the $HOME, "it\'s" he', "40", (0, 2))],
)
def test_every_command_to_try_runs(sentence, columns, screens, tiny_home):
    commands = tried(attn("tour", "--no-input", "--", sentence, env={"COLUMNS": columns}).stdout)
    assert len(commands) == ALL
    for command in (commands[screen] for screen in screens):
        done = shell(command)
        assert (done.returncode, done.stderr) == (0, ""), command
