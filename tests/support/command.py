"""Running attn as a user does: its own process, an empty home, nothing on standard input unless given."""

import os
import pty
import subprocess
import sys

BARE = {"PATH": os.environ.get("PATH", ""), "PYTHONWARNINGS": "error::ResourceWarning"}
COMMAND = [sys.executable, "-m", "attncli"]


def attn(*arguments, text=None, env=None, **how):
    """The finished process of `attn ARGUMENTS`, its streams as text; `text` is piped in."""
    stdin = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
    streams = {"capture_output": True} if "stdout" not in how else {"stderr": subprocess.PIPE}
    return subprocess.run(
        [*COMMAND, *arguments],
        encoding="utf-8",
        errors="surrogateescape",
        env=BARE | (env or {}),
        **stdin,
        **streams,
        **how,
    )


def on_terminal(*arguments, env=None):
    """What reaches a pseudo-terminal that is both output streams."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        env=BARE | {"TERM": "xterm-256color"} | (env or {}),
    )
    os.close(child)
    received = b""
    try:
        while block := os.read(parent, 65536):
            received += block
    except OSError:
        pass  # the far end is closed
    process.wait()
    os.close(parent)
    return received.decode()
