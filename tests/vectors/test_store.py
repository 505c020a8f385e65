import builtins
import contextlib
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from support.failing import fail_at

from attncli.errors import ResourceError
from attncli.vectors import Vectors, write_store
from attncli.vectors.exporting import export
from attncli.vectors.store import layout
from attncli.vectors.store.index import _rows_of
from attncli.vectors.store.writing import create_store

WORDS = [f"word{i}" for i in range(100)]
MATRIX = np.random.default_rng(0).normal(size=(100, 8))  # [n, d]


def make(folder, words=WORDS, matrix=MATRIX, **options):
    write_store(folder, words, matrix, **{"name": "small", "source": "a test", **options})
    return Vectors(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("stores") / "small").folder


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.mark.parametrize(("dtype", "error"), [("float32", 1e-6), ("float16", 5e-3), ("int8", 0.02)])
def test_reads_what_was_written(tmp_path, dtype, error):
    vectors = make(tmp_path / "store", dtype=dtype, licence="CC0")
    assert (vectors.name, vectors.words, vectors.dimensions, vectors.info.licence) == ("small", 100, 8, "CC0")
    rows = vectors.rows([99, 0, 0])  # [3, d]
    assert rows.dtype == np.float64
    np.testing.assert_allclose(rows, MATRIX[[99, 0, 0]], atol=error)
    assert vectors.text([99, 0, 0]) == ["word99", "word0", "word0"]


@pytest.mark.parametrize(
    "words",
    [["a"], ["", " ", "a b"], ["naïve", "注意", "🙂", "\u202e", "e\u0301"], ["a\nb", "'", '"', "%", "x" * 10_000]],
)
def test_any_word_is_found_at_its_row_and_no_other(tmp_path, words):
    vectors = make(tmp_path / "store", words, MATRIX[: len(words)])
    assert vectors.find([*words, "absent", "A", "\udcff"]) == {word: row for row, word in enumerate(words)}
    assert vectors.text(range(len(words))) == words


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 5000])
def test_find_takes_any_number_of_words(tmp_path, count):
    words = [f"w{i}" for i in range(5000)]
    vectors = make(tmp_path / "store", words, np.ones((5000, 1)))
    assert vectors.find(words[:count]) == {f"w{i}": i for i in range(count)}


def test_words_with_the_same_hash_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "word_hash", lambda word: 7)
    vectors = make(tmp_path / "store")
    assert vectors.find(["word50", "absent"]) == {"word50": 50}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 40])
def test_the_rows_of_a_hash_are_those_of_its_pairs(count):
    random = np.random.default_rng(count)
    pairs = random.choice([0, 7, 0x0700, 0x07000000, 0x00070007, 2**32 - 1], size=(count, 2)).astype("<u4")  # [m, 2]
    for wanted in (0, 7, 0x00070007, 2**32 - 1):
        expected = [int(row) for hashed, row in pairs if hashed == wanted]
        assert _rows_of(pairs.tobytes(), wanted) == expected
    assert _rows_of(pairs.tobytes() + b"\0", 0) == []


@pytest.mark.parametrize("row", [-1, 100, 10**9])
def test_a_row_that_is_not_there_is_an_index_error(folder, row):
    with pytest.raises(IndexError):
        Vectors(folder).text([row])


def test_the_first_of_equal_words_stays_and_the_rest_are_counted(tmp_path):
    vectors = make(tmp_path / "store", ["a", "b", "a", "c", "b"], np.arange(5.0)[:, None])
    assert vectors.find("abc") == {"a": 0, "b": 1, "c": 2}
    assert vectors.rows([0, 1, 2])[:, 0].tolist() == [0, 1, 3]
    assert (vectors.info.duplicates, vectors.info.zeros) == (2, 1)


def test_the_same_input_gives_the_same_bytes(folder, tmp_path):
    again = make(tmp_path / "again").folder
    for file in (layout.MATRIX, layout.NORMS, layout.INDEX):
        assert (folder / file).read_bytes() == (again / file).read_bytes()


def test_the_checksum_names_the_content_alone(folder, tmp_path):
    checksum = Vectors(folder).info.checksum
    assert make(tmp_path / "renamed", name="other", source="elsewhere").info.checksum == checksum
    assert make(tmp_path / "other", [*WORDS[:-1], "changed"]).info.checksum != checksum
    assert make(tmp_path / "half", dtype="float16").info.checksum != checksum


def test_the_matrix_is_a_npy_file_that_numpy_reads(folder):
    np.testing.assert_array_equal(np.load(folder / layout.MATRIX), MATRIX.astype(np.float32))


