"""The merge of a corpus: a tree of steps that any workers do, as much work a part however many there are."""

import os
from collections import Counter

import numpy as np
import pytest
from support.corpora import SENTENCES, corpus_settings, read_table, run

import attncli.corpus.merging as merging
import attncli.corpus.pairs as pairs
import attncli.corpus.parts as parts
import attncli.corpus.tree as tree
from attncli.corpus.folder import prepare
from attncli.corpus.merging import CheckTask, MergeTask
from attncli.corpus.pairs import Pairs, Run, added, grouped, joined, merged
from attncli.corpus.parts import Part, part_path, written_part
from attncli.corpus.tables.context import Context
from attncli.corpus.tree import Tree, levels
from attncli.corpus.workers import Done, Lost, ThisProcess, open_workers
from attncli.errors import AttnError, ResourceError

WORDS = 300
REPORT = {
    "shards": 1,
    "lines": 9,
    "texts": 8,
    "words": 70,
    "unknown": 2,
    "separated": 0,
    "seconds": 0.5,
    "skipped": {},
    "names": {},
}


@pytest.mark.parametrize(
    ("shards", "nodes"), [(1, []), (256, []), (257, [2]), (2**16, [256]), (2**16 + 1, [257, 2]), (10**5, [391, 2])]
)
def test_levels_have_a_node_for_so_many_below(shards, nodes):
    names = [str(number) for number in range(shards)]
    found = levels(names)
    assert [len(level) for level in found] == nodes
    for level in found:
        assert [name for node in level for name in node] == names


def test_a_lost_shard_changes_only_the_nodes_above_it(monkeypatch):
    monkeypatch.setattr(tree, "FAN", 2)
    whole, less = (levels(names) for names in (["a", "b", "c", "d", "e"], ["a", "b", "c", None, "e"]))
    assert whole == [[("a", "b"), ("c", "d"), ("e",)], [("a", "b", "c", "d"), ("e",)]]
    assert less == [[("a", "b"), ("c",), ("e",)], [("a", "b", "c"), ("e",)]]


@pytest.fixture
def small(monkeypatch):
    """Nodes of two, ranges of a few words, blocks of a few pairs."""
    monkeypatch.setattr(tree, "FAN", 2)
    monkeypatch.setattr(tree, "PAIRS", 400)
    monkeypatch.setattr(pairs, "BLOCK", 16)
    monkeypatch.setattr(pairs, "AT_ONCE", 128)


SETTINGS = corpus_settings(collect=("context",), kept=3)


def leaves(folder, count, size=200):
    """Parts of so many shards, and their pairs."""
    prepare_folder(folder)
    made = []
    for number in range(count):
        rng = np.random.default_rng(number)
        codes = rng.zipf(1.3, size) % WORDS << 32 | rng.integers(0, WORDS, size)
        made.append(grouped(codes, rng.random(size).astype(np.float32)))
        table = Context()
        table._runs = [made[-1]]
        with written_part(part_path(folder, f"{number:032x}"), sync=False) as part:
            table.write(part)
            part.report(REPORT | {"named": [[0, 0, number, "empty line"]]})
    return [f"{number:032x}" for number in range(count)], made


def prepare_folder(folder):
    folder.mkdir()
    prepare(folder)


def rows_of(paths):
    """Times and sum by code in the order of the parts."""
    runs = [joined(merged([Run(Part(path).group(Context))])) for path in paths]
    return list(zip(*(array.tolist() for array in joined(runs)[:3]), strict=True))


