"""Pairs of texts from one file or two: their forms, bad lines, and files that do not fit."""

import pytest

from attncli.corpus.lines import LONGEST_LINE, Reason
from attncli.corpus.pair_forms import COMPARED, PairForm
from attncli.corpus.pair_texts import Block, blocks_of
from attncli.corpus.text_lines import Lines
from attncli.errors import UsageError
from attncli.recipes.inputs import MOST_CHARACTERS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("the dog ||| le chien", ("the dog", "le chien")),
        ("the dog\tle chien", ("the dog", "le chien")),
        ("the dog\tle chien\t0.7", ("the dog", "le chien")),
        ("a ||| b ||| 1-1", ("a", "b")),
        (" a   |||  b ", ("a", "b")),
        ("a\tb ||| c", ("a\tb", "c")),
        ("a|||b", ("a", "b")),
        ("the dog", "no ||| and no tab between source and target"),
        ("", "empty line"),
        (" \t ", "empty line"),
        ("|||", "empty line"),
        ("a |||", "empty target"),
        ("a\t", "empty target"),
        ("||| b", "empty source"),
        ("\tb", "empty source"),
        (b"a\xff ||| b", "not UTF-8"),
        (b"a" * (LONGEST_LINE + 1), "line too long"),
        ("a ||| " + "b" * (MOST_CHARACTERS + 1), "line too long"),
    ],
)
def test_a_line_is_a_pair_or_has_a_reason(line, expected):
    (found,) = Block(1, [line if isinstance(line, bytes) else line.encode()]).pairs()
    assert found == expected
    assert isinstance(found, Reason) == isinstance(expected, str)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a dog\tthe cat", ("a dog", "the cat")),
        (" a \t b \t0.5", ("a", "b")),
        ("a ||| b\tc", ("a ||| b", "c")),
        ('{"a": "a dog", "b": "the\\tcat", "id": 3}', ("a dog", "the\tcat")),
        ('{"text": "a dog"}', "no such text field"),
        ('{"a": "a dog", "b": 3}', "no such text field"),
        ('{"a": "a dog", "b": " "}', "empty second text"),
        ('{"a": "", "b": "\\n"}', "empty line"),
        ("{a}\t{b}", ("{a}", "{b}")),
        ("{" + '"a":{' * 9999 + "\tb", ("{" + '"a":{' * 9999, "b")),
        ("a dog", "no tab between first text and second text"),
        ("\tb", "empty first text"),
        ("a\t", "empty second text"),
        ("", "empty line"),
        ("\t", "empty line"),
        (b"\xff\ta", "not UTF-8"),
    ],
)
def test_a_line_has_two_texts_to_compare_in_columns_or_an_object(line, expected):
    (found,) = Block(1, [line if isinstance(line, bytes) else line.encode()], form=COMPARED).pairs()
    assert found == expected
    assert isinstance(found, Reason) == isinstance(expected, str)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"x": "a dog", "y": "the cat"}', ("a dog", "the cat")),
        (b'{"a": "a dog", "b": "the cat"}', "no such text field"),
        (b"a dog\tthe cat", "not a JSON object"),
        (b'["x", "y"]', "not a JSON object"),
        (b'{"x": "' + b"[" * 9999 + b'"', "not a JSON object"),
        (b" ", "empty line"),
    ],
)
def test_the_fields_of_objects_have_names(line, expected):
    form = PairForm(keys=("x", "y"), objects=True)
    assert Block(1, [line], form=form).pairs() == [expected]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (b"the dog", b"le chien", ("the dog", "le chien")),
        (b"a\tb ||| c", b" d ", ("a\tb ||| c", "d")),
        (b"", b" ", "empty line"),
        (b"a", b"", "empty target"),
        (b"", b"b", "empty source"),
        (b"a", b"\xff", "not UTF-8"),
    ],
)
def test_lines_of_two_files_are_a_pair(source, target, expected):
    (good, found) = Block(1, [b"x", source], [b"y", target]).pairs()
    assert (good, found) == (("x", "y"), expected)


def lines(count, cut=5):
    """So many lines, in chunks of a few bytes."""
    content = b"".join(b"%d\n" % number for number in range(count))
    return Lines(iter([content[at : at + cut] for at in range(0, len(content), cut)]))


@pytest.mark.parametrize("count", [0, 1, 7, 4096, 9000])
def test_blocks_hold_every_line_once_and_in_order(count):
    for targets in (None, lines(count, 7)):
        blocks = [*blocks_of(lines(count), targets)]
        assert [line for each in blocks for line in each.lines] == [b"%d" % number for number in range(count)]
        assert [each.first for each in blocks] == [
            1 + sum(len(b.lines) for b in blocks[:k]) for k in range(len(blocks))
        ]
        assert all(targets is None or each.targets == each.lines for each in blocks)


@pytest.mark.parametrize(("n", "m"), [(3, 2), (2, 3), (0, 1), (5000, 4096), (4096, 9000)])
def test_a_file_with_more_lines_is_an_error_behind_the_pairs(n, m):
    there = []
    with pytest.raises(UsageError, match=f"in 'b' as in 'a', {n:,}, got {m:,}"):
        there.extend(len(each.lines) for each in blocks_of(lines(n), lines(m), ("a", "b")))
    assert sum(there) == min(n, m)
