"""Work that NumPy and the operating system do side by side."""

import os
from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def together(works: Iterable[Callable[[], Result]]) -> list[Result]:
    """The results of all works, in order; the first that fails fails here.

    An interrupt is not kept waiting: the threads are daemons (those of `concurrent.futures` are waited for at exit,
    and importing it takes as long as a whole look-up).
    """
    works = list(works)
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except BaseException as error:
            errors[place] = error

    threads = [Thread(target=run, args=(place,), daemon=True) for place in range(1, len(works))]
    for thread in threads:
        thread.start()
    run(0)
    for thread in threads:
        thread.join()
    for place in sorted(errors):
        raise errors[place]
    return [results[place] for place in range(len(works))]
