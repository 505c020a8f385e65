"""A real Dask scheduler and its workers, each a process of this machine, on ports that the system chooses."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import distributed

HERE = "--no-dashboard", "--host", "127.0.0.1"


@contextmanager
def _running(program, *arguments, env=None):
    command = [sys.executable, "-m", f"distributed.cli.dask_{program}", *HERE, *map(str, arguments)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, **quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class Scheduler:
    """A scheduler at `address`, and workers that end with it."""

    def __init__(self, folder):
        self._folder, self._stack = folder, ExitStack()

    def __enter__(self):
        self._stack.__enter__()
        file = self._folder / "scheduler.json"
        self.process = self._stack.enter_context(_running("scheduler", "--port", 0, "--scheduler-file", file))
        self.address = _address(file)
        return self

    def __exit__(self, *error):
        self._stack.__exit__(*error)

    @contextmanager
    def worker(self, begin="", threads=1, env=None, port=0):
        """A worker that runs some code before anything else, once the scheduler has it."""
        before = self._workers()
        preload = self._folder / "begin.py"
        preload.write_text(begin)
        local = "--local-directory", self._folder, "--nthreads", threads, "--no-nanny", "--worker-port", port
        with _running("worker", self.address, *local, "--preload", preload, env=env) as process:
            while process.poll() is None and len(self._workers() - before) == 0:
                time.sleep(0.05)
            yield process

    def _workers(self):
        """The addresses of the workers that the scheduler has."""
        with distributed.Client(self.address, set_as_default=False) as client:
            return {*client.scheduler_info(n_workers=-1)["workers"]}


def _address(file):
    while True:
        try:
            return json.loads(file.read_text())["address"]
        except (OSError, ValueError):  # not there yet, or not whole
            time.sleep(0.02)
