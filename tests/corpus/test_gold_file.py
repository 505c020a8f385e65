"""Files of gold links: both forms, where they count from, and files that are none."""

import os
import threading

import pytest

from attncli.corpus.gold_file import read_gold
from attncli.errors import AttnError


def read(tmp_path, content, base=None):
    path = tmp_path / "gold"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = read_gold(str(path), base)
    return [found[place] and (set(found[place].sure), set(found[place].possible)) for place in range(found.pairs + 1)]


A, B, AB = {(0, 0)}, {(1, 2)}, {(0, 0), (1, 2)}
NONE = (set(), set())


@pytest.mark.parametrize(
    ("content", "base", "expected"),
    [
        ("1-1 2p3\n2-3\n", None, [(A, AB), (B, B), None]),
        ("0-0 1p2\n1-2\n", None, [(A, AB), (B, B), None]),  # a 0 anywhere
        ("2-3\n1-0\n", None, [({(2, 3)}, {(2, 3)}), ({(1, 0)}, {(1, 0)}), None]),
        ("2-3\n1-0\n", 0, [({(2, 3)}, {(2, 3)}), ({(1, 0)}, {(1, 0)}), None]),
        ("1-2\n", 0, [(B, B), None]),
        ("2-3\n", 1, [(B, B), None]),
        ("1-1\n\n2-3", None, [(A, A), NONE, (B, B), None]),  # a pair without links, a last line without its end
        ("\n1-1\n", None, [NONE, (A, A), None]),
        ("1-1 1-1 1p1\r\n", None, [(A, A), None]),  # sure wins; ends of Windows
        (b"\xef\xbb\xbf1-1\t2p3 \n", None, [(A, AB), None]),  # the mark of UTF-8, a tab
        ("0001 1 1 S\n0001 2 3 P\n0002 2 3\n", None, [(A, AB), (B, B), None]),
        ("1 1 1 S 0.7\n3 2 3 S 1.0\n", None, [(A, A), NONE, (B, B), None]),  # confidences; a sentence without links
        ("2 0 0 S\n\n1 1 2 P\n", None, [(set(), B), (A, A), None]),  # in any order
        ("0 1 1\n1 2 3\n", None, [(A, A), (B, B), None]),  # sentences from 0, words from 1
        ("1 1 1\n", 0, [({(1, 1)}, {(1, 1)}), None]),
    ],
)
def test_links_as_files_have_them(tmp_path, content, base, expected):
    assert read(tmp_path, content, base) == expected


@pytest.mark.parametrize(
    ("content", "base", "message"),
    [
        ("", None, "it is empty"),
        ("\n \n", None, "it is empty"),
        ("1-1\n1-x\n", None, "line 2: expected links such as 1-2 or 3p4, got '1-x'"),
        ("1-1 2\n", None, "line 1: expected links such as 1-2 or 3p4, got '2'"),
        ("1-1 -1-2\n", None, "got '-1-2'"),
        ("the dog\n", None, "got 'the'"),
        ("1 1 1\n1-1\n", None, "line 2: expected links such as 1-2 or 3p4, got '1-1'"),
        ("1-1\n1 1 1\n", None, "line 2"),
        ("1 1 1 X\n", None, "line 1"),
        ("1-12345678901\n", None, "line 1"),
        ("1-1\n3-0 1-2\n", 1, "line 2: expected numbers from 1 up, got '3-0'"),
        (b"1-1\n\xff\n", None, "line 2, byte 1 is not UTF-8"),
        (b"PK\x03\x04" + b"\0" * 40, None, "it is"),
        ("\u0661-\u0661\n", None, "line 1"),  # digits of other scripts
        ("9" * 200_000, None, "line 1"),
    ],
)
def test_other_files_are_refused(tmp_path, content, base, message):
    with pytest.raises(AttnError) as error:
        read(tmp_path, content, base)
    assert message in error.value.message
    assert "gold" in error.value.message
    assert len(error.value.message) < 300
    assert error.value.hint


@pytest.mark.parametrize("name", ["missing", ".", "/dev/zero"])
def test_what_is_no_file_is_refused(tmp_path, name):
    with pytest.raises(AttnError, match="cannot read") as error:
        read_gold(name if name.startswith("/") else str(tmp_path / name))
    assert error.value.in_words()[1].startswith("a line of gold is 1-2 3p4 for every pair")


def test_a_far_sentence_takes_no_memory(tmp_path):
    path = tmp_path / "gold"
    path.write_text("999999999 1 1\n")
    found = read_gold(str(path))
    assert found.pairs == 999_999_999
    assert len(found.of_pair) == 1
    assert found[5] is not None
    assert not found[5].possible


def test_a_named_pipe_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("1-1\n",))
    writer.start()
    assert read_gold(str(tmp_path / "pipe")).pairs == 1
    writer.join()
