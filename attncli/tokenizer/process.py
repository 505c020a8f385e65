"""A tokenizer of unknown form in a process of its own, which is ended if a text takes too much time or memory."""

import json
import os
import select
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attncli.tokenizer import child
from attncli.tokenizer.encoded import Encoded, Encoder, Mark, Marks, Roles, marked
from attncli.tokenizer.form import FaultyTokenizerError

ROOM, GROWTH = 2**27, 12  # bytes: beyond those of the library itself, and for each byte of the file
SECONDS, A_SECOND = 1.0, 100_000  # of work for a text, and the characters that add another; 2 MB of a file do too
PATIENCE = 10  # times as long may pass until a reply comes: other processes may be at work
LONGEST_REPLY = 2**26  # bytes
#: The keys of a config that tokenizers are opened by.
KEYS = ("model_type", "tokenizer_class", "default_class", "bos_token_id", "is_encoder_decoder")


class TokenizerProcess:
    """The tokenizer of a folder; its process is started again after a text that it was ended for."""

    def __init__(self, folder: Path, worth: int, config: Mapping[str, Any]) -> None:
        """Start it with time and memory for a tokenizer.json of `worth` bytes.

        Raises:
            FaultyTokenizerError: it cannot be opened, or takes too much.
        """
        self._seconds = SECONDS + worth / 2**21
        self._setup = {
            **{"path": sys.path, "folder": str(folder.absolute()), "room": ROOM + GROWTH * worth},
            **{"config": {name: config.get(name) for name in KEYS}},
            "seconds": self._seconds,
        }
        self._started: tuple[int, subprocess.Popen[bytes]] | None = None
        self._opened = self._start()

    @property
    def encoder(self) -> Encoder:
        """Its functions."""
        marks = self._opened["marks"]
        made = Encoder(self.encode, self.piece) if marks is None else self._marked(*marks)
        roles = Roles(*(role and Mark(*role) for role in self._opened["roles"]))
        warnings, side = tuple(self._opened["warnings"]), self._opened["side"]
        return made._replace(warnings=warnings, truncation_side=side, roles=roles)

    def _marked(self, codes: Mapping[str, Any], source: Any, target: Any, end: Any, behind: bool) -> Encoder:
        known = {code: Mark(*mark) for code, mark in codes.items()}
        given = Marks(known, Mark(*source), target and Mark(*target), Mark(*end), behind)
        return marked(partial(self.encode, bare=True), self.piece, given)

    def encode(self, text: str, pair: str | None = None, bare: bool = False) -> Encoded:
        """The tokens of a text, or of two; FaultyTokenizerError if one cannot be read, or takes too much."""
        seconds = SECONDS + len(text + (pair or "")) / A_SECOND
        reply = self._answer({"text": text, "pair": pair, "bare": bare}, seconds)
        found = Encoded(*reply["encoded"])
        return found._replace(spans=[(start, end) for start, end in found.spans])

    def piece(self, number: int) -> str | None:
        """The piece of an id, None where there is none; FaultyTokenizerError as `encode`."""
        found: str | None = self._answer({"id": number}, SECONDS)["piece"]
        return found

    def _answer(self, request: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        if self._started is None or self._started[0] != os.getpid():
            self._start()
        return self._request({**request, "seconds": seconds}, seconds)

    def _start(self) -> Mapping[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", child.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"},
            bufsize=0,
        )
        self._started = os.getpid(), process
        weakref.finalize(self, _end, *self._started)
        return self._request(self._setup, self._seconds)

    def _request(self, request: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        assert self._started is not None
        _, process = self._started
        line = _reply(process, json.dumps(request).encode() + b"\n", time.monotonic() + PATIENCE * seconds)
        if line is None:
            _end(*self._started)
            self._started = None
            raise FaultyTokenizerError("it takes too much time or memory")
        reply: Mapping[str, Any] = json.loads(line)
        if "fault" in reply:
            raise FaultyTokenizerError(reply["fault"])
        return reply


def _reply(process: "subprocess.Popen[bytes]", request: bytes, until: float) -> bytes | None:
    """The line that a process replies; None if it ends, replies without an end, or not in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        while request:
            request = request[process.stdin.write(request) :]
    except OSError:
        return None
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < LONGEST_REPLY:
        if not select.select([process.stdout], [], [], max(until - time.monotonic(), 0))[0]:
            return None
        if not (more := process.stdout.read(2**16)):
            return None
        line += more
    return bytes(line) if line.endswith(b"\n") else None


def _end(owner: int, process: "subprocess.Popen[bytes]") -> None:
    if owner != os.getpid():  # a copy made by fork: the process belongs to its parent
        return
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.kill()
    process.wait()