def strongest_by_hand(made):
    """The three strongest of each word, codes rising."""
    every = added(made)
    found = []
    for word in np.unique(every.code >> 32):
        own = [(-total, code, times) for code, times, total, _ in zip(*every, strict=True) if code >> 32 == word]
        found += sorted((code, times, pytest.approx(-total, rel=1e-6)) for total, code, times in sorted(own)[:3])
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 9, 16])
def test_the_root_has_the_strongest_pairs_of_all_leaves(tmp_path, small, count):
    names, made = leaves(tmp_path / "out", count)
    whole = Tree(tmp_path / "out", SETTINGS, ThisProcess(), names)
    grown = whole.grow()
    assert rows_of(grown) == strongest_by_hand(made)
    reports = [Part(path).report for path in grown]
    assert reports[0]["shards"] == count
    assert reports[0]["named"] == [[number, 0, number, "empty line"] for number in range(count)]
    assert [(each["texts"], each["shards"]) for each in reports] == [(8 * count, count)] + [(0, 0)] * (len(grown) - 1)
    if count > 3:
        assert len(grown) > 2
    parts_of_tree = tmp_path / "out" / "parts"
    assert {path.stem for path in parts_of_tree.iterdir()} >= {*names}  # nothing is removed before the tables are there
    whole.prune()
    assert not [*parts_of_tree.iterdir()]


class Watched:
    """Workers of this process that count, and may stop before a step."""

    def __init__(self, stop=None, lose=None):
        self.done, self._stop, self._lose = Counter(), stop, lose

    def run(self, tasks):
        for task in tasks:
            if not isinstance(task, CheckTask):
                if self.done.total() == self._stop:
                    raise KeyboardInterrupt
                self.done[task.name] += 1
                if self.done.total() == self._lose:
                    yield Lost(task, "its worker died 2 times")
                    continue
            yield Done(task, task())


def contents(paths):
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("keep", [False, True])
def test_a_merge_that_was_stopped_at_any_step_goes_on_from_there(tmp_path, small, monkeypatch, keep):
    written, real = Counter(), merging.written_part
    monkeypatch.setattr(merging, "written_part", lambda path: written.update([path]) or real(path))
    names, _ = leaves(tmp_path / "whole", 7)
    whole = Watched()
    expected = contents(Tree(tmp_path / "whole", SETTINGS, whole, names).grow())
    steps = whole.done.total()
    assert steps > 15
    for stop in {*range(0, steps, 4), steps - 1}:
        leaves(folder := tmp_path / str(stop), 7)
        workers = Watched(stop)
        with pytest.raises(KeyboardInterrupt):
            Tree(folder, SETTINGS, workers, names, keep).grow()
        again = Tree(folder, SETTINGS, workers, names, keep)
        workers._stop = None
        again.find()
        assert contents(again.grow()) == expected
        again.prune()
        assert {path.stem for path in (folder / "parts").iterdir()} == ({*names} if keep else set())
    assert {*written.values()} == {1}


def test_the_leaves_below_a_node_that_is_there_are_known(tmp_path, small):
    names, _ = leaves(tmp_path / "out", 7)
    assert Tree(tmp_path / "out", SETTINGS, ThisProcess(), names).find() == set()
    with pytest.raises(KeyboardInterrupt):
        Tree(tmp_path / "out", SETTINGS, Watched(stop=4), names).grow()
    there = Tree(tmp_path / "out", SETTINGS, ThisProcess(), names).find()
    assert there
    assert there < {*names}
    assert {path.stem for path in (tmp_path / "out" / "parts").iterdir()} > {*names}


def test_a_step_that_no_worker_finishes_ends_the_run_in_one_line(tmp_path, small):
    names, _ = leaves(tmp_path / "out", 5)
    before = {path.name for path in (tmp_path / "out" / "parts").iterdir()}
    with pytest.raises(AttnError, match="parts were not merged: its worker died 2 times") as raised:
        Tree(tmp_path / "out", SETTINGS, Watched(lose=1), names).grow()
    assert "--resume" in str(raised.value.hint)
    assert {path.name for path in (tmp_path / "out" / "parts").iterdir()} == before