@pytest.mark.parametrize(
    ("words", "matrix", "options", "says"),
    [
        (["a", "b"], [[1.0], [np.nan]], {}, "row 2 has a number that is not finite"),
        (["a"], [[70_000.0]], {"dtype": "float16"}, "too large for float16"),
        (["a"], [[1e39]], {"dtype": "int8"}, "too large for int8"),
        (["a"], [[1.0, np.nan]], {"dtype": "int8"}, "row 1 has a number that is not finite"),
        (["a"], [[1.0]], {"dtype": "int4"}, "'int4'"),
        (["a\0b"], [[1.0]], {}, "NUL"),
        ([], np.zeros((0, 3)), {}, "no word vectors"),
        (["a"], np.zeros((1, 0)), {}, "got 0"),
        (["a"], np.zeros((1, 65_537)), {}, "got 65537"),
    ],
)
def test_what_a_store_cannot_hold_is_refused_and_leaves_nothing(tmp_path, words, matrix, options, says):
    with pytest.raises(ResourceError, match=says):
        make(tmp_path / "store", words, np.array(matrix), **options)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("indices", [[-1], [100], [0, 100], [0, -1, 99]])
def test_a_row_that_is_not_there(folder, indices):
    with pytest.raises(IndexError, match="0 to 99"):
        Vectors(folder).rows(indices)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones(8), r"shape \[8\]; needed is \[m, 8\]"),
        (np.ones((2, 7)), r"shape \[2, 7\]; needed is \[m, 8\]"),
        (np.full((1, 8), np.nan), "a NaN"),
        (np.full((1, 8), np.inf), "an infinity"),
    ],
)
def test_near_says_which_vectors_it_needs(folder, vectors, message):
    with pytest.raises(ValueError, match=message):
        Vectors(folder).near(vectors)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_near_is_a_full_sort_by_cosine(tmp_path, dtype, monkeypatch):
    monkeypatch.setattr("attncli.vectors.store.nearest.BLOCK_BYTES", 300)  # a few rows a block
    matrix = np.random.default_rng(1).normal(size=(500, 8)) * 10
    matrix[[3, 200]] = 0
    vectors = make(tmp_path / "store", [f"w{i}" for i in range(500)], matrix, dtype=dtype)
    stored = vectors.rows(range(500))  # [n, d]
    lengths = np.linalg.norm(stored, axis=1) + (stored == 0).all(axis=1)
    cosines = (stored @ stored[:5].T / lengths[:, None] / lengths[:5]).T  # [5, n]
    rows, similarities = vectors.near(stored[:5], top=7)
    expected = np.argsort(-cosines.round(12), kind="stable")[:, :7]
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(similarities, np.take_along_axis(cosines, expected, 1), atol=1e-12)


def test_equal_cosines_stand_in_row_order_and_top_is_cut(tmp_path):
    vectors = make(tmp_path / "store", WORDS, np.ones((100, 8)))
    assert vectors.near(np.ones((1, 8)), top=3)[0].tolist() == [[0, 1, 2]]
    rows, cosines = vectors.near(np.zeros((2, 8)), top=1000)
    assert rows.shape == (2, 100)
    assert not cosines.any()
    assert vectors.near(np.ones((0, 8)))[0].shape == (0, 10)


def test_spellings_come_from_the_set(folder):
    assert Vectors(folder).spellings("wrod42")[0] == "word42"


def test_gensim_reads_the_set_back_equal(folder):
    vectors = Vectors(folder)
    loaded = vectors.to_gensim()
    assert loaded.index_to_key == WORDS
    np.testing.assert_array_equal(loaded.vectors, vectors.rows(range(100)).astype(np.float32))
    rows, cosines = vectors.near(vectors.rows([5]), top=6)
    names, theirs = zip(*loaded.most_similar("word5", topn=5), strict=True)
    assert list(names) == vectors.text(rows[0, 1:])
    np.testing.assert_allclose(theirs, cosines[0, 1:], atol=1e-6)


