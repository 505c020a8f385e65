"""The workers of a run: open from its beginning to its end, they do the tasks of one phase after another."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

TRIES = 2  # of a task whose worker dies


class Task(Protocol):
    """Work that any worker can do: a frozen dataclass that can be pickled, as can its result, which is small."""

    @property
    def name(self) -> str:
        """The name, which no other task of the run has."""

    def __call__(self) -> Any:
        """Do it: files appear when they are whole, so that it may end at any point and be done again."""


@dataclass(frozen=True)
class Done:
    """A task that was done, and its result."""

    task: Any
    value: Any


@dataclass(frozen=True)
class Lost:
    """A task that no worker finished, and why."""

    task: Any
    reason: str


class Workers(Protocol):
    """Workers that are there."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """Do tasks; the results come in any order, as they are there.

        Raises:
            AttnError, OSError: as a task raised them; the same would happen to every other one.
        """


class OwnWorkers(Workers, Protocol):
    """Workers of this machine, which also take tasks that come one after another."""

    def in_order(self, tasks: Iterable[Task | None]) -> Iterator[Done | Lost]:
        """Do tasks as they come, and give their results in their order.

        None says that the next task has to be waited for: all results come before it is.

        Raises:
            AttnError, OSError: as a task raised them.
        """


def open_own_workers(jobs: int) -> AbstractContextManager[OwnWorkers]:
    """The one process that runs this, or `jobs` others."""
    if jobs > 1:
        from attncli.corpus.processes import Processes

        return Processes(jobs)
    return nullcontext(ThisProcess())


def open_workers(
    jobs: int = 1, scheduler: str | None = None, notice: Callable[[str], None] = lambda _: None
) -> AbstractContextManager[Workers]:
    """The one process that runs this, `jobs` others, or the workers of a Dask scheduler: `local` has `jobs` of its own.

    `notice` gets a few words about anything that is waited for.

    Raises:
        ResourceError: the extra is missing, or no scheduler answers at the address.
    """
    if scheduler is not None:
        from attncli.corpus.cluster import open_cluster

        return open_cluster(scheduler, jobs, notice)
    return open_own_workers(jobs)


class ThisProcess:
    """No other process: each task is done when its result is asked for."""

    def run(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """Do tasks in their order."""
        return (Done(task, task()) for task in tasks)

    def in_order(self, tasks: Iterable[Task | None]) -> Iterator[Done | Lost]:
        """Do tasks as they come; None is none."""
        return (Done(task, task()) for task in tasks if task is not None)
