"""Every way to run a corpus gives the same tables, and an interrupted run loses no finished shard."""

import errno
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice

import pytest
from support.corpora import SENTENCES, corpus_settings, done, run

import attncli.corpus.running as running
import attncli.corpus.shards as shards
from attncli.cli.app import run as cli
from attncli.corpus.folder import UNFINISHED, check_folder
from attncli.corpus.parts import HEADER
from attncli.corpus.tables.context import Context
from attncli.corpus.tables.table import DamagedError
from attncli.corpus.workers import Lost, open_workers
from attncli.errors import AttnError, ResourceError, UsageError

COLLECT = ("context", "distance", "entropy", "heads", "weights")
POISON = b"\xff\xfe\n\n" + b"x" * 2**23 + b"\n{}[]\x00\x1b\n"


@pytest.fixture
def text(tmp_path, monkeypatch):
    """Text of several shards, with lines that are none."""
    monkeypatch.setattr(shards, "LARGEST", 2**13)
    path = tmp_path / "text.txt"
    lines = "".join(f"{sentence}\n" for sentence in SENTENCES).encode() * 150
    path.write_bytes(lines + POISON + lines)
    return path


def checksums(folder):
    """Each table by the checksum of its sorted lines; what was skipped counts as one."""
    files = [*folder.glob("*.ndjson"), *folder.glob("weights/*.ndjson")]
    lines = {str(path.relative_to(folder)): sorted(path.read_bytes().splitlines()) for path in files}
    return {name: hashlib.sha256(b"\n".join(each)).hexdigest() for name, each in lines.items()}


@pytest.fixture
def serial(tmp_path, text):
    corpus = run(tmp_path / "serial", [text], corpus_settings(collect=COLLECT))
    assert corpus.manifest["skipped"] == {"not UTF-8": 1, "empty line": 1, "line too long": 1, "no known word": 1}
    return corpus


def left_over(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(UNFINISHED)]


def test_the_same_from_two_processes(tmp_path, text, serial):
    with open_workers(2) as workers:
        run(tmp_path / "two", [text], corpus_settings(collect=COLLECT), workers)
    assert checksums(tmp_path / "two") == checksums(serial.folder)
    assert not left_over(tmp_path / "two")


def test_the_same_from_a_cluster(tmp_path, text, serial):
    with open_workers(2, "local") as workers:
        run(tmp_path / "cluster", [text], corpus_settings(collect=COLLECT), workers)
    assert checksums(tmp_path / "cluster") == checksums(serial.folder)


@dataclass(frozen=True)
class Lacking:
    """A task that needs a package which is not there."""

    name: str = "lacking"

    def __call__(self):
        import no_such_package  # noqa: F401


def test_workers_that_lack_something_are_told_apart_from_faults():
    with (
        open_workers(1, "local") as workers,
        pytest.raises(ResourceError, match=r"scheduler='local': a worker failed with .*Error: "),
    ):
        list(workers.run([Lacking()]))


def test_errors_name_file_and_line(text, serial):
    named = [json.loads(line) for line in (serial.folder / "errors.ndjson").read_text().splitlines()]
    first = 150 * len(SENTENCES)
    assert [(each["file"], each["line"] - first, each["reason"]) for each in named] == [
        (str(text), 1, "not UTF-8"),
        (str(text), 2, "empty line"),
        (str(text), 3, "line too long"),
        (str(text), 4, "no known word"),
    ]