def test_opening_and_reading_nine_rows_asks_four_questions_and_imports_little(tmp_path):
    folder = make(tmp_path / "store", [f"w{i}" for i in range(100_000)], np.ones((100_000, 20))).folder
    program = f"""
        import sys, sqlite3
        from pathlib import Path
        asked, connect = [], sqlite3.connect
        def watched(*args, **options):
            connection = connect(*args, **options)
            connection.set_trace_callback(asked.append)
            return connection
        sqlite3.connect = watched
        from attncli.vectors import Vectors
        vectors = Vectors(Path({str(folder)!r}))
        words = [f"w{{i * 11111}}" for i in range(9)]
        assert vectors.rows(list(vectors.find(words).values())).shape == (9, 20)
        queries = [line for line in asked if line.startswith("SELECT")]
        assert len(queries) == 4, queries  # size, description, places, words
        heavy = "gensim scipy smart_open tempfile shutil logging"
        heavy += " attncli.vectors.formats.readers attncli.vectors.store.writing"
        assert not sys.modules.keys() & set(heavy.split())
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_finding_nine_words_reads_few_pages(folder):
    with sqlite3.connect(f"file:{folder / layout.INDEX}?mode=ro", uri=True) as connection:
        for table in ("words", "places"):
            plan = connection.execute(f"EXPLAIN QUERY PLAN SELECT content FROM {table} WHERE number IN (?, ?)", (1, 2))
            assert "USING INTEGER PRIMARY KEY" in plan.fetchone()[3]
    connection.close()


@pytest.mark.parametrize("name", ["read only", "a?b#c%41&mode=rwc", "naïve 注意", "back\\slash'\""])
def test_opens_from_odd_and_read_only_folders(folder, tmp_path, name):
    copy = shutil.copytree(folder, tmp_path / name)
    for file in copy.iterdir():
        file.chmod(0o444)
    copy.chmod(0o555)
    assert Vectors(copy).find(["word7"]) == {"word7": 7}
    assert len(list(copy.iterdir())) == 3
    copy.chmod(0o755)


@pytest.mark.parametrize("file", [layout.MATRIX, layout.INDEX, layout.NORMS])
@pytest.mark.parametrize("kept", [0, 1, 64, 255, -1, None])
def test_a_truncated_or_missing_file_is_noticed(copy, file, kept):
    content = (copy / file).read_bytes()
    (copy / file).unlink()
    if kept is not None:
        (copy / file).write_bytes(content[:kept])
    with pytest.raises(ResourceError) as caught:
        Vectors(copy).near(np.ones((1, 8)))
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("file", [layout.MATRIX, layout.INDEX])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(copy, file):
    (copy / file).unlink()
    os.mkfifo(copy / file)
    with pytest.raises(ResourceError):
        Vectors(copy)


@pytest.mark.parametrize("at", [0, 6, 8, 20, 50, 80, 127])
def test_a_flipped_byte_in_the_header_is_noticed(copy, at):
    with open(copy / layout.MATRIX, "r+b") as file:
        byte = os.pread(file.fileno(), 1, at)[0]
        os.pwrite(file.fileno(), bytes([byte ^ 4]), at)
    with pytest.raises(ResourceError, match="altered"):
        Vectors(copy)


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_byte_in_the_index_never_gives_a_wrong_answer(copy, seed):
    """An answer of any kind is the right one, also that a word is not in the set."""
    path = copy / layout.INDEX
    content, random = path.read_bytes(), np.random.default_rng(seed)
    for at in [*range(seed, 100, 4), *random.integers(0, len(content), 150).tolist()]:
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << random.integers(8))]) + content[at + 1 :])
        try:
            vectors = Vectors(copy)
            found, names = vectors.find([*WORDS, "absent"]), vectors.text(range(100))
        except ResourceError:
            continue
        assert found == {word: row for row, word in enumerate(WORDS)}
        assert names == WORDS
        assert (vectors.words, vectors.dimensions, vectors.name) == (100, 8, "small")


def test_an_altered_description_is_noticed(copy):
    with contextlib.closing(sqlite3.connect(copy / layout.INDEX)) as connection:
        for key, value in connection.execute("SELECT key, value FROM meta").fetchall():
            connection.execute("UPDATE meta SET value = ? WHERE key = ?", ("other" if value != 2 else 3, key))
            connection.commit()
            with pytest.raises(ResourceError, match="damaged"):
                Vectors(copy)
            connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))


@pytest.mark.parametrize("at", [20, 127, 128, 300])
def test_altered_norms_give_no_neighbours(copy, at):
    content = (copy / layout.NORMS).read_bytes()
    (copy / layout.NORMS).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(ResourceError, match="damaged"):
        Vectors(copy).near(np.ones((1, 8)))


def forged(copy, table, number, content):
    """A record that is not what was written, with a check that says it is."""
    with contextlib.closing(sqlite3.connect(copy / layout.INDEX)) as connection:
        record = (content, layout.record_crc(table, number, content), number)
        connection.execute(f"UPDATE {table} SET content = ?, crc = ? WHERE number = ?", record)
        connection.commit()


@pytest.mark.parametrize("ask", [lambda v: v.find(["word5"]), lambda v: v.text([5]), lambda v: v.spellings("word5")])
@pytest.mark.parametrize("content", [b"\xff\xfe" + b"\0a" * 31, b"a"])
def test_words_that_are_none_are_named(copy, content, ask):
    forged(copy, "words", 0, content)
    with pytest.raises(ResourceError, match="damaged"):
        ask(Vectors(copy))


def test_a_row_outside_of_the_matrix_is_named(copy):
    hashed = layout.word_hash("word5")
    forged(copy, "places", hashed % Vectors(copy).info.buckets, np.array([hashed, 100], "<u4").tobytes())
    with pytest.raises(ResourceError, match="row 100 of 100"):
        Vectors(copy).find(["word5"])


@pytest.mark.parametrize(
    ("key", "value"), [("words", 100.0), ("words", "x"), ("name", 5), ("zeros", -1), ("licence", 1)]
)
def test_a_description_of_other_types_is_noticed(copy, key, value):
    with sqlite3.connect(copy / layout.INDEX) as connection:
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key != '~check'")) | {key: value}
        rows = [(key, value), ("~check", layout.meta_check(meta))]
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", rows)
    connection.close()
    with pytest.raises(ResourceError, match="damaged") as caught:
        Vectors(copy)
    assert "attn vectors remove" in caught.value.hint
    assert "attn vectors add" in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "number"),
    [(lambda v: v.rows([0, 7]), np.nan), (lambda v: v.rows([7]), np.inf)]
    + [(lambda v: v.near(np.ones((1, 8)), top=3), number) for number in (np.nan, np.inf, 3e38)],
)
def test_numbers_that_rotted_are_never_used(copy, ask, number):
    with open(copy / layout.MATRIX, "r+b") as file:
        file.seek(128 + 7 * 8 * 4)
        file.write(np.full(8, number, "<f4").tobytes())
    with pytest.raises(ResourceError, match="not finite"):
        ask(Vectors(copy))


def test_a_store_of_another_format_says_so(copy):
    with sqlite3.connect(copy / layout.INDEX) as connection:
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key != '~check'")) | {"version": 99}
        rows = [("version", 99), ("~check", layout.meta_check(meta))]
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", rows)
    connection.close()
    with pytest.raises(ResourceError, match="format 99"):
        Vectors(copy)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("target", "name"),
    [
        (os, "fsync"),
        (os, "rename"),
        (os, "open"),
        (os, "mkdir"),
        (builtins, "open"),
        (np, "save"),
        (sqlite3, "connect"),
    ],
)
def test_whatever_call_fails_the_store_is_absent_or_whole(tmp_path, target, name, error):
    for call in range(1, 20):
        folder = tmp_path / f"{name}{call}" / "store"
        with pytest.MonkeyPatch.context() as patch:
            calls = fail_at(patch, call, target, name, error)
            with contextlib.suppress(OSError, KeyboardInterrupt):
                write_store(folder, WORDS, MATRIX, name="small", source="a test")
        assert not folder.exists() or Vectors(folder).text([99]) == ["word99"]
        assert not folder.parent.exists() or set(os.listdir(folder.parent)) <= {"store"}
        if len(calls) < call:
            assert call > 1, f"{name} is never called"
            return
    pytest.fail(f"{name} is called more than 20 times")


@pytest.mark.parametrize("limit", [0, 100, 4000, 9000, 30_000])
def test_a_disk_that_takes_no_more_leaves_nothing(tmp_path, limit):
    program = f"""
        import resource, numpy as np
        from pathlib import Path
        from attncli.vectors import write_store
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        try:
            write_store(Path({str(tmp_path)!r}) / "store", [f"w{{i}}" for i in range(3000)], np.ones((3000, 4)),
                        name="n", source="s")
        except OSError:
            pass
        else:
            raise SystemExit("it was written")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
    assert not [*tmp_path.iterdir()]


