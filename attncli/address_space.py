"""A limit of address space (`ulimit -v`), applied before NumPy is imported: its BLAS ends the process where it fails.

OpenBLAS takes room for every core at once, 2.8 GB on 64 of them, and does not report a failure.
"""

import os
from collections.abc import Mapping, MutableMapping
from contextlib import suppress

NEEDED = 256 * 2**20  # bytes: a sentence with the embedded set takes 150 MB of them, one with a small model 140 MB
THREAD = 64 * 2**20  # bytes: 32 MB and a stack of 8 MB are usual
GROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")  # limits of a container
THREADS = "OPENBLAS_NUM_THREADS"


def limit() -> int | None:
    """The bytes of address space that this process may have, None without a limit."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    found = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if found == resource.RLIM_INFINITY else found


def memory() -> int | None:
    """The bytes of memory that this process may have: the machine's, or fewer by a limit; None: unknown."""
    found = [limit(), *map(_number_in, GROUPS)]
    with suppress(AttributeError, ValueError, OSError):  # not on Windows
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min((each for each in found if each is not None), default=None)


def _number_in(path: str) -> int | None:
    """The number that a file of the system holds, None if it holds none: `max`."""
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def heed(limit: int | None, environment: MutableMapping[str, str] = os.environ) -> str | None:
    """Let the BLAS take as many threads as there is room for; an error text where there is no room for one."""
    if limit is None:
        return None
    if limit < NEEDED:
        return f"ulimit -v leaves {limit / 2**20:,.0f} MB of address space; needed are {NEEDED // 2**20} MB"
    environment[THREADS] = str(min(thread_count(environment), 1 + (limit - NEEDED) // THREAD))
    return None


def thread_count(environment: Mapping[str, str]) -> int:
    """The threads that the BLAS would take: one a core, or the number in the environment."""
    threads = environment.get(THREADS, "")
    return int(threads) if threads.isascii() and threads.isdigit() and int(threads[:6]) > 0 else os.cpu_count() or 1
