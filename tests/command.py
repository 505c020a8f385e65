"""Running attn as a user does: its own process, an empty home, nothing on standard input unless given."""

import os
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
