"""The workers of a Dask cluster: the client is open for the whole run, and waits for nothing longer than `PATIENCE`."""

import asyncio
import itertools
import logging
import os
import pickle
import signal
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from typing import Any

from attncli import __version__
from attncli.corpus.threads import one_thread_each
from attncli.corpus.workers import TRIES, Done, Lost, Task
from attncli.errors import AttnError, ResourceError
from attncli.extras import package
from attncli.interrupts import held_back
from attncli.settings.corpus import PATIENCE

EVERY = 0.5  # seconds between looks at the workers, while no result comes
CLOSING = 3  # seconds for a connection to be closed
LONGEST = 200  # characters of a worker's message
ALIKE = "every worker needs the same attn, with the same extras"

Notice = Callable[[str], None]


class Cluster:
    """The workers that a client's scheduler has, at an address that is quoted in errors."""

    def __init__(self, client: Any, address: str, notice: Notice) -> None:
        self._client, self._address, self._notice = client, address, notice
        self._run = uuid.uuid4().hex  # another run of the same text may be on the cluster
        self._numbers = itertools.count()
        self._looked = self._seen = 0.0  # when the workers were asked for, and when there were any
        self._threads = 0  # of all workers

    def run(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """Do tasks, each on any worker; if that dies, once more when there is no other task that may have killed it.

        Raises:
            ResourceError: there is no worker, the scheduler is gone, or a worker is not fit for attn.
            AttnError, OSError: as a task raised them.
        """
        killed = []
        for result in self._results(tasks):
            if isinstance(result, Done):
                yield result
            else:
                killed.append(result.task)
        for task in killed:
            yield from self._results([task])

    def _results(self, tasks: Sequence[Task]) -> Iterator[Done | Lost]:
        """The results of tasks, of which no more are handed out than workers have threads: the rest dies with none."""
        finished: SimpleQueue[Any] = SimpleQueue()
        waiting = deque(tasks)
        running: dict[Any, Task] = {}  # by its future, which ends the task when it is forgotten
        self._seen = time.monotonic()
        while waiting or running:
            self._look()
            while waiting and len(running) < max(self._threads, 1):
                future = self._submit(waiting[0])
                running[future] = waiting.popleft()
                future.add_done_callback(finished.put)
            with suppress(Empty):
                future = finished.get(timeout=EVERY)
                if (result := self._result(future, running[future])) is not None:
                    del running[future]
                    yield result
                else:
                    future.add_done_callback(finished.put)

    def _submit(self, task: Task) -> Any:
        """The future of a task; it is sent as bytes that do it when they are read: a scheduler needs no attn."""
        key = f"{self._run}-{next(self._numbers)}"
        return self._client.submit(pickle.loads, pickle.dumps(_Call(task)), key=key, retries=0, pure=False)

    def _look(self) -> None:
        """Look now and then how many workers there are. Raises ResourceError where there are none for too long."""
        now = time.monotonic()
        if now - self._looked < EVERY:
            return
        try:
            threads = self._client.sync(self._client.scheduler.ncores, callback_timeout=PATIENCE)
        except Exception:  # of many kinds, and all mean the same
            raise self._gone() from None
        self._looked, self._threads = now, sum(threads.values())
        if self._threads:
            self._seen = now
            return
        self._notice(f"waiting for workers of {self._address}")
        if now - self._seen > PATIENCE:
            raise self._fault(
                f"expected a worker within {PATIENCE} s, got none", f"start one: dask worker {self._address}"
            )

    def _result(self, future: Any, task: Task) -> Done | Lost | None:
        """The result of a finished future; None if its worker died with it, so that it is not finished any more."""
        if future.status in ("cancelled", "lost"):
            raise self._gone()
        try:
            if (error := future.exception(timeout=PATIENCE)) is None:
                return Done(task, future.result(timeout=PATIENCE))
        except TimeoutError:
            return None
        except Exception:  # not the task's, which is not raised: no way to the result
            raise self._gone() from None
        if isinstance(error, package("distributed", "--scheduler").KilledWorker):
            return Lost(task, f"its worker died {TRIES * (error.allowed_failures + 1)} times")
        raise self._error_of(error)

    def _gone(self) -> ResourceError:
        return self._fault("lost the connection to the scheduler", "see that it runs, then go on: --resume")

    def _error_of(self, error: BaseException) -> BaseException:
        """The error that a task raised, or one that names the fault of the workers themselves."""
        if isinstance(error, AttnError) and self._address == "local":
            error.place = None  # it is this one
        if isinstance(error, AttnError | OSError):
            return error
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("attncli"):
            return self._fault("a worker has no attn", f"install attn {__version__} on every worker")
        message = " ".join(str(error).split())[:LONGEST]
        return self._fault(f"a worker failed with {type(error).__name__}: {message}", ALIKE)

    def _fault(self, reason: str, hint: str) -> ResourceError:
        return _fault(self._address, reason, hint)


def _fault(address: str, reason: str, hint: str) -> ResourceError:
    return ResourceError(reason, hint, setting="scheduler", value=address)


class _Call:
    """A task whose result is the value that its pickle has."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __reduce__(self) -> tuple[Any, ...]:
        return do, (__version__, pickle.dumps(self._task))


_ONE_AT_A_TIME = threading.Lock()  # a worker may have several threads, but has one reader


def do(version: str, task: bytes) -> Any:
    """The result of a task on a worker; its pickle is read only by the version of attn that wrote it.

    Raises:
        ResourceError: it was another version.
    """
    try:
        if version != __version__:
            reason = f"expected attn {version} on every worker, got {__version__}"
            raise ResourceError(reason, f"install attn {version} there")
        with _ONE_AT_A_TIME:
            return pickle.loads(task)()
    except AttnError as error:
        error.place = f"on the worker {package('distributed', '--scheduler').get_worker().address}"
        raise


@contextmanager
def open_cluster(address: str, jobs: int, notice: Notice) -> Iterator[Cluster]:
    """The workers of the scheduler at an address, or for `local` of one with `jobs` workers that lasts as long as this.

    `notice` gets a few words about anything that is waited for.

    Raises:
        ResourceError: the extra is missing, or no scheduler answers at the address.
    """
    distributed = package("distributed", "--scheduler")
    import dask

    one_thread_each()
    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": PATIENCE}
    with dask.config.set(settings), _without_logs():
        opened = _local(distributed, jobs) if address == "local" else _client(distributed, address, notice)
        with opened as client:
            yield Cluster(client, address, notice)


@contextmanager
def _without_logs() -> Iterator[None]:
    """Without the lines that Dask logs about anything that goes wrong: an error says it once."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextmanager
def _local(distributed: Any, jobs: int) -> Iterator[Any]:
    """A client of a cluster of this machine."""
    clusters: list[Any] = []
    try:
        with held_back(), _signals_blocked():
            clusters.append(_started(distributed, jobs))
        with _closed_in_the_end(distributed.Client(clusters[0])) as client:
            yield client
    finally:
        with held_back(), suppress(Exception):
            for cluster in clusters:
                _end(cluster)


def _started(distributed: Any, jobs: int) -> Any:
    places = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "scheduler_port": 0}
    try:
        return distributed.LocalCluster(jobs, threads_per_worker=1, silence_logs=logging.CRITICAL, **places)
    except (OSError, RuntimeError) as error:
        message = " ".join(str(error).split())[:LONGEST]
        raise _fault("local", message, "try fewer --jobs, or processes alone: no --scheduler") from error


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Processes and threads started in here never get Ctrl-C or a hang-up: this thread does, when all have started."""
    signals = {signal.SIGINT, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        resource_tracker.ensure_running()  # the first process of `multiprocessing`, which lets signals through
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(cluster: Any) -> None:
    """End a cluster with its workers at any point: asked to, they would do their tasks first."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        with suppress(OSError, TypeError):  # it has no process
            os.kill(nanny.pid, signal.SIGKILL)
    cluster.close(timeout=CLOSING)


