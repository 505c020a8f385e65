"""`attn explore`, or another command, on a pseudo-terminal, pressed like a user presses it."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import time

import pytest
from support.command import BARE, COMMAND

TERMINAL = BARE | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}


class Session:
    """A process on a pseudo-terminal of 80 × 24, and what it has written so far."""

    def __init__(self, *arguments, env=None, command=("explore",)):
        self.parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.child, self.before, self.written = child, termios.tcgetattr(child), b""
        self.process = subprocess.Popen(
            [*COMMAND, *command, *arguments], stdin=child, stdout=child, stderr=child, env=TERMINAL | (env or {})
        )
        os.set_blocking(self.parent, False)

    def read(self):
        try:
            self.written += os.read(self.parent, 65536)
        except BlockingIOError:
            time.sleep(0.01)

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text.encode() not in self.written and time.monotonic() < end:
            self.read()
        if text.encode() not in self.written:
            self.process.kill()
            self.process.wait()
            pytest.fail(f"{text!r} is not in {self.written!r}")

    def press(self, keys, until=None):
        os.write(self.parent, keys)
        if until is not None:
            self.wait_for(until)

    def read_until_quiet(self):
        before = -1
        while before != len(self.written):
            before = len(self.written)
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                self.read()

    def read_to_the_end(self, seconds=20):
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            self.read()
            if time.monotonic() > end:
                self.process.kill()
        self.read()

    def ends(self):
        """The exit code, and the lines after the screen was given back."""
        self.read_to_the_end()
        restored = termios.tcgetattr(self.child) == self.before
        os.close(self.parent)
        os.close(self.child)
        assert restored
        given_back = b"\x1b[?1049l"
        assert given_back in self.written
        return self.process.returncode, self.written.rpartition(given_back)[2].decode()
