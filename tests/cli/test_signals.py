"""Ctrl-C, kill and a closed terminal, at several moments: what was promised is kept, nothing is left half."""

import json
import os
import signal
import subprocess
import sys
import time
from pkgutil import resolve_name

import numpy as np
import pytest
from support.command import BARE, COMMAND
from support.places import ROOT
from support.texts import write_news

from attncli import interrupts
from attncli.__main__ import main
from attncli.cli.app import run
from attncli.heads.file import read_heads
from attncli.training.loop import Run

ALL = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def heeding(monkeypatch):
    """The signals of this process are met as those of the command are."""
    handlers = {number: signal.getsignal(number) for number in (*ALL, signal.SIGALRM)}
    monkeypatch.setattr("sys.unraisablehook", lambda _: None)
    interrupts.heed()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    interrupts._Met.heeded, interrupts._Met.number, interrupts._Met.again = False, signal.SIGINT, 0


@pytest.mark.parametrize("number", ALL)
def test_a_signal_is_an_interrupt_and_130_becomes_its_code(heeding, number):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert (interrupts.exit_code(130), interrupts.exit_code(4)) == (128 + number, 4)


def test_an_interrupt_that_a_destructor_swallows_is_raised_again(heeding):
    class Swallows:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    Swallows()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(5)


def test_an_interrupt_that_is_raised_again_at_the_very_end_changes_no_exit_code(heeding, monkeypatch):
    def slow(*_):
        signal.raise_signal(signal.SIGTERM)  # handled, and raised again while the process ends

    def frozen():
        time.sleep(0.1)

    monkeypatch.setattr(interrupts, "PATIENCE", 0.02)
    monkeypatch.setattr("attncli.cli.app.run", slow)
    monkeypatch.setattr("gc.freeze", frozen)
    monkeypatch.setattr("atexit._run_exitfuncs", lambda: None)
    monkeypatch.setattr("os._exit", sys.exit)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 143


def test_an_interrupt_in_an_exec_leaves_the_exit_code(tmp_path):
    """Python would kill itself by SIGINT at the end of a module that is run."""
    busy = "app.run = lambda: exec('print(flush=True)\\nwhile True: pass')"
    (tmp_path / "busy.py").write_text(
        f"import attncli.cli.app as app, attncli.__main__ as entry\n{busy}\nentry.main()\n"
    )
    command = [sys.executable, "-m", "busy"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=BARE | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path)
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == b""
    assert process.returncode == 130


def hold_back(done):
    for number in (1, 2):
        with interrupts.held_back():
            signal.raise_signal(signal.SIGINT)
            done.append(number)


def test_what_is_held_back_is_done_first(heeding):
    done = []
    with pytest.raises(KeyboardInterrupt), interrupts.held_back():
        hold_back(done)
    assert done == [1, 2]


def test_an_interrupt_is_not_raised_again_while_something_is_held_back(heeding):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)  # twice in no time is the same wish
    with interrupts.held_back():
        time.sleep(2 * interrupts.PATIENCE)
    with pytest.raises(KeyboardInterrupt):  # but the program should have ended by now
        time.sleep(5)


@pytest.fixture
def text(tmp_path):
    write_news(tmp_path, documents=60)
    return tmp_path / "my-text.txt"


def code_of(*arguments):
    """What `attn ARGUMENTS` ends with, here in this process."""
    try:
        return run([str(each) for each in arguments])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def interrupt_twice(monkeypatch, where):
    """Have every call of a function be met by Ctrl-C, and by an impatient second one."""
    function = resolve_name(where)

    def interrupted(*arguments, **how):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)
        return function(*arguments, **how)

    monkeypatch.setattr(where, interrupted)


TRAIN = ["train", "--d-k", "4", "--epochs", "0.2", "-q"]


