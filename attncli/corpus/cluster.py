"""The workers of a Dask cluster: the client is open for the whole run."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attncli import __version__
from attncli.corpus.threads import one_thread_each
from attncli.corpus.workers import TRIES, Done, Lost, Task
from attncli.errors import AttnError, ResourceError
from attncli.extras import package

PATIENCE = 10  # seconds for a scheduler to answer
LONGEST = 200  # characters of a worker's message


class Cluster:
    """The workers that a client's scheduler has, at an address that is quoted in errors."""

    def __init__(self, client: Any, address: str) -> None:
        self._client, self._address = client, address
        self._run = uuid.uuid4().hex  # another run of the same text may be on the cluster

    def run(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """Do tasks, each on any worker."""
        distributed = package("distributed", "--scheduler")
        futures = {self._submit(task): task for task in tasks}
        for future in distributed.as_completed(futures):
            error = future.exception()
            if error is None:
                yield Done(futures[future], future.result())
            elif isinstance(error, distributed.scheduler.KilledWorker):
                yield Lost(futures[future], f"its worker died {TRIES} times")
            else:
                raise self._error_of(error)

    def _submit(self, task: Task) -> Any:
        key = f"{self._run}-{task.name}"
        return self._client.submit(do, task, __version__, key=key, retries=0, pure=False)

    def _error_of(self, error: BaseException) -> BaseException:
        """The error that a task raised, or one that names the fault of the workers themselves."""
        if isinstance(error, AttnError | OSError):
            return error
        message = " ".join(str(error).split())[:LONGEST]
        return ResourceError(
            f"a worker failed with {type(error).__name__}: {message}",
            "its log says more; every worker needs the same attn, with the same extras",
            setting="scheduler",
            value=self._address,
        )


def do(task: Task, version: str) -> Any:
    """The result of a task on a worker.

    Raises:
        ResourceError: another version of attn planned it.
    """
    if version != __version__:
        raise ResourceError(
            f"expected attn {version} on every worker, got {__version__}", "install one version everywhere"
        )
    return task()


@contextmanager
def open_cluster(address: str, jobs: int) -> Iterator[Cluster]:
    """The workers of the scheduler at an address, or for `local` of one with `jobs` workers that lasts as long as this.

    Raises:
        ResourceError: the extra is missing, or no scheduler answers at the address.
    """
    distributed = package("distributed", "--scheduler")
    import dask

    one_thread_each()
    settings = {"distributed.scheduler.allowed-failures": TRIES - 1, "distributed.comm.timeouts.connect": PATIENCE}
    with dask.config.set(settings):
        if address == "local":
            local = distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_port=0,
            )
            with local as cluster, distributed.Client(cluster) as client:
                yield Cluster(client, address)
            return
        try:
            client = distributed.Client(address, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            hint = "start one: dask scheduler"
            raise ResourceError("does not answer", hint, setting="scheduler", value=address) from error
        with client:
            yield Cluster(client, address)
