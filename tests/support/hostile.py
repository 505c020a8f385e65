"""A stranger's text that acts on terminals, and what of it reached one."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import warnings

ACTS = "\x1b]52;c;aGk=\x07\x9b31m\u202e\x1b[2J"
HOSTILE = f"x{ACTS}[red]y[/red]\nz"
NAME = HOSTILE.replace("/", "-")  # of a file
# Colours, and what a bar does: it hides the cursor, goes up a line and clears it.
OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[1A|\x1b\[2K")


def acting(written):
    """Control characters that reached the terminal, but for the colours and the bar of attn itself."""
    return re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029].{,20}", OWN.sub("", written))


def acting_in_full_screen(written):
    """The same where a whole screen is drawn, which has many codes of its own: one sets the shape of the pointer."""
    return re.findall("\x1b\\]|[\x07\x80-\x9f\u202a-\u202e].{,20}", written.replace("\x1b]22;default\x07", ""))


def on_terminal(arguments, folder, keys=b"", seconds=120):
    """What `attn ARGUMENTS` writes to a terminal, in a fork of this process; `keys` are pressed as it rests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which the fork does without
        process, parent = pty.fork()
    if process == 0:
        _run(arguments, folder)
    fcntl.ioctl(parent, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    written, end = b"", time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([parent], [], [], 1.0)[0]:
                written += os.read(parent, 65536)
            elif keys:
                keys = keys[os.write(parent, keys[:1]) :]
        os.kill(process, signal.SIGKILL)
        written += f"\nNOT ENDED AFTER {seconds} SECONDS".encode()
    except OSError:
        pass  # it has ended
    os.close(parent)
    os.waitpid(process, 0)
    return written.decode("utf-8", "replace")


def _run(arguments, folder):
    """The fork: attn, and nothing of the tests after it."""
    code = 1
    try:
        os.chdir(folder)
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": "100", "LC_ALL": "C.UTF-8"})
        os.environ.pop("NO_COLOR", None)
        sys.stdin, sys.stdout, sys.stderr = (open(i, mode, encoding="utf-8") for i, mode in enumerate(("r", "w", "w")))  # noqa: SIM115
        sys.argv = ["attn", *arguments]
        from attncli.cli.app import run

        code = run(arguments)
        sys.stdout.flush()
    except BaseException as error:
        print(f"LEFT BY {type(error).__name__}", file=sys.stderr, flush=True)
    finally:
        os._exit(code if isinstance(code, int) else 1)