@pytest.mark.parametrize("damage", ["a byte", "the end", "the values"])
def test_a_damaged_leaf_is_named(tmp_path, small, damage):
    names, made = leaves(tmp_path / "out", 3)
    path = part_path(tmp_path / "out", names[1])
    data = bytearray(path.read_bytes())
    if damage == "a byte":
        data[60:90] = b"\xff" * 30
    elif damage == "the end":
        del data[-40:]
    else:
        table = Context()
        table._runs = [Pairs(made[1].code + (2**30 << 32), *made[1][1:])]
        with written_part(path) as part:
            table.write(part)
            part.report(REPORT | {"named": []})
        data = path.read_bytes()
    path.write_bytes(data)
    with pytest.raises(ResourceError, match=f"{names[1]}.npz' is damaged"):
        Tree(tmp_path / "out", SETTINGS, ThisProcess(), names).grow()


def test_a_damaged_node_is_none(tmp_path, small):
    names, _ = leaves(tmp_path / "out", 7)
    with pytest.raises(KeyboardInterrupt):
        Tree(tmp_path / "out", SETTINGS, Watched(stop=4), names).grow()
    before = Tree(tmp_path / "out", SETTINGS, ThisProcess(), names).find()
    for path in (tmp_path / "out" / "parts").glob("*-*"):
        path.write_bytes(path.read_bytes()[:-1])
    assert before
    assert Tree(tmp_path / "out", SETTINGS, ThisProcess(), names).find() == set()


def test_work_grows_with_the_number_of_parts_and_no_faster(tmp_path, small, monkeypatch):
    monkeypatch.setattr(tree, "FAN", 4)
    opened, real = [], parts._members
    monkeypatch.setattr(parts, "_members", lambda path: opened.append(path) or real(path))
    each = {}
    for count in (16, 64, 256):
        names, _ = leaves(tmp_path / str(count), count, 60)
        opened.clear()
        Tree(tmp_path / str(count), SETTINGS, ThisProcess(), names).grow()
        each[count] = len(opened) / count
    assert each[256] < 1.6 * each[16]  # it has two more levels, of a quarter and less of the leaves


def test_a_worker_without_the_folder_names_it(tmp_path):
    for task in (
        MergeTask(str(tmp_path / "none"), SETTINGS, ("a",), 0, pairs.END, "parts", "b"),
        CheckTask(str(tmp_path / "none"), SETTINGS, "parts", "b"),
    ):
        with pytest.raises(ResourceError, match=r"expected the folder .*none' on every worker"):
            task()


def test_progress_rises_to_the_whole(tmp_path, small):
    names, _ = leaves(tmp_path / "out", 9)
    seen = []
    Tree(tmp_path / "out", SETTINGS, ThisProcess(), names, report=lambda *each: seen.append(each)).grow()
    assert [grown for grown, _ in seen] == sorted(grown for grown, _ in seen)
    assert {every for _, every in seen} == {seen[-1][0]}
    assert len(seen) > 10


ALL = ("context", "distance", "entropy", "heads", "weights")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{sentence}\n\n" for sentence in SENTENCES))
    return path


def tables(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.ndjson")}


@pytest.mark.parametrize("jobs", [(2, None), (2, "local")], ids=["processes", "cluster"])
def test_the_same_bytes_from_any_workers(tmp_path, text, monkeypatch, jobs):
    monkeypatch.setattr(tree, "FAN", 2)
    run(tmp_path / "serial", [text], corpus_settings(collect=ALL))
    with open_workers(*jobs) as workers:
        run(tmp_path / "other", [text], corpus_settings(collect=ALL), workers)
    assert tables(tmp_path / "other") == tables(tmp_path / "serial")
    one, other = ({path.name for path in (tmp_path / name / "sums").iterdir()} for name in ("serial", "other"))
    assert one == other


@pytest.mark.parametrize("keep", [False, True])
def test_a_finished_run_has_parts_only_where_they_are_asked_for(tmp_path, text, keep):
    first = run(tmp_path / "out", [text], corpus_settings(collect=ALL), keep_parts=keep)
    shards = {part["part"] for part in first.manifest["parts"]}
    assert {path.stem for path in (tmp_path / "out" / "parts").iterdir()} == (shards if keep else set())


def test_sums_are_on_the_disk_before_parts_are_removed(tmp_path, text, monkeypatch):
    synced, real = set(), os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.add(os.fstat(file).st_ino) or real(file))
    run(tmp_path / "out", [text], corpus_settings(collect=ALL))
    assert synced >= {path.stat().st_ino for path in (tmp_path / "out" / "sums").iterdir()}


