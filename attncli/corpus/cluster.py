"""Shards on a Dask cluster: the same function, one task a shard, small results."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attncli.corpus.running import Done, Task, run_shard
from attncli.corpus.threads import one_thread_each
from attncli.corpus.workers import TRIES, Lost
from attncli.errors import AttnError, ResourceError
from attncli.extras import package

PATIENCE = 10  # seconds for a scheduler to answer
LONGEST = 200  # characters of a worker's message


def run_on_cluster(tasks: Sequence[Task], address: str, jobs: int) -> Iterator[Done | Lost]:
    """The answer for each shard, as it is done; `address` is a scheduler's, or `local` for `jobs` workers here.

    Raises:
        ResourceError: the extra is missing, or no scheduler answers at the address.
        AttnError, OSError: as `run_shard` raised them.
    """
    distributed = package("distributed", "--scheduler")
    with _client(distributed, address, jobs) as client:
        futures = {client.submit(run_shard, task, key=task.name, retries=0, pure=False): task for task in tasks}
        for future in distributed.as_completed(futures):
            error = future.exception()
            if error is None:
                yield future.result()
            elif isinstance(error, distributed.scheduler.KilledWorker):
                yield Lost(futures[future], f"its worker died {TRIES} times")
            else:
                raise _error_of(error, address)


def _error_of(error: BaseException, address: str) -> BaseException:
    """The error that `run_shard` raised, or one that names the fault of the workers themselves."""
    if isinstance(error, AttnError | OSError):
        return error
    message = " ".join(str(error).split())[:LONGEST]
    return ResourceError(
        f"a worker failed with {type(error).__name__}: {message}",
        "its log says more; every worker needs the same attn, with the same extras",
        setting="scheduler",
        value=address,
    )


@contextmanager
def _client(distributed: Any, address: str, jobs: int) -> Iterator[Any]:
    import dask

    one_thread_each()
    settings = {"distributed.scheduler.allowed-failures": TRIES - 1, "distributed.comm.timeouts.connect": PATIENCE}
    with dask.config.set(settings):
        if address == "local":
            local = distributed.LocalCluster(
                n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, scheduler_port=0
            )
            with local as cluster, distributed.Client(cluster) as client:
                yield client
            return
        try:
            client = distributed.Client(address, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            hint = "start one: dask scheduler"
            raise ResourceError("does not answer", hint, setting="scheduler", value=address) from error
        with client:
            yield client
