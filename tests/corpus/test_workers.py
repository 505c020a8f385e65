"""Workers do the tasks of every phase of a run, wherever they are, and are gone when it ends."""

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass

import pytest

from attncli.corpus.workers import Done, Lost, open_own_workers, open_workers
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


@dataclass(frozen=True)
class Slow(Square):
    """A task that takes the longer the earlier it comes."""

    def __call__(self):
        time.sleep(0.05 if self.number % 4 == 0 else 0)
        return self.number**2


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_the_order_of_tasks(jobs):
    before = {*multiprocessing.active_children()}
    with open_own_workers(jobs) as workers:
        results = [each.value for each in workers.in_order(map(Slow, range(25)))]
        assert results == [number**2 for number in range(25)]
        assert list(workers.in_order([])) == []
    assert {*multiprocessing.active_children()} <= before


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_do_not_wait_for_tasks_to_come(jobs):
    there = []

    def tasks():
        for number in range(12):
            yield Slow(number)
            if number % 5 == 4:
                yield None
                assert there == [each**2 for each in range(number + 1)]  # before the next task comes

    with open_own_workers(jobs) as workers:
        for each in workers.in_order(tasks()):
            there.append(each.value)
    assert len(there) == 12


def test_tasks_are_taken_as_they_are_done():
    taken = []
    with open_own_workers(2) as workers:
        results = workers.in_order(taken.append(n) or Square(n) for n in range(1000))
        next(results)
        assert len(taken) < 10


def test_the_task_of_a_dead_worker_keeps_its_place(tmp_path):
    with open_own_workers(2) as workers:
        results = list(workers.in_order([Square(1), Deadly("deadly", str(tmp_path), 1), Square(2)]))
    assert [each.task.name for each in results] == ["square-1", "deadly", "square-2"]
    assert results[1] == Done(results[1].task, 1)
