"""Shards in several processes of this machine; after the death of one its shard is tried once more."""

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from attncli.corpus.running import Done, Task, run_shard
from attncli.corpus.threads import one_thread_each
from attncli.interrupts import held_back

TRIES = 2


@dataclass(frozen=True)
class Lost:
    """A shard that no worker finished, and why."""

    task: Task
    reason: str


def run_in_processes(tasks: Sequence[Task], jobs: int) -> Iterator[Done | Lost]:
    """The result for each shard, as it is done.

    Raises:
        AttnError, OSError: as `run_shard` raised them; the same would happen to every other shard.
    """
    one_thread_each()
    waiting = deque((task, 1) for task in tasks)
    workers = [_Worker() for _ in range(min(jobs, len(tasks)))]
    try:
        while waiting or any(worker.busy for worker in workers):
            _hand_out(waiting, workers)
            for place in _ready(workers):
                worker = workers[place]
                received: Done | Lost | None = worker.receive()
                if received is None:
                    workers[place] = _Worker()
                    received = _again(worker, waiting)
                if received is not None:
                    yield received
    finally:
        with held_back():
            for worker in workers:
                worker.stop()


def _hand_out(waiting: deque[tuple[Task, int]], workers: Sequence["_Worker"]) -> None:
    for worker in workers:
        if waiting and not worker.busy:
            worker.give(*waiting.popleft())


def _ready(workers: Sequence["_Worker"]) -> list[int]:
    """The places of the workers that have sent a result, or have died."""
    pipes = wait([worker.pipe for worker in workers if worker.busy])
    return [place for place, worker in enumerate(workers) if worker.pipe in pipes]


def _again(dead: "_Worker", waiting: deque[tuple[Task, int]]) -> Lost | None:
    """Put a dead worker's shard back, unless that was tried before: then it is lost."""
    if dead.tried >= TRIES:
        return Lost(dead.task, f"its worker died {TRIES} times")
    waiting.append((dead.task, dead.tried + 1))
    return None


class _Worker:
    """A process that makes one part at a time, and the pipe to it."""

    task: Task
    tried: int

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy threads and locks in any state
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_work, args=(theirs,), daemon=True)
        with _interrupts_ignored():
            self._process.start()
        theirs.close()
        self.busy = False

    def give(self, task: Task, tried: int) -> None:
        """Let it make a part."""
        self.task, self.tried, self.busy = task, tried, True
        with suppress(OSError):  # it is dead: its pipe will say so
            self.pipe.send(task)

    def receive(self) -> Done | None:
        """Its result; None if the process died. Raises the error that it sent."""
        self.busy = False
        try:
            received = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return None
        if isinstance(received, Exception):
            raise received
        assert isinstance(received, Done)
        return received

    def stop(self) -> None:
        """End the process at any point: parts appear only when they are whole."""
        self.pipe.close()
        self._process.terminate()
        self._process.join()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes started in here ignore Ctrl-C from the first moment on: it is for the process that starts them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(pipe: Any) -> None:
    """Make parts until the pipe is closed."""
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                received: Done | Exception = run_shard(task)
            except Exception as error:
                received = error
            pipe.send(received)
