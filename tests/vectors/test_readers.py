import contextlib
import os
import socket
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.vector_files import TEXT, binary, contents

from attncli.errors import ResourceError
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.formats.readers import import_file, keyed_vectors
from attncli.vectors.formats.recognise import recognise


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"1 2\na 1 2\n", {"a": [1, 2]}),
        (b"a 1 2\nb 3 4", {"a": [1, 2], "b": [3, 4]}),  # GloVe: no header, here no last newline
        (b"2 2\r\na 1 2\r\nb 3 4\r\n", {"a": [1, 2], "b": [3, 4]}),
        (b"\xef\xbb\xbf1 2\na 1 2\n", {"a": [1, 2]}),
        (b"\xef\xbb\xbfa 1 2\nb 1 2\n", {"a": [1, 2], "b": [1, 2]}),
        (b"a 1 2\n. . . 3 4\nb 5 6\n", {"a": [1, 2], ". . .": [3, 4], "b": [5, 6]}),
        (b". . . 3 4\na 1 2\nb 1 2\n", {". . .": [3, 4], "a": [1, 2], "b": [1, 2]}),
        ("1 2\nnon\u00a0breaking 1 2\n".encode(), {"non\u00a0breaking": [1, 2]}),
        ("1 2\n\u2028\u0085 1 2\n".encode(), {"\u2028\u0085": [1, 2]}),
        (b"2 2\n 1 2\na 3 4\n", {"": [1, 2], "a": [3, 4]}),
        (b"2 2\na  1  2 \nb\t3\t4\n\n\n", {"a": [1, 2], "b": [3, 4]}),
        (b"2 1\n7 1\n8 2\n", {"7": [1], "8": [2]}),
        (b"1 2\n\xffa\xfe 1 2\n", {"\\xffa\\xfe": [1, 2]}),
        (binary(), {"cat": [1, 2], "dog": [0.5, -1], "bird": [3, 4]}),
        (binary(newline=b""), {"cat": [1, 2], "dog": [0.5, -1], "bird": [3, 4]}),
        (binary([b"", "né".encode()], [[1], [2]]), {"": [1], "né": [2]}),
    ],
)
@pytest.mark.parametrize("name", ["set.txt", "set.bin", "set"])
def test_a_file_is_what_it_holds_whatever_its_name(write, content, expected, name):
    assert contents(write(content, name)) == expected


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is not word vectors"),
        (b"1.5 2.5\n-3.e-1 4.5\n.5 1\n0.1 1\n", "a table of numbers without words"),
        (b"Once upon a time\nthere was\n", "is not word vectors"),
        (b"<html><body>404</body></html>", "a web page"),
        (b"1000000000000 300\na 1\n", "claims 1000000000000 rows of 300 numbers"),
        (b"100000000 1\na 1\n", "claims 100000000 rows"),
        (b"1 1000000000000\na 1\n", "claims 1000000000000 dimensions"),
        (b"1 65537\na 1\n", "claims 65537 dimensions"),
        (b"-5 3\na 1 2 3\n", "claims -5 rows"),
        (b"0 3\na 1 2 3\n", "claims 0 rows"),
        (b"2 0\na\nb\n", "claims 0 dimensions"),
        (b"2 2\na 1 2\n\n\n\n\n", "has 1 rows, and its first line promises 2"),
        (b"1 2\na 1 2\nb 1 2\n", "more rows than the 1"),
        (b"2 2\na 1 2\n\nb 1 2\n", "has 1 rows"),
        (b"a 1 2\n\nb 1 2\n", "blank line among its rows (line 2)"),
        (b"2 3\na 1 2 3\nb 0.1\n123456", "fewer than 3 numbers in line 3"),
        (b"a 1 2\nb 1 2\nc 1\n", "fewer than 2 numbers in line 3"),
        (b"a 1 2\nb 1 2 3\n", "more than 2 numbers in line 2"),
        (b"2 2\na 1 2 3\nb 1 2 3\n", "more than 2 numbers in line 2"),
        (b"a 1 2\nb 1_0 2\n", "no number in line 2"),
        (b"a 1 2\nb 1 2\n7 1\n", "fewer than 2 numbers in line 3"),
        (b"2 2\na 1 2\nb x 2\n", "fewer than 2 numbers in line 3"),
        (b"a 1 2\nb 1 x\n", "no number in line 2"),
        (b"a 1 2\nb 1 0x10\n", "no number in line 2"),
        (b"a 1 2\nb 1 nan\n", "not finite, or too large, in line 2"),
        (b"2 2\na 1 2\nb inf 1\n", "not finite, or too large, in line 3"),
        (b"2 2\na 1 2\nb 1 1e400\n", "not finite, or too large, in line 3"),
        (b"2 2\na 1 2\nb\0 1 2\n", "NUL"),
        (b"1 2\na " + b"1" * 5_000_000 + b" 2\n", "a line of more than 4 MB"),
        (binary(rows=[[1, 2], [np.nan, 1], [3, 4]]), "not finite, or too large, in row 2"),
        (binary() + b"more", "has bytes after the 3 rows"),
        (b"9 2\n" + binary()[4:] + b"\xff\0" * 50, "cut off or broken in row"),
        (TEXT.decode().encode("utf-16"), "UTF-16"),
        (b"\x93NUMPY\x01\0", "a NumPy .npy file"),
        (b"SQLite format 3\0" + bytes(100), "an SQLite file"),
    ],
)
def test_what_is_wrong_is_named_and_leaves_nothing(write, attn_home, content, says):
    path = write(content)
    started = time.process_time()
    with pytest.raises(ResourceError) as caught:
        open_vectors(path)
    assert time.process_time() - started < 2
    assert says in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert not list(attn_home.rglob("*.*"))


