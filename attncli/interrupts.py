"""Signals that end the process: Ctrl-C, `kill`, a closed terminal. Each is raised as KeyboardInterrupt.

So the same `finally` and `except` remove half-written files and save results for all of them.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from attncli.errors import ExitCode

PATIENCE, AGAIN = 0.5, 2  # seconds, and how often the same signal is raised once more
HAS_TIMER = hasattr(signal, "setitimer")


class _Met:
    """The signals caught since `heed`."""

    heeded = False
    number: int = signal.SIGINT  # of the latest signal
    again = 0  # how often that was raised once more
    held = 0  # how many blocks hold signals back
    waiting = False  # whether one came meanwhile


def heed() -> None:
    """Raise the signals from now on; a hang-up that is ignored (`nohup`) stays so."""
    _Met.heeded = True
    for number in numbers():
        signal.signal(number, _raise_first)
    if HAS_TIMER:
        signal.signal(signal.SIGALRM, _raise_again)


def numbers() -> list[int]:
    """The signals that are handled here."""
    known = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [number for number in known if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN]


def exit_code(code: int) -> int:
    """The code to leave with, 130 having become that of the signal; none is heeded any more: all is done."""
    if _Met.heeded:
        _rest()
    for number in numbers() if _Met.heeded else ():
        signal.signal(number, signal.SIG_IGN)
    return 128 + _Met.number if code == ExitCode.INTERRUPTED else code


def leave(code: int) -> NoReturn:
    """End the process with this exit code.

    Where an interrupt has passed through an `exec`, as every dataclass has one, Python would kill itself by SIGINT at
    its end, although the interrupt was met: so the process leaves without Python's own end.
    """
    if code == 128 + _Met.number:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, OSError, ValueError):  # there is none, or no one reads it
                stream.flush()
        os._exit(code)
    sys.exit(code)


@contextmanager
def held_back() -> Iterator[None]:
    """A block that is not interrupted: a signal is raised at its end."""
    if not _Met.heeded or threading.current_thread() is not threading.main_thread():
        yield
        return
    _Met.held += 1
    pending = _rest()
    try:
        yield
    finally:
        _Met.held -= 1
        waiting, _Met.waiting = _Met.waiting and not _Met.held, _Met.waiting and bool(_Met.held)
        if pending:
            _later()
        elif waiting:
            _raise(_Met.number, None)


def _raise_first(number: int, frame: FrameType | None) -> None:
    _Met.again = 0
    _raise(number, frame)


def _raise(number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and once more a little later: an import or a destructor may have swallowed it.

    A destructor's message about it is not printed. Further signals until then are the same request.
    """
    _Met.number = number
    if _Met.held:
        _Met.waiting = True
    elif not (HAS_TIMER and signal.getitimer(signal.ITIMER_REAL)[0]):
        sys.unraisablehook = lambda _: None
        _later()
        raise KeyboardInterrupt


def _raise_again(_number: int, frame: FrameType | None) -> None:
    _Met.again += 1
    if _Met.again <= AGAIN:
        _raise(_Met.number, frame)


def _later() -> None:
    if HAS_TIMER:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)


def _rest() -> bool:
    """Do not raise once more; whether that was to come."""
    return HAS_TIMER and signal.setitimer(signal.ITIMER_REAL, 0)[0] > 0
