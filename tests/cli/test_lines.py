"""Lines of standard input: each is text in UTF-8 or named with its byte, and each result says which line it is of."""

import csv
import io
import json

import jsonschema
import pytest
from support.command import attn

from attncli.errors import AttnError
from attncli.files.utf8 import NotTextError, text_of, without_mark
from attncli.training.corpus import read_lines

LATIN, WIDE = "iconv -f latin1 -t utf-8", "iconv -f utf-16 -t utf-8"


@pytest.mark.parametrize(
    ("line", "byte", "hint"),
    [
        (b"caf\xe9 is nice", "byte 4 is not UTF-8 (0xe9)", LATIN),
        ("é".encode() + b"\xff", "byte 3 is not UTF-8 (0xff)", LATIN),
        (b"cut \xe2\x82", "byte 5 is not UTF-8", LATIN),
        (b"overlong \xc0\xaf", "byte 10 is not UTF-8", LATIN),
        (b"a surrogate \xed\xa0\x80", "byte 13 is not UTF-8", LATIN),
        (b"beyond \xf4\x90\x80\x80", "byte 8 is not UTF-8", LATIN),
        (b"a\0b", "byte 2 is NUL", WIDE),
    ],
)
def test_what_is_no_text_is_named_by_its_byte(line, byte, hint):
    with pytest.raises(NotTextError, match=r"^byte ") as caught:
        text_of(line)
    assert byte in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize("text", ["a b", "a\rb", "a\u2028b", "a\x85b", "a\x0bb", "\ufeffa", "\U0010ffff", ""])
def test_what_is_text_stays(text):
    assert text_of(text.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be", "utf-32-be"])
def test_wide_text_says_what_it_is(encoding):
    with pytest.raises(NotTextError) as caught:
        without_mark("\ufeffa dog".encode(encoding) if encoding.endswith("be") else "a dog".encode(encoding))
    assert encoding[:6] in caught.value.hint


def test_the_mark_of_utf_8_is_taken_off():
    assert without_mark("\ufeffa dog".encode()) == b"a dog"


LINES = b"\xef\xbb\xbfthe cat\n\ncaf\xe9 is nice\na dog\r\n \nna\xefve\na\0b\na\rdog"


@pytest.mark.parametrize(
    "arguments", [["explain"], ["compare"], ["tour", "--screen", "1"]], ids=lambda arguments: arguments[0]
)
def test_lines_that_are_no_text_are_named_and_the_rest_go_on(arguments):
    done = attn(*arguments, *(["--json"] if arguments != ["tour", "--screen", "1"] else []), text=as_text(LINES))
    assert done.returncode == 4
    assert done.stderr.splitlines() == [
        "error: line 3: byte 4 is not UTF-8 (0xe9)",
        f"hint: if it is Latin-1, convert it first: {LATIN}",
        "error: line 6: byte 3 is not UTF-8 (0xef)",
        "error: line 7: byte 2 is NUL, which no text has",
        f"hint: if it is UTF-16, convert it first: {WIDE}",
    ]
    if arguments[0] != "tour":
        records = [json.loads(line) for line in done.stdout.splitlines()]
        for each in records:
            jsonschema.validate(each, json.loads(attn("schema", arguments[0]).stdout))
        assert [(each["line"], each["sentence"]) for each in records] == [(1, "the cat"), (4, "a dog"), (8, "a\rdog")]


def as_text(content):
    return content.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("content", ["the cat\na dog\n".encode("utf-16"), b"caf\xe9 is nice\n"])
def test_one_line_that_is_no_text_is_one_error(content):
    done = attn("explain", "-", text=as_text(content))
    assert (done.returncode, done.stdout) == (4, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: line 1: byte ")
    assert hint.startswith("hint: ")
    assert "iconv" in hint


def test_csv_has_the_line_beside_the_number_of_the_sentence():
    done = attn("explain", "--format", "csv", text="\na dog\nqwzx\nthe cat\n")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0])[:2] == ["sentence", "line"]
    assert {(row["sentence"], row["line"]) for row in rows} == {("0", "2"), ("1", "4")}


def test_a_sentence_that_is_no_line_has_no_number():
    assert "line" not in json.loads(attn("explain", "a dog", "--json").stdout)
    assert not attn("explain", "a dog", "--format", "csv").stdout.startswith('"sentence","line"')


def test_a_memory_that_is_no_utf_8_stays_as_the_sentence_does():
    done = attn("explain", "a cat", "--memory", "a\udcffb dog", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["memory"]["sentence"] == "a\ufffdb dog"
    assert "\\ud" not in done.stdout


@pytest.mark.parametrize(
    ("content", "place"),
    [(b"a dog\ncaf\xe9\n", "line 2, byte 4"), (b"a\0", "line 1, byte 2"), ("a".encode("utf-16"), "line 1, byte 1")],
)
def test_a_text_to_train_on_says_where_it_is_none(write, content, place):
    with pytest.raises(AttnError, match=place) as caught:
        list(read_lines([write(content)]))
    assert "iconv" in caught.value.hint
