import builtins
import contextlib
import errno
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from support.command import attn, attn_process
from support.failing import fail_at
from support.vector_files import GENSIM_DATA, TEXT

from attncli.errors import AttnError
from attncli.vectors import open_vectors
from attncli.vectors.gensim_parts import keyed_vectors
from attncli.vectors.store import writing

ROWS = 6000


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "set.txt"
    path.write_bytes(b"".join(b"w%d %d 1 2 3 4 5 6 7\n" % (i, i) for i in range(ROWS)))
    return path


def left_in(home):
    """What lies beside the stores."""
    return [path.name for path in home.rglob("*") if path.parent.name == "vectors" and "@" not in path.name]


def whole(path):
    return open_vectors(path).find([f"w{ROWS - 1}"]) == {f"w{ROWS - 1}": ROWS - 1}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the moments are made with fork")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_at_any_moment_the_store_is_absent_or_whole(file, attn_home, number):
    program = f"""
        import os, random, signal, time
        from attncli.vectors import open_vectors
        from attncli.vectors.gensim_parts import keyed_vectors
        keyed_vectors()  # takes a second, in which nothing is written
        started = time.perf_counter()
        for moment in range(21):
            child = os.fork()
            if not child:
                try:
                    open_vectors({str(file)!r})
                finally:
                    os._exit(0)
            if moment:
                time.sleep(random.Random(moment).uniform(0, 1.2) * whole)
                os.kill(child, {int(number)})
            os.waitpid(child, 0)
            whole = time.perf_counter() - started if not moment else whole
            folder = os.path.join({str(attn_home)!r}, "vectors")
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                if "@" in name:
                    assert len(os.listdir(os.path.join(folder, name))) == 3
                    os.rename(os.path.join(folder, name), f"{{folder}}-{{moment}}")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, stderr=subprocess.DEVNULL)
    assert whole(file)
    assert left_in(attn_home) == []


def test_a_temporary_folder_of_the_dead_is_removed_and_one_of_the_living_stays(tmp_path):
    dead, living = tmp_path / f".{'d' * 16}.tmp", tmp_path / "other"
    dead.mkdir()
    (dead / "vectors.npy").write_bytes(b"1")
    (tmp_path / f".{'e' * 16}.tmp").symlink_to(living)
    living.mkdir()
    with writing.temporary_folder(tmp_path) as first, writing.temporary_folder(tmp_path) as second:
        (first / "kept").write_bytes(b"1")
        assert first.is_dir()
        assert second.is_dir()
        assert not dead.exists()
    assert sorted(os.listdir(tmp_path)) == [f".{'e' * 16}.tmp", "other"]


def test_a_temporary_folder_swept_before_it_was_locked_is_begun_again(tmp_path, monkeypatch):
    lock, swept = writing._lock, []

    def too_late(folder, *, wait):
        if wait and not swept:
            swept.append(folder)
            descriptor = lock(folder, wait=True)
            folder.rmdir()
            return descriptor
        return lock(folder, wait=wait)

    monkeypatch.setattr(writing, "_lock", too_late)
    with writing.temporary_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert folder != swept[0]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("target", "name"),
    [
        (os, "fsync"),
        (os, "rename"),
        (os, "open"),
        (os, "mkdir"),
        (np, "save"),
        (sqlite3, "connect"),
        (builtins, "open"),
    ],
)
@pytest.mark.parametrize("source", [None, "toy-model.bin"])
def test_whatever_call_of_an_import_fails_the_next_one_works(file, attn_home, target, name, error, source):
    path = file if source is None else GENSIM_DATA / source
    if source is None:
        file.write_bytes(TEXT)
    keyed_vectors()
    for call in range(1, 40):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ATTN_HOME", str(attn_home / str(call)))
            calls = fail_at(patch, call, target, name, error)
            with contextlib.suppress(AttnError, KeyboardInterrupt):
                open_vectors(path)
            reached = len(calls) >= call
            patch.undo()
            patch.setenv("ATTN_HOME", str(attn_home / str(call)))
            assert open_vectors(path).words
            assert left_in(attn_home) == []
        if not reached:
            assert call > 1
            return
    pytest.fail(f"{name} is called more than 40 times")


@pytest.mark.parametrize("limit", [0, 1000, 50_000, 150_000])
def test_under_ulimit_f_nothing_is_left(file, attn_home, limit):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    env = {"ATTN_HOME": str(attn_home), "PYTHONDONTWRITEBYTECODE": "1"}  # Python itself leaves broken .pyc files
    done = attn_process("explain", "w1 w2", "--vectors", str(file), env=env, preexec_fn=limited)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 2
    assert "could not be kept" in done.stderr
    assert left_in(attn_home) == []
    assert not list(attn_home.rglob("*.npy"))
    assert whole(file)


@pytest.fixture(params=["size=1m", "ro"])
def small_disk(tmp_path, request):
    """A disk of 1 MB, and one that cannot be written to, where they may be made."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", request.param, "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_on_a_disk_of_1_mb_or_a_read_only_one_it_explains_with_one_note(small_disk, file):
    file.write_bytes(b"".join(b"w%d %d" % (i, i) + b" 1" * 99 + b"\n" for i in range(ROWS)))
    done = attn("explain", "w1 w2", "--vectors", str(file), env={"ATTN_HOME": str(small_disk)})
    assert done.returncode == 0
    assert done.stderr.count("could not be kept") == 1
    assert not list(small_disk.rglob("*.*"))


def test_eight_first_uses_at_once_leave_one_store_and_nothing_else(file, attn_home):
    command = [sys.executable, "-m", "attncli", "explain", "w1 w2", "--vectors", str(file), "--json"]
    environment = {**os.environ, "ATTN_HOME": str(attn_home)}
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(8)]
    outputs = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 8
    assert len(outputs) == 1
    assert len(os.listdir(attn_home / "vectors")) == 1