@pytest.mark.parametrize(
    "where",
    [
        "attncli.training.loop.loss_and_gradients",  # of the second step
        "attncli.training.loop.measure_profile",
        "numpy.lib.format.write_array",
        "os.replace",
    ],
)
def test_wherever_training_is_interrupted_twice_its_heads_are_kept(heeding, text, monkeypatch, capfd, where):
    note = Run._note

    def noted(*arguments):
        note(*arguments)
        monkeypatch.setattr(Run, "_note", note)
        interrupt_twice(monkeypatch, where)

    monkeypatch.setattr(Run, "_note", noted)
    assert code_of(*TRAIN, text, "-o", text.with_name("my.npz")) == 130
    assert np.isfinite(read_heads(text.with_name("my.npz"), 200).w_q).all()
    assert sorted(path.name for path in text.parent.iterdir() if path.is_file()) == ["my-text.txt", "my.npz"]
    assert ("kept in" in capfd.readouterr().err) or where in ("numpy.lib.format.write_array", "os.replace")


@pytest.mark.parametrize(
    "where",
    [
        "attncli.training.corpus.read_sentences",
        "attncli.training.loop.ask",
        "attncli.training.loop.loss_and_gradients",
    ],
)
def test_an_interrupt_before_anything_was_learned_is_said(heeding, text, monkeypatch, capfd, where):
    path = text.with_name("old.npz")
    path.write_bytes(b"old")
    interrupt_twice(monkeypatch, where)
    assert code_of(*TRAIN, text, "-o", path) == 130
    assert capfd.readouterr().err == "interrupted before anything was learned; nothing is kept\n"
    assert path.read_bytes() == b"old"


def test_ctrl_c_while_what_stays_is_written_leaves_all_or_nothing(heeding, tmp_path, monkeypatch):
    for number, where in enumerate(
        ["attncli.files.replacing._keep_mode", "os.replace", "attncli.cli.output.Sink.json"]
    ):
        with monkeypatch.context() as patch:
            interrupt_twice(patch, where)
            assert code_of("explain", "a dog", "-o", tmp_path / f"{number}.json") == 130
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def begun(*arguments, **how):
    return subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BARE, **how
    )


def ended(process):
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    return process.returncode, err.decode()


@pytest.mark.parametrize("signals", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM], [signal.SIGHUP]])
def test_training_ends_orderly_by_every_signal(text, signals):
    path = text.with_name("my.npz")
    process = begun("train", str(text), "-o", str(path), "--d-k", "4", "--minutes", "1")
    while b"MRR" not in process.stderr.readline():
        pass
    for number in signals:
        process.send_signal(number)
        time.sleep(0.6)  # the second one comes when the last evaluation would be at work
    code, err = ended(process)
    assert code == 128 + signals[0]
    assert f"kept in {path}; interrupted" in err
    assert "go on: attn train --resume" in err
    assert read_heads(path, 200).trained


@pytest.mark.parametrize("number", ALL)
def test_a_batch_that_is_ended_leaves_what_was_there(tmp_path, number):
    (tmp_path / "a.json").write_text("old")
    process = begun("explain", "-", "-o", "a.json", cwd=tmp_path)
    process.stdin.write(b"a dog\n")
    process.stdin.flush()
    while not list(tmp_path.glob(".attn-*")):
        time.sleep(0.02)
    time.sleep(0.3)  # imports, which may swallow it, are done
    process.send_signal(number)
    assert ended(process)[0] == 128 + number
    assert (os.listdir(tmp_path), (tmp_path / "a.json").read_text()) == (["a.json"], "old")


def test_nohup_outlives_the_terminal():
    process = begun("explain", "-", "--json", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    for _ in range(2):
        process.stdin.write(b"a dog\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["sentence"] == "a dog"
        process.send_signal(signal.SIGHUP)
    assert ended(process) == (0, "")


def test_what_a_killed_process_of_the_same_number_left_does_not_matter(tmp_path, monkeypatch):
    left = tmp_path / f".attn-{os.getpid()}.part"
    left.write_text("left")
    names = iter([bytes(8), bytes(range(8))])
    monkeypatch.setattr(os, "urandom", lambda _: next(names))
    (tmp_path / f".attn-{bytes(8).hex()}.part").write_text("another's")
    for ending in ("json", "html"):
        assert code_of("explain", "a dog", "-o", tmp_path / f"a.{ending}") == 0
        names = iter([bytes(range(8))])
    assert left.read_text() == "left"
    assert (tmp_path / f".attn-{bytes(8).hex()}.part").read_text() == "another's"