def test_a_finished_run_gives_its_tables_again_without_parts(tmp_path, text):
    first = run(tmp_path / "out", [text], corpus_settings(collect=ALL))
    before = tables(tmp_path / "out")
    (tmp_path / "out" / "context.ndjson").unlink()
    workers = Watched(stop=0)  # there is nothing to be done
    again = run(tmp_path / "out", [text], corpus_settings(collect=ALL), workers, resume=True)
    assert (again.manifest, again.tables) == (first.manifest, first.tables)
    assert tables(tmp_path / "out") == before


def test_records_that_are_gone_are_made_again_after_their_parts(tmp_path, text):
    corpus = run(tmp_path / "out", [text], corpus_settings(collect=ALL))
    records = contents((tmp_path / "out" / "weights").iterdir())
    gone = min((tmp_path / "out" / "weights").iterdir())
    gone.unlink()
    workers = Watched()
    run(tmp_path / "out", [text], corpus_settings(collect=ALL), workers, resume=True)
    assert workers.done == {gone.stem: 1}
    assert contents((tmp_path / "out" / "weights").iterdir()) == records
    assert not [*(tmp_path / "out" / "parts").iterdir()]
    assert len(corpus.manifest["parts"]) == len(records)


def test_records_that_no_worker_makes_again_are_not_called_the_whole_text(tmp_path, text):
    run(tmp_path / "out", [text], corpus_settings(collect=ALL))
    min((tmp_path / "out" / "weights").iterdir()).unlink()
    with pytest.raises(AttnError, match="lost records were not made again: its worker died") as raised:
        run(
            tmp_path / "out",
            [text],
            corpus_settings(collect=ALL),
            lambda tasks: (Lost(task, "its worker died 2 times") for task in tasks),
            resume=True,
        )
    assert "--resume" in str(raised.value.hint)
    run(tmp_path / "out", [text], corpus_settings(collect=ALL), resume=True)


def test_parts_of_a_run_with_a_lost_shard_stay_for_another_try(tmp_path, text, monkeypatch):
    monkeypatch.setattr(tree, "FAN", 2)
    whole = run(tmp_path / "whole", [text], corpus_settings(collect=ALL))

    def one_lost(tasks):
        yield Lost(tasks[2], "its worker died 2 times")
        yield from (Done(task, task()) for number, task in enumerate(tasks) if number != 2)

    corpus = run(tmp_path / "out", [text], corpus_settings(collect=ALL), one_lost)
    assert (corpus.manifest["lost"], corpus.manifest["texts"]) == (1, whole.manifest["texts"] - 1)
    workers = Watched()
    again = run(tmp_path / "out", [text], corpus_settings(collect=ALL), workers, resume=True)
    assert again.manifest["texts"] == whole.manifest["texts"]
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    assert not [*(tmp_path / "out" / "parts").iterdir()]


def test_a_merge_of_few_words_is_that_of_all_at_once(tmp_path, text, small):
    found = run(tmp_path / "tree", [text], corpus_settings(collect=ALL))
    tree.FAN = 256
    whole = run(tmp_path / "once", [text], corpus_settings(collect=ALL))
    for name in whole.tables:
        rows = zip(*(read_table(tmp_path / each / f"{name}.ndjson") for each in ("tree", "once")), strict=True)
        assert all(one == pytest.approx(other, rel=1e-6, abs=1e-8) for one, other in map(numbers, rows))
    assert found.manifest["skipped"] == whole.manifest["skipped"]


def numbers(rows):
    return [[value for value in row.values() if not isinstance(value, str)] for row in rows]