@pytest.mark.parametrize("size", [2**7, 2**20])
def test_small_files_share_shards_and_keep_their_names_and_lines(tmp_path, monkeypatch, size):
    monkeypatch.setattr(shards, "LARGEST", size)
    paths = [tmp_path / f"{number}.txt" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_text("a dog\n" * number + "qwzx\n\nthe king and the queen")
    settings = corpus_settings(collect=COLLECT)
    corpus = run(tmp_path / "out", paths, settings)
    assert (len(corpus.manifest["parts"]) < len(paths)) == (size == 2**20)
    pieces = [piece["name"] for part in corpus.manifest["parts"] for piece in part["pieces"]]
    assert [*dict.fromkeys(pieces)] == [*map(str, paths)]
    named = [json.loads(line) for line in (corpus.folder / "errors.ndjson").read_text().splitlines()]
    assert {(each["file"], each["line"], each["reason"]) for each in named} == {
        (str(path), number + line, reason)
        for number, path in enumerate(paths)
        for line, reason in ((1, "no known word"), (2, "empty line"))
    }
    records = [json.loads(line) for path in corpus.folder.glob("weights/*") for line in path.read_text().splitlines()]
    lines = {(str(path), line) for number, path in enumerate(paths) for line in (*range(1, number + 1), number + 3)}
    assert {(each["file"], each["line"]) for each in records} == lines
    with open_workers(2) as workers:
        run(tmp_path / "two", paths, settings, workers)
    assert checksums(tmp_path / "two") == checksums(corpus.folder)


def dies_once(workers, tasks):
    """The results of processes, one of which is killed while it works."""
    import multiprocessing

    killed = False
    for each in workers.run(tasks):
        if not killed:
            victim = multiprocessing.active_children()[0]
            os.kill(victim.pid, signal.SIGKILL)
            killed = True
        yield each


def test_a_killed_worker_costs_its_shard_one_more_try(tmp_path, text, serial):
    with open_workers(2) as workers:
        corpus = run(tmp_path / "killed", [text], corpus_settings(collect=COLLECT), partial(dies_once, workers))
    assert corpus.manifest["lost"] == 0
    assert checksums(tmp_path / "killed") == checksums(serial.folder)
    assert not left_over(tmp_path / "killed")


def some_of(tasks, count):
    for number, task in enumerate(tasks):
        if number == count:
            raise KeyboardInterrupt
        yield done(task)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_was_done_is_never_done_again(tmp_path, text, serial, monkeypatch, count):
    settings, folder = corpus_settings(collect=COLLECT), tmp_path / "stopped"
    with pytest.raises(KeyboardInterrupt):
        run(folder, [text], settings, lambda tasks: some_of(tasks, count))
    assert not (folder / "manifest.json").exists()
    (folder / "parts" / f"{UNFINISHED}{'1' * 32}-half.npz").write_bytes(b"half")
    results = []

    def counted(tasks):
        for task in tasks:
            results.append(done(task))
            yield results[-1]

    run(folder, [text], settings, counted, resume=True)
    assert sum(each.value.reused for each in results) == count
    assert checksums(folder) == checksums(serial.folder)
    assert not left_over(folder)


def test_another_folder_is_not_written_over(tmp_path, text):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"expected an empty folder$"):
        check_folder(tmp_path / "mine", False)
    with pytest.raises(UsageError, match=r"expected an empty folder, or one of an earlier run"):
        check_folder(tmp_path / "mine", True)


def test_a_full_disk_leaves_whole_parts_alone(tmp_path, text, monkeypatch):
    folder, real = tmp_path / "full", running.written_part
    calls = []

    def write(*given, **how):
        calls.append(given)
        if len(calls) > 2:
            raise OSError(28, "No space left on device")
        return real(*given, **how)

    monkeypatch.setattr(running, "written_part", write)
    with pytest.raises(OSError, match="No space left"):
        run(folder, [text], corpus_settings())
    assert len(list((folder / "parts").iterdir())) == 2


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.txt").write_text("".join(f"{sentence}\n" for sentence in SENTENCES))
    (tmp_path / "small.txt.gz").write_bytes(gzip.compress(b"the king\n"))
    return ["corpus", "small.txt", "small.txt.gz", "--collect", ",".join(COLLECT), "-o", "out", "--json", "-q"]


def test_a_disk_that_is_full_at_any_moment_costs_what_is_at_hand(tmp_path, small, monkeypatch, capsys):
    real, left = os.fsync, 0

    def fsync(file):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    for written in range(20):
        left, there = written, (tmp_path / "out").exists()
        if cli([*small, *(["--resume"] if there else [])]) == 0:
            break
        assert capsys.readouterr() == ("", "error: cannot write the output: No space left on device\n")
        assert not left_over(tmp_path / "out")
        assert not (tmp_path / "out" / "manifest.json").exists()
    assert json.loads(capsys.readouterr().out)["texts"] == 9
    assert 2 < written < 19
    left = 100
    assert cli(["fresh" if each == "out" else each for each in small]) == 0
    assert sorted(checksums(tmp_path / "out").values()) == sorted(checksums(tmp_path / "fresh").values())


