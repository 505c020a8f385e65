"""Lines of files and streams, as many as are there."""

import gzip
import os
from contextlib import contextmanager

import pytest

from attncli.corpus.lines import LONGEST_LINE
from attncli.corpus.text_lines import MOST_TAKEN, Lines, lines_of, open_lines
from attncli.errors import AttnError


@contextmanager
def pipe():
    """Both ends of a pipe, as files."""
    reader, writer = os.pipe()
    with open(reader, "rb") as end, open(writer, "wb", buffering=0) as start:
        yield end, start


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [b"a"]),
        (b"a\nb\n", [b"a", b"b"]),
        (b"a\r\n\n b \n", [b"a", b"", b" b "]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb", [b"a", b"\xef\xbb\xbfb"]),
        (b"a\rb\n", [b"a\rb"]),
    ],
)
def test_lines_of_a_file_plain_and_packed(tmp_path, content, expected):
    (tmp_path / "text").write_bytes(content)
    with gzip.open(tmp_path / "text.gz", "wb") as packed:
        packed.write(content)
    for name in ("text", "text.gz"):
        with open_lines(str(tmp_path / name)) as lines:
            assert lines.take(100) == expected
            assert lines.take(100) == []


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_chunks_end_anywhere(cut):
    content = b"one\n\ntwo\r\nthree"
    lines = Lines(iter([content[at : at + cut] for at in range(0, len(content), cut)]))
    assert lines.take(1) == [b"one"]
    assert lines.take(100) == [b"", b"two", b"three"]
    assert lines.bytes == len(content)


def test_a_pipe_gives_the_lines_that_are_there():
    with pipe() as (end, start):
        start.write(b"one\ntwo\nthr")
        lines = lines_of("-", end)
        assert lines.take(100) == [b"one", b"two"]  # and does not wait for the third
        assert lines.waits
        start.write(b"ee\nfour\n")
        assert not lines.waits
        assert lines.take(100) == [b"three", b"four"]
        start.write(b"five\nsix\nseven\n")
        five = lines.take(2)
        assert five == [b"five", b"six"]
        lines.give_back(five)
        start.close()
        assert lines.take(9) == [b"five", b"six", b"seven"]
        assert lines.take(1) == []
        assert not lines.waits


def test_only_the_beginning_of_a_giant_line_is_kept(tmp_path):
    (tmp_path / "text").write_bytes(b"a" * (2 * LONGEST_LINE) + b"\nb\n")
    with open_lines(str(tmp_path / "text")) as lines:
        giant, after = lines.take(2)
    assert LONGEST_LINE < len(giant) < LONGEST_LINE + 2
    assert after == b"b"


def test_no_more_is_read_than_is_kept():
    read = []
    chunks = (read.append(n) or b"a" * 2**20 + b"\n" for n in range(100))
    lines = Lines(chunks)
    assert 0 < len(lines.take(100)) <= 2 + MOST_TAKEN // 2**20
    assert len(read) < 20


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\0", b"%PDF-1.4\n", "word\n".encode("utf-16")])
def test_other_formats_are_named(tmp_path, content):
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(AttnError, match="cannot read"), open_lines(str(tmp_path / "text")):
        pass