def test_the_store_that_came_first_stays(tmp_path):
    folder = tmp_path / "store"
    with create_store(folder, name="second", source="s", dimensions=1) as late:
        make(folder, name="first")
        late.add(["a"], np.ones((1, 1)))
    assert Vectors(folder).name == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    with pytest.raises(FileExistsError):
        make(folder)


@pytest.mark.parametrize("size", [0, 1, 64, 4096, -1])
def test_a_store_that_is_cut_while_it_is_open_ends_no_process(copy, size):
    vectors = Vectors(copy)
    path = copy / layout.MATRIX
    os.truncate(path, size % path.stat().st_size)
    for ask in (lambda: vectors.rows([0, 50, 99]), lambda: vectors.near(np.ones((1, 8))), vectors.to_gensim):
        with pytest.raises(ResourceError, match="damaged"):
            ask()


@pytest.mark.parametrize("ending", ["bin", "txt", "kv"])
def test_a_rotten_number_is_not_exported(copy, tmp_path, ending):
    path = copy / layout.MATRIX
    path.write_bytes(path.read_bytes()[:-4] + np.float32(np.nan).tobytes())
    with pytest.raises(ResourceError, match="not finite"):
        export(Vectors(copy), tmp_path / f"set.{ending}")
    assert not (tmp_path / f"set.{ending}").exists()
