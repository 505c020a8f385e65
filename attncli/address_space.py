"""A limit of address space (`ulimit -v`), heeded before NumPy is imported: its BLAS ends the process where it fails.

OpenBLAS takes room for every core at once, 2.8 GB on 64 of them, and does not report that there is none.
"""

import os
from collections.abc import Mapping, MutableMapping

NEEDED = 256 * 2**20  # bytes: a sentence with the embedded set takes 150 MB of them, one with a small model 140 MB
THREAD = 64 * 2**20  # bytes: 32 MB and a stack of 8 MB are usual
THREADS = "OPENBLAS_NUM_THREADS"


def limit() -> int | None:
    """The bytes of address space that this process may have, None without a limit."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    found = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if found == resource.RLIM_INFINITY else found


def heed(limit: int | None, environment: MutableMapping[str, str] = os.environ) -> str | None:
    """Let the BLAS take as many threads as there is room for; what is wrong where there is not room for one."""
    if limit is None:
        return None
    if limit < NEEDED:
        return f"ulimit -v leaves {limit / 2**20:,.0f} MB of address space; needed are {NEEDED // 2**20} MB"
    environment[THREADS] = str(min(wanted(environment), 1 + (limit - NEEDED) // THREAD))
    return None


def wanted(environment: Mapping[str, str]) -> int:
    """The threads that the BLAS would take: a core each, or what the environment says."""
    said = environment.get(THREADS, "")
    return int(said) if said.isascii() and said.isdigit() and int(said[:6]) > 0 else os.cpu_count() or 1
