"""One thread a process, enough for many small products, as several processes share the cores. Without NumPy."""

import os

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def one_thread_each() -> None:
    """Keep NumPy's BLAS to one thread in this process's children, and here if NumPy is not there yet."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
