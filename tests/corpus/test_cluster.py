"""A cluster that fails ends a run within its patience, in one line that says how to go on; the parts are kept."""

import http.server
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import distributed
import psutil
import pytest
from support.command import BARE, COMMAND, attn
from support.corpora import SENTENCES
from support.dask_cluster import Scheduler

import attncli.corpus.cluster as cluster
import attncli.corpus.shards as shards
from attncli.corpus.workers import open_workers
from attncli.errors import ResourceError

COLLECT = "context,distance,weights"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 3)
    monkeypatch.setattr(cluster, "EVERY", 0.1)
    monkeypatch.setattr(shards, "LARGEST", 2**13)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    with Scheduler(tmp_path_factory.mktemp("scheduler")) as scheduler:
        yield scheduler


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "text.txt").write_text("".join(f"{sentence}\n" for sentence in SENTENCES) * 150)
    return tmp_path


def corpus(folder, address, *more, output="out"):
    began = time.monotonic()
    arguments = "text.txt", "-o", output, "--collect", COLLECT, *more
    done = attn("corpus", *arguments, *(("--scheduler", address) if address else ()), cwd=folder)
    assert time.monotonic() - began < 30
    return done


def failed(done, code=3):
    """The lines of an error and its hint, and nothing else."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    error, hint = done.stderr.splitlines()
    return error.removeprefix("error: "), hint.removeprefix("hint: ")


def tables(folder):
    """Each table as it is, and the records of all shards."""
    files = {path.name: path.read_bytes() for path in folder.glob("*.ndjson")}
    records = [line for path in (folder / "weights").iterdir() for line in path.read_bytes().splitlines()]
    return files | {"weights": sorted(records)}


def check_same_as_serial(folder, done):
    """The tables of a run on a cluster are those of a run in this process, byte for byte."""
    assert done.returncode == 0, done.stderr
    assert corpus(folder, None, output="serial").returncode == 0
    assert tables(folder / "out") == tables(folder / "serial")


NO_ADDRESSES = (
    "",
    "tcp://",
    "tcp://127.0.0.1",
    "127.0.0.1",
    "foo://host:1",
    "tcp://host:99999",
    "tcp://host:1/x",
    "a b:1",
)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_a_malformed_address_is_wrong_usage(folder, address):
    error, hint = failed(attn("corpus", "text.txt", "--scheduler", address, cwd=folder), 2)
    assert error == f"--scheduler {address!r}: expected local or tcp://HOST:PORT"
    assert hint == "for example --scheduler tcp://localhost:8786"


@contextmanager
def silence():
    """The port of a server that accepts, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class _Silent(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def web():
    """The port of a server of pages."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@contextmanager
def nobody():
    """A port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield port


@pytest.mark.parametrize("server", [silence, web, nobody])
def test_a_port_without_a_scheduler(folder, server):
    with server() as port:
        error, hint = failed(corpus(folder, f"tcp://127.0.0.1:{port}"))
    assert error == f"--scheduler 'tcp://127.0.0.1:{port}': no Dask scheduler answers"
    assert hint == "start one: dask scheduler"


def test_a_host_that_does_not_exist(folder):
    error, _ = failed(corpus(folder, "tcp://no-such-host.invalid:8786"))
    assert error == "--scheduler 'tcp://no-such-host.invalid:8786': expected the name of a host"


def test_a_worker_is_no_scheduler(folder, scheduler):
    port = _free_port()
    with scheduler.worker(port=port):
        error, hint = failed(corpus(folder, f"tcp://127.0.0.1:{port}"))
    assert error == f"--scheduler 'tcp://127.0.0.1:{port}': expected a Dask scheduler, got a worker"
    assert "scheduler" in hint


def _free_port():
    with nobody() as port:
        return port


def test_a_local_cluster_that_does_not_start(folder, monkeypatch):
    def start(*_, **__):
        raise RuntimeError("Cluster failed to start:\n  no port")

    monkeypatch.setattr(distributed, "LocalCluster", start)
    error, hint = failed(corpus(folder, "local"))
    assert error == "--scheduler 'local': Cluster failed to start: no port"
    assert "--jobs" in hint


def test_no_worker_within_a_stated_patience(folder, scheduler):
    error, hint = failed(corpus(folder, scheduler.address))
    assert error == f"--scheduler {scheduler.address!r}: expected a worker within 3 s, got none"
    assert hint == f"start one: dask worker {scheduler.address}"


def test_the_progress_names_the_reason_for_a_wait(scheduler):
    notices = []
    with pytest.raises(ResourceError), open_workers(1, scheduler.address, notices.append) as workers:
        list(workers.run([UNFIT]))
    assert notices[0] == f"connecting to {scheduler.address}"
    assert {*notices[1:]} == {f"waiting for workers of {scheduler.address}"}


UNFIT = {
    "without attn": ("import sys; sys.modules['attncli'] = None", "a worker has no attn", "install attn "),
    "another version": ("import attncli; attncli.__version__ = '0.0.1'", "on every worker, got 0.0.1", "install attn "),
    "without a package": (
        "import sys; sys.modules['attncli.corpus.opening'] = None",
        "a worker has no attn",
        "install attn ",
    ),
    "without the folder": (
        "import attncli.corpus.merging as merging; merging.PARTS = 'elsewhere'",
        "expected the folder",
        "a shared file system",
    ),
    "another file system": (
        "import attncli.corpus.parts as p, pathlib, tempfile; other = pathlib.Path(tempfile.mkdtemp());"
        "p.part_path = lambda folder, name, place='': other / f'{name}.npz'",
        "a worker made a part that is not in",
        "a shared file system",
    ),
}


@pytest.mark.parametrize(("begin", "reason", "way_on"), UNFIT.values(), ids=UNFIT)
def test_a_worker_that_is_not_fit(folder, scheduler, begin, reason, way_on):
    with scheduler.worker(begin):
        error, hint = failed(corpus(folder, scheduler.address))
    assert reason in error
    assert way_on in hint


@pytest.mark.parametrize("has", ["none", "others"])
def test_a_worker_has_no_vectors_of_that_name_or_others(folder, scheduler, has):
    text = "dog 1 2\nthe 3 1\nriver 2 2\n"
    homes = {name: folder / name for name in ("mine", "its")}
    for name, content in (("mine", text), ("its", text.replace("1 2", "7 7"))):
        (folder / f"{name}.txt").write_text(content)
        if name == "mine" or has == "others":
            add = "vectors", "add", f"{name}.txt", "--name", "small"
            assert attn(*add, cwd=folder, env={"ATTN_HOME": str(homes[name])}).returncode == 0
    arguments = "corpus", "text.txt", "-o", "out", "--vectors", "small", "--scheduler", scheduler.address
    with scheduler.worker(env={"ATTN_HOME": str(homes["its"])}) as _:
        error, _ = failed(attn(*arguments, cwd=folder, env={"ATTN_HOME": str(homes["mine"])}))
    assert "'small'" in error
    assert "(on the worker tcp://127.0.0.1:" in error


def test_a_worker_with_several_threads_gives_the_same(folder, scheduler):
    with scheduler.worker(threads=4):
        check_same_as_serial(folder, corpus(folder, scheduler.address))


@contextmanager
def killed_at_the_first_part(folder, process):
    """A process that is killed as soon as a part is there."""

    def kill():
        while not any((folder / "out" / "parts").glob("*.npz")) and process.poll() is None:
            time.sleep(0.005)
        process.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        process.kill()
        thread.join()


def check_kept_and_completed(folder, scheduler):
    parts = {path: path.stat().st_mtime_ns for path in (folder / "out" / "parts").glob("*.npz")}
    assert parts
    with scheduler.worker():
        done = corpus(folder, scheduler.address, "--resume", "--json")
    check_same_as_serial(folder, done)


def test_all_workers_die(folder, scheduler):
    with scheduler.worker() as worker, killed_at_the_first_part(folder, worker):
        error, _ = failed(corpus(folder, scheduler.address))
    assert error == f"--scheduler {scheduler.address!r}: expected a worker within 3 s, got none"
    check_kept_and_completed(folder, scheduler)


def test_one_of_two_workers_dies(folder, scheduler):
    with scheduler.worker(), scheduler.worker() as worker, killed_at_the_first_part(folder, worker):
        check_same_as_serial(folder, corpus(folder, scheduler.address))


def test_the_scheduler_dies(folder, tmp_path, scheduler):
    (tmp_path / "mortal").mkdir()
    with Scheduler(tmp_path / "mortal") as mortal, mortal.worker(), killed_at_the_first_part(folder, mortal.process):
        error, hint = failed(corpus(folder, mortal.address))
    assert error == f"--scheduler {mortal.address!r}: lost the connection to the scheduler"
    assert "--resume" in hint
    check_kept_and_completed(folder, scheduler)


@contextmanager
def accepting():
    """The address of a silent server, and whether somebody has come."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", lambda: _accepted(server)


def _accepted(server):
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("moment", ["connecting", "starting", "in shards"])
def test_an_interrupt_ends_it_at_once_and_says_nothing_but_how_to_go_on(folder, moment):
    """Ctrl-C, which all processes of the terminal get."""
    (folder / "text.txt").write_text((folder / "text.txt").read_text() * 40)
    moments = {
        "starting": lambda: psutil.Process(begun.pid).children(),
        "in shards": lambda: any((folder / "out" / "parts").glob("*.npz")),
    }
    with accepting() as (address, come):
        address = address if moment == "connecting" else "local"
        begun = _begin(folder, "--jobs", "2", "--scheduler", address)
        while not moments.get(moment, come)() and begun.poll() is None:
            time.sleep(0.01)
        os.killpg(begun.pid, signal.SIGINT)
        out, said = begun.communicate(timeout=10)
    assert (begun.returncode, out) == (130, ""), said
    kept, way_on = said.splitlines()
    assert kept.startswith("interrupted")
    assert way_on == f"go on: attn corpus text.txt -o out --jobs 2 --scheduler {address} --resume"


def _begin(folder, *more):
    """A run of its own, in a group of processes of its own."""
    command = [*COMMAND, "corpus", "text.txt", "-o", "out", *more]
    streams = {"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, env=BARE, process_group=0, **streams)