@contextmanager
def _client(distributed: Any, address: str, notice: Notice) -> Iterator[Any]:
    """A client of the scheduler at an address."""
    notice(f"connecting to {address}")
    try:
        asyncio.run(asyncio.wait_for(_check_scheduler(distributed, address), PATIENCE))
        client = distributed.Client(address, timeout=PATIENCE)
    except AttnError:
        raise
    except socket.gaierror as error:
        raise _fault(address, "expected the name of a host", str(error.strerror or error)) from error
    except Exception as error:  # of many kinds, as the bytes may be anything's
        raise _fault(address, "no Dask scheduler answers", "start one: dask scheduler") from error
    with _closed_in_the_end(client):
        yield client


@contextmanager
def _closed_in_the_end(client: Any) -> Iterator[Any]:
    try:
        yield client
    finally:
        with held_back(), suppress(Exception):  # the scheduler may be gone, and all is done
            client.close(timeout=CLOSING)


async def _check_scheduler(distributed: Any, address: str) -> None:
    """Check that a scheduler is at an address; the client itself would wait for an answer for ever."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    await asyncio.get_running_loop().getaddrinfo(host.strip("[]"), port)
    keys = distributed.Security().get_connection_args("client")
    async with distributed.rpc(address, connection_args=keys) as there:
        kind = (await there.identity())["type"]
    if kind != "Scheduler":
        raise _fault(address, f"expected a Dask scheduler, got a {kind.lower()}", "give the scheduler's address")
