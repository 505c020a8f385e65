"""Workers do the tasks of every phase of a run, wherever they are, and are gone when it ends."""

import multiprocessing
import os
import signal
from dataclasses import dataclass

import pytest

from attncli.corpus.workers import Done, Lost, open_workers
from attncli.errors import UsageError

PLACES = {"here": (1, None), "two processes": (2, None), "a cluster": (2, "local")}


@pytest.fixture(scope="module", params=PLACES.values(), ids=PLACES)
def workers(request):
    with open_workers(*request.param) as workers:
        yield workers
    assert not multiprocessing.active_children()


@dataclass(frozen=True)
class Square:
    """A task that knows the process it was done by."""

    number: int

    @property
    def name(self):
        return f"square-{self.number}"

    def __call__(self):
        return self.number**2, os.getpid()


def test_phases_are_done_by_the_same_workers(workers):
    phases = [list(workers.run([Square(number) for number in range(first, first + 8)])) for first in (0, 8)]
    for first, results in zip((0, 8), phases, strict=True):
        assert {each.task.number: each.value[0] for each in results} == {n: n**2 for n in range(first, first + 8)}
    processes = {each.value[1] for results in phases for each in results}
    assert len(processes) <= 2
    assert list(workers.run([])) == []


@dataclass(frozen=True)
class Wrong:
    name: str = "wrong"

    def __call__(self):
        raise UsageError("expected another number", "take 7", setting="top", value=0)


def test_the_error_of_a_task_comes_as_it_was_raised(workers):
    with pytest.raises(UsageError) as raised:
        list(workers.run([Wrong()]))
    assert (raised.value.message, raised.value.hint) == ("top=0: expected another number", "take 7")


@dataclass(frozen=True)
class Deadly:
    """A task that kills its worker, so many times."""

    name: str
    marks: str
    times: int

    def __call__(self):
        died = len(os.listdir(self.marks))
        if died < self.times:
            open(os.path.join(self.marks, str(died)), "x").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return died


@pytest.mark.parametrize("place", ["two processes", "a cluster"])
def test_a_task_is_tried_twice(tmp_path, place):
    with open_workers(*PLACES[place]) as workers:
        for times, expected in ((1, Done), (2, Lost)):
            marks = tmp_path / str(times)
            marks.mkdir()
            task = Deadly(f"deadly-{times}", str(marks), times)
            results = {each.task.name: each for each in workers.run([task, Square(times)])}
            assert type(results[task.name]) is expected
            assert results[task.name] in (Done(task, 1), Lost(task, "its worker died 2 times"))
            assert results[f"square-{times}"].value[0] == times**2
