"""Workers that are processes of this machine; after the death of one its task is tried once more."""

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

from attncli.corpus.threads import one_thread_each
from attncli.corpus.workers import TRIES, Done, Lost, Task
from attncli.interrupts import held_back

AHEAD = 2  # tasks for each process that are taken before their results are waited for


class Processes:
    """Up to `jobs` processes, each started when there is a task for it."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._workers: list[_Worker] = []

    def __enter__(self) -> "Processes":
        one_thread_each()
        return self

    def __exit__(self, *_: object) -> None:
        with held_back():
            for worker in self._workers:
                worker.stop()

    def run(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """Do tasks, on as many processes as there are tasks for."""
        waiting = deque((task, 1) for task in tasks)
        while len(self._workers) < min(self._jobs, len(tasks)):
            self._workers.append(_Worker())
        while waiting or any(worker.busy for worker in self._workers):
            yield from self._results(waiting)

    def in_order(self, tasks: Iterable[Task | None]) -> Iterator[Done | Lost]:
        """Do tasks as they come, and give their results in their order.

        At None, when the next task has to be waited for, and at the end all results come; else some stay behind, so
        that no process is idle.
        """
        waiting, due, there = deque[tuple[Task, int]](), deque[Task](), dict[str, Done | Lost]()
        for task in chain(tasks, [None]):
            if task is not None:
                due.append(task)
                waiting.append((task, 1))
                self._employ(waiting)
            while len(due) > (0 if task is None else AHEAD * self._jobs):
                there |= {each.task.name: each for each in self._results(waiting)}
                while due and due[0].name in there:
                    yield there.pop(due.popleft().name)

    def _employ(self, waiting: deque[tuple[Task, int]]) -> None:
        """Give a task to a process that is idle, perhaps a new one."""
        if len(self._workers) < self._jobs and all(worker.busy for worker in self._workers):
            self._workers.append(_Worker())
        self._hand_out(waiting)

    def _results(self, waiting: deque[tuple[Task, int]]) -> Iterator[Done | Lost]:
        """The next results, waited for; tasks of processes that died wait again."""
        self._hand_out(waiting)
        for place in self._ready():
            received = self._workers[place].receive()
            if received is None:
                received = self._again(place, waiting)
            if received is not None:
                yield received

    def _hand_out(self, waiting: deque[tuple[Task, int]]) -> None:
        for worker in self._workers:
            if waiting and not worker.busy:
                worker.give(*waiting.popleft())

    def _ready(self) -> list[int]:
        """The places of the workers that have sent a result, or have died."""
        pipes = wait([worker.pipe for worker in self._workers if worker.busy])
        return [place for place, worker in enumerate(self._workers) if worker.pipe in pipes]

    def _again(self, place: int, waiting: deque[tuple[Task, int]]) -> Lost | None:
        """Replace a dead worker and put its task back, unless that was tried before: then it is lost."""
        dead, self._workers[place] = self._workers[place], _Worker()
        if dead.tried >= TRIES:
            return Lost(dead.task, f"its worker died {TRIES} times")
        waiting.append((dead.task, dead.tried + 1))
        return None


class _Worker:
    """A process that does one task at a time, and the pipe to it."""

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
        """Let it do a task."""
        self.task, self.tried, self.busy = task, tried, True
        with suppress(OSError):  # it is dead: its pipe will say so
            self.pipe.send(task)

    def receive(self) -> Done | Lost | None:
        """Its result; None if the process died. Raises the error that it sent."""
        self.busy = False
        try:
            value, error = self.pipe.recv()
        except (EOFError, OSError):
            self._process.join()
            return None
        if error is not None:
            raise error
        return Done(self.task, value)

    def stop(self) -> None:
        """End the process at any point."""
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
    """Do tasks until the pipe is closed."""
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            received: tuple[Any, Exception | None]
            try:
                received = task(), None
            except Exception as error:
                received = None, error
            pipe.send(received)