@pytest.mark.parametrize("change", ["grows", "shrinks", "is replaced", "is gone"])
def test_a_file_that_changes_under_a_run_ends_it_by_name(tmp_path, text, change):
    def changed(tasks):
        yield done(tasks[0])
        if change == "grows":
            text.write_bytes(text.read_bytes() + b"a dog\n")
        elif change == "shrinks":
            os.truncate(text, 2**14)
        elif change == "is replaced":
            (tmp_path / "other").write_bytes(text.read_bytes())
            os.replace(tmp_path / "other", text)
        else:
            text.unlink()
        yield done(tasks[1])

    with pytest.raises(AttnError, match=r"text.txt.*(has changed|No such file)"):
        run(tmp_path / "out", [text], corpus_settings(), changed)
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_run_without_a_folder_leaves_none_behind(tmp_path, number):
    (tmp_path / "text.txt").write_text("a dog and the king of the river\n" * 400_000)
    (tmp_path / "temporary").mkdir()
    command = [sys.executable, "-m", "attncli", "corpus", "text.txt", "--jobs", "2", "-q"]
    env = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    begun = subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True)
    while not any((tmp_path / "temporary").glob("attn-corpus-*/parts/*")) and begun.poll() is None:
        time.sleep(0.01)
    begun.send_signal(number)
    _, said = begun.communicate(timeout=30)
    assert (begun.returncode, said) == (128 + number, "interrupted; nothing is kept without -o DIR\n")
    assert not [*(tmp_path / "temporary").iterdir()]


@pytest.mark.parametrize("shape", [b"9" * 180, b"1, " * 60, b"1 " * 60])
def test_a_header_of_many_digits_is_read_in_no_time(shape):
    begin = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': ("
    assert HEADER.match(begin + shape + b"x") is None  # with two ways to read digits it takes minutes


def test_a_part_without_the_context_that_was_collected_is_damaged():
    with pytest.raises(DamagedError):
        Context.check_layout({}, None)


@pytest.mark.parametrize("change", [lambda data: data[:100], lambda data: data[:900] + b"xxxxxxxx" + data[908:]])
@pytest.mark.parametrize("places", [["parts", "sums"], ["sums"], ["parts"]], ids=" ".join)
def test_a_damaged_part_is_made_again(tmp_path, text, serial, change, places):
    run(tmp_path / "out", [text], corpus_settings(collect=COLLECT), keep_parts=True)
    for place in places:
        part = min((tmp_path / "out" / place).iterdir())
        part.write_bytes(change(part.read_bytes()))
    run(tmp_path / "out", [text], corpus_settings(collect=COLLECT), resume=True)
    assert checksums(tmp_path / "out") == checksums(serial.folder)


def test_a_run_whose_shards_are_all_lost_says_so_and_can_be_gone_on_with(tmp_path, text, serial):
    with pytest.raises(AttnError, match="no part of the text was done: its worker died"):
        run(
            tmp_path / "out",
            [text],
            corpus_settings(collect=COLLECT),
            lambda tasks: (Lost(t, "its worker died") for t in tasks),
        )
    run(tmp_path / "out", [text], corpus_settings(collect=COLLECT), resume=True)
    assert checksums(tmp_path / "out") == checksums(serial.folder)


def test_records_that_were_lost_are_made_again(tmp_path, text, serial):
    folder = tmp_path / "out"
    run(folder, [text], corpus_settings(collect=COLLECT))
    for path in (folder / "weights").iterdir():
        path.unlink()
    run(folder, [text], corpus_settings(collect=COLLECT), resume=True)
    assert checksums(folder) == checksums(serial.folder)


def test_everything_killed_and_gone_on_with(tmp_path, text):
    """The whole command dies with its workers; what it had done is kept, and nothing else is there afterwards."""
    command = [sys.executable, "-m", "attncli", "corpus", str(text), "-o", str(tmp_path / "out"), "--jobs", "2", "-q"]
    code = (
        f"import attncli.corpus.shards as s; s.LARGEST = 2**13; from attncli.cli.app import run; run({command[3:]!r})"
    )
    begun = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    parts = tmp_path / "out" / "parts"
    while not (parts.is_dir() and any(not path.name.startswith(".") for path in parts.iterdir())):
        time.sleep(0.02)
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    kept = [path for path in parts.iterdir() if not path.name.startswith(".")]
    assert kept
    done = subprocess.run(
        [sys.executable, "-c", code.replace("'-q'", "'-q', '--resume', '--json'")], capture_output=True, text=True
    )
    manifest = json.loads(done.stdout)
    assert {path.stem for path in kept} <= {part["part"] for part in manifest["parts"]}
    assert manifest["texts"] == 2 * 150 * len(SENTENCES)
    assert not left_over(tmp_path / "out")


def test_workers_do_not_outlive_the_run(tmp_path, text):
    import multiprocessing

    with pytest.raises(KeyboardInterrupt), open_workers(2) as workers:
        run(tmp_path / "out", [text], corpus_settings(), partial(_interrupted, workers))
    assert not multiprocessing.active_children()


def _interrupted(workers, tasks):
    yield from islice(workers.run(tasks), 2)
    raise KeyboardInterrupt
