"""Running attn as a user does: streams of its own, an empty home, nothing on standard input unless given.

`attn` and `on_terminal` run the command in this process, on file descriptors 0 to 2 of its own; `attn_process` starts
another one, for signals, limits, the variables of the interpreter, and imports.
"""

import io
import os
import pty
import shlex
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, contextmanager, suppress

from attncli.cli.app import run

BARE = {
    "PATH": os.environ.get("PATH", ""),
    "PYTHONWARNINGS": "error::ResourceWarning",
    "OPENBLAS_NUM_THREADS": "1",  # as in conftest: a worker a core runs already
}
COMMAND = [sys.executable, "-m", "attncli"]
HOMES = {"ATTN_HOME", "XDG_DATA_HOME", "HOME"}
OPERATORS = {"|", "&", "&&", ";", "<", ">"}
STREAMS = ("stdin", "stdout", "stderr")


def attn(*arguments, text=None, env=None, cwd=None, stdout=None):
    """The result of `attn ARGUMENTS`, its streams as text; `text` is piped in, `stdout` a file to write to."""
    with ExitStack() as stack:
        out = stdout or stack.enter_context(tempfile.TemporaryFile())
        err = stack.enter_context(tempfile.TemporaryFile())
        stdin = stack.enter_context(_pipe_of(text) if text is not None else _nothing())
        stack.enter_context(_environment(env or {}))
        stack.enter_context(_folder(cwd))
        code = _run([str(each) for each in arguments], stdin.fileno(), out.fileno(), err.fileno())
        return subprocess.CompletedProcess(arguments, code, None if stdout else _text(out), _text(err))


def attn_process(*arguments, text=None, env=None, **how):
    """The same of a process of its own; `how` is for `subprocess.run`."""
    stdin = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    streams = {"capture_output": True} if "stdout" not in how else {"stderr": subprocess.PIPE}
    environment = BARE | (env or {})
    command = [*COMMAND, *arguments]
    reading = {"encoding": "utf-8", "errors": "surrogateescape"}
    return subprocess.run(command, env=environment, **reading, **stdin, **streams, **how)


def shell(line, cwd=None):
    """The result of a line typed into a shell, in this environment; a single command runs in this process."""
    if OPERATORS & {*shlex.shlex(line, posix=True, punctuation_chars=True)}:
        program = f'attn() {{ {shlex.join(COMMAND)} "$@"; }}; {line}'
        return subprocess.run(
            ["bash", "-c", program], cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, text=True, check=True).stdout
    return attn(*words.split("\0")[1:-1], cwd=cwd, env=dict(os.environ))


def on_terminal(*arguments, env=None, cwd=None):
    """Everything that reaches a pseudo-terminal that is all three streams."""
    parent, child = pty.openpty()
    received = []
    reader = threading.Thread(target=_read_all, args=(parent, received))
    reader.start()
    try:
        with _environment({"TERM": "xterm-256color"} | (env or {})), _folder(cwd):
            _run([str(each) for each in arguments], child, child, child)
    finally:
        os.close(child)
        reader.join()
        os.close(parent)
    return b"".join(received).decode()


def _run(arguments, *descriptors):
    """The exit code of attn on these descriptors, which are 0, 1 and 2 meanwhile, for what it starts as well."""
    before = [os.dup(number) for number in range(3)]
    streams, argv = [getattr(sys, name) for name in STREAMS], sys.argv
    try:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        sys.stdin, sys.stdout, sys.stderr = opened = [_stream(number) for number in range(3)]
        sys.argv = ["attn", *arguments]
        code = _exit_code(arguments)
        for stream in opened:
            with suppress(OSError, ValueError):  # as a full disk does
                stream.flush()
        return code
    finally:
        sys.argv = argv
        for name, stream in zip(STREAMS, streams, strict=True):
            setattr(sys, name, stream)
        for number, descriptor in enumerate(before):
            os.dup2(descriptor, number)
            os.close(descriptor)


def _exit_code(arguments):
    try:
        return run(arguments)
    except SystemExit as left:  # as completion does
        return left.code


class _Bytes(io.FileIO):
    """A descriptor that stays open."""

    def __init__(self, number):
        super().__init__(number, "rb" if number == 0 else "wb", closefd=False)


def _stream(number):
    """What the interpreter makes of a descriptor where no variable names a language."""
    buffer = io.BufferedReader(_Bytes(0)) if number == 0 else io.BufferedWriter(_Bytes(number))
    errors = "backslashreplace" if number == 2 else "surrogateescape"
    return io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=number == 2 or os.isatty(number))


@contextmanager
def _environment(given):
    """The variables of `BARE` and these; the home is the test's own unless one is given."""
    before = dict(os.environ)
    home = {} if HOMES & {*given} else {"ATTN_HOME": before["ATTN_HOME"]}
    os.environ.clear()
    os.environ.update(BARE | home | given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _folder(path):
    before = os.getcwd()
    os.chdir(path or before)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _nothing():
    with open(os.devnull, "rb") as stream:
        yield stream


@contextmanager
def _pipe_of(text):
    """The end of a pipe to read `text` from."""
    reader, writer = os.pipe()
    thread = threading.Thread(target=_write_all, args=(writer, text.encode("utf-8", "surrogateescape")))
    thread.start()
    with open(reader, "rb") as end:
        yield end
    thread.join()  # whether or not all was read: the reader is gone


def _write_all(descriptor, data):
    with suppress(BrokenPipeError), open(descriptor, "wb") as pipe:
        pipe.write(data)


def _read_all(descriptor, received):
    with suppress(OSError):  # the far end is closed
        while block := os.read(descriptor, 65536):
            received.append(block)


def _text(file):
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")