def test_what_is_no_plain_file_is_refused_unopened(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket.txt"))
        places = ["pipe.txt", "socket.txt", "missing.txt", ".", "x" * 300 + ".txt", "a\0b.txt"]
        for path in [*(os.path.join(tmp_path, place) for place in places), "/dev/zero", "s3://bucket/x", "http://x/y"]:
            with pytest.raises(ResourceError) as caught:
                open_vectors(path)
            assert path in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_an_unreadable_file_is_refused(write):
    path = write(TEXT)
    path.chmod(0)
    with pytest.raises(ResourceError, match="Permission denied"):
        open_vectors(path)


def test_a_binary_file_cut_anywhere_is_refused(write):
    whole = binary()
    for length in range(1, len(whole) - 1):  # the last byte is a newline that may be missing
        with pytest.raises(ResourceError):
            open_vectors(write(whole[:length], f"{length}.bin"))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 53), bit=st.integers(0, 7), content=st.sampled_from([binary(), TEXT]))
def test_a_file_with_a_flipped_bit_is_refused_or_read(tmp_path_factory, at, bit, content):
    altered = bytearray(content)
    altered[at % len(content)] ^= 1 << bit
    path = tmp_path_factory.mktemp("flipped") / "set.txt"
    path.write_bytes(altered)
    with contextlib.suppress(ResourceError):
        assert all(np.isfinite(row).all() for row in contents(path).values())


keys = st.lists(st.text(st.characters(exclude_characters=" \n\r\t\v\f\0", exclude_categories=["Cs"]), min_size=1))


@settings(max_examples=30, deadline=None)
@given(keys=keys.filter(len), data=st.data(), kind=st.sampled_from(["text", "binary"]))
def test_generated_files_are_read_as_gensim_reads_them(tmp_path_factory, keys, data, kind):
    keys = list(dict.fromkeys(keys))
    row = st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3)
    theirs = keyed_vectors()(3)
    theirs.add_vectors(keys, np.array([data.draw(row) for _ in keys], dtype=np.float32))
    path = tmp_path_factory.mktemp("generated") / "set.txt"
    theirs.save_word2vec_format(str(path), binary=kind == "binary")
    ours = open_vectors(path).to_gensim()
    assert ours.index_to_key == keys
    np.testing.assert_array_equal(ours.vectors, theirs.vectors)


def test_many_blocks_make_one_set_and_progress_reaches_the_end(write, monkeypatch):
    monkeypatch.setattr("attncli.vectors.formats.rows.BLOCK_ROWS", 7)
    for content in (
        b"".join(b"w%d %d\n" % (i, i) for i in range(100)),
        binary([b"w%d" % i for i in range(100)], [[i] for i in range(100)]),
    ):
        heard = []
        path = write(content, f"{len(content)}.txt")
        vectors = open_vectors(path, progress=lambda *report, heard=heard: heard.append(report))
        assert vectors.rows(range(100))[:, 0].tolist() == list(range(100))
        assert len(heard) == 15
        assert [total for _, _, total in heard] == [len(content)] * 15
        assert heard[-1][1] == len(content)


@pytest.mark.parametrize("content", [TEXT, binary()])
def test_an_import_says_nothing_by_itself(write, content, capfd, caplog):
    open_vectors(write(content))
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
    assert capfd.readouterr() == ("", "")


def test_long_binary_rows_across_chunks(write, monkeypatch):
    monkeypatch.setattr("attncli.vectors.formats.rows.BLOCK_BYTES", 3000)
    rows = np.random.default_rng(0).normal(size=(50, 700)).astype(np.float32)
    monkeypatch.setattr("attncli.vectors.formats.rows.MAX_WORD", 10)
    vectors = open_vectors(write(binary([b"w%d" % i for i in range(50)], rows)))
    np.testing.assert_array_equal(vectors.rows(range(50)), rows)


def test_what_was_left_out_or_changed_is_noted_once(write):
    path = write(b"a 1 2\na 3 4\n\xff 0 0\n")
    notes = "\n".join(open_vectors(path).notes)
    assert all(part in notes for part in ("1 rows left out", "1 words that are not UTF-8", "1 zero vectors"))
    again = open_vectors(path)
    assert again.notes == ()
    assert again.find(["a"]) == {"a": 0}
    assert (again.info.duplicates, again.info.undecodable, again.info.zeros) == (1, 1, 1)


@pytest.mark.parametrize(("limit", "words", "duplicates"), [(1, ["a"], 0), (2, ["a", "b"], 1), (9, ["a", "b", "c"], 2)])
def test_the_first_words_alone_if_so_wanted(write, tmp_path, limit, words, duplicates):
    found = recognise(str(write(b"a 1\na 2\nb 3\na 4\nc 5\n")))
    info = import_file(found, tmp_path / "store", name="n", limit=limit, source="a friend", licence="CC0")
    assert Vectors(tmp_path / "store").text(range(info.words)) == words
    assert (info.words, info.duplicates, info.source, info.licence) == (len(words), duplicates, "a friend", "CC0")


def test_a_file_that_changes_while_it_is_read_is_refused(write, attn_home):
    path = write(b"a 1 2\nb 1 2\n")
    with pytest.raises(ResourceError, match="changed while it was read"):
        open_vectors(path, progress=lambda *_: path.write_bytes(b"a 1 2\nb 1 3\nc 1 2\n"))
    assert not list(attn_home.rglob("*.*"))
