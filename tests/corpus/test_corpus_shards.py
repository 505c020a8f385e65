"""Shards cover every byte of the files once and end where lines end; what is no text is named and skipped."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attncli.corpus.inputs as inputs
import attncli.corpus.lines as lines
import attncli.corpus.shards as shards
from attncli.corpus.inputs import inputs_of, named_texts
from attncli.corpus.lines import Counter, LineForm, Problems, read_texts
from attncli.corpus.shards import open_piece
from attncli.errors import AttnError, ResourceError

CONTENTS = [b"", b"one", b"one\n", b"a\nbb\n\nccc\n" * 50, b"x" * 500 + b"\n" + b"y\n" * 3, b"a\r\nb\r\n", b"\n" * 99]


@pytest.fixture(params=[1, 7, 64, 2**20])
def small(request, monkeypatch):
    monkeypatch.setattr(shards, "LARGEST", request.param)
    monkeypatch.setattr(shards, "CHUNK", 5)
    monkeypatch.setattr(inputs, "CHUNK", 5)


def plan_shards(paths, limit=None, folder=None, **more):
    folder = folder or Path(paths[0]).parent / "run"
    return shards.plan_shards(inputs_of(paths, folder, None, limit), limit, **more)


def plan_pieces(*arguments):
    return [piece for shard in plan_shards(*arguments) for piece in shard.pieces]


def packed(path, content, ending):
    path = path.with_name(path.name + ending)
    if ending == ".gz":
        path.write_bytes(gzip.compress(content))
    elif ending == ".zst":
        import zstandard

        path.write_bytes(zstandard.ZstdCompressor().compress(content))
    else:
        path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.parametrize("content", CONTENTS)
def test_shards_are_the_file_cut_at_line_ends(tmp_path, small, content, ending):
    path = packed(tmp_path / "a.txt", content, ending)
    planned = plan_pieces([path])
    pieces = [b"".join(open_piece(piece)) for piece in planned]
    assert b"".join(pieces) == content
    assert all(piece.endswith(b"\n") for piece in pieces[:-1])
    before = 0
    for each, piece in zip(planned, pieces, strict=True):
        assert each.lines == before
        before += piece.count(b"\n")


@given(st.lists(st.lists(st.integers(0, 40), max_size=60), min_size=1, max_size=5), st.none() | st.integers(1, 90))
def test_several_cores_have_work_wherever_there_are_so_many_lines(tmp_path_factory, lengths, limit):
    folder = tmp_path_factory.mktemp("texts")
    paths = [packed(folder / f"{i}", b"".join(b"x" * n + b"\n" for n in each), "") for i, each in enumerate(lengths)]
    count = min(sum(map(len, lengths)), limit or 10**9)
    planned = plan_shards(paths, limit)
    assert min(count, shards.PIECES) <= len(planned) <= 3 * shards.PIECES + len(lengths)


def test_many_small_files_share_shards(tmp_path):
    paths = [packed(tmp_path / f"{number}", b"a line\n" * 4, "") for number in range(400)]
    planned = plan_shards(paths)
    assert [len(shard.pieces) for shard in planned] == [25] * 16


def test_a_limit_on_a_large_file_leaves_work_for_several_cores(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "LARGEST", 2**10)
    path = packed(tmp_path / "a", b"a line\n" * 10_000, "")
    assert [shard.bytes for shard in plan_shards([path], 160)] == [70] * 16
    assert [shard.bytes for shard in plan_shards([path])][:-1] == [1029] * 68


@pytest.mark.parametrize("limit", [1, 3, 50, 10_000])
def test_a_limit_counts_lines_over_all_files(tmp_path, small, limit):
    first, second = (packed(tmp_path / name, b"line\n" * 40, "") for name in ("a", "b"))
    pieces = [b"".join(open_piece(piece)) for piece in plan_pieces([first, second], limit)]
    assert b"".join(pieces).count(b"\n") == min(limit, 80)


def test_the_plan_depends_on_the_file_alone(tmp_path):
    places = [tmp_path / folder for folder in ("one", "two")]
    for place in places:
        place.mkdir()
    plans = [plan_shards([packed(place / "a.txt", b"a line\n" * 1000, "")]) for place in places]
    bytes_of = [[(piece.start, piece.end, piece.lines) for shard in plan for piece in shard.pieces] for plan in plans]
    assert bytes_of[0] == bytes_of[1]
    assert bytes_of[0][-1][1] == 7000


def test_a_plan_reports_how_far_it_has_read(tmp_path):
    paths = [packed(tmp_path / name, b"a line\n" * 1000, "") for name in "ab"]
    reports = []
    plan_shards(paths, report=lambda *each: reports.append(each))
    assert reports[-1] == (14_000, 14_000)
    assert len(reports) >= 16
    assert reports == sorted(reports)


def test_a_file_that_changed_is_refused(tmp_path):
    path = packed(tmp_path / "a.txt", b"a line\n", "")
    (piece,) = plan_pieces([path])
    packed(tmp_path / "a.txt", b"other lines\n", "")
    with pytest.raises(ResourceError, match="has changed"):
        list(open_piece(piece))


@pytest.mark.parametrize("name", ["no.txt", ".", "cut.gz", "not.gz", "cut.zst", "not.zst", "wide.txt"])
def test_what_cannot_be_read_is_refused_before_anything(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    whole = packed(tmp_path / "whole", b"a line of text\n" * 1000, ".gz")
    (tmp_path / "cut.gz").write_bytes((tmp_path / "whole.gz").read_bytes()[:50])
    (tmp_path / "not.gz").write_bytes(b"no gzip at all")
    half = Path(packed(tmp_path / "half", b"a line of text\n" * 1000, ".zst")).read_bytes()
    (tmp_path / "cut.zst").write_bytes(half[: len(half) // 2])
    (tmp_path / "not.zst").write_bytes(b"no zstandard")
    (tmp_path / "wide.txt").write_text("the river", encoding="utf-16")
    assert plan_shards([whole])
    with pytest.raises(AttnError, match="cannot read"):
        plan_shards([name], folder=tmp_path / "run")


def read(content, key=None, chunk=7, **form):
    problems, counter = Problems(), Counter()
    chunks = (content[at : at + chunk] for at in range(0, len(content), chunk))
    return list(read_texts(chunks, LineForm(key, **form), problems, counter)), problems, counter.lines


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=12), st.integers(1, 30))
def test_every_line_is_a_text_or_a_problem(given_lines, chunk):
    content = b"".join(line + b"\n" for line in given_lines)
    texts, problems, count = read(content, chunk=chunk)
    assert count == len(given_lines)
    assert sorted([number for number, _ in texts] + [number for number, _ in problems.named]) == [
        *range(1, len(given_lines) + 1)
    ]
    for number, text in texts:
        assert text.encode() == given_lines[number - 1]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", lines.EMPTY),
        (b"  \t ", lines.EMPTY),
        (b"a\xffb", lines.BROKEN),
        (b"\xed\xa0\x80", lines.BROKEN),  # half a surrogate pair
        (b"x" * 100, lines.TOO_LONG),
    ],
)
def test_lines_that_are_no_text_are_named_and_the_rest_go_on(monkeypatch, line, reason):
    monkeypatch.setattr(lines, "LONGEST_LINE", 60)
    texts, problems, count = read(b"first\n" + line + b"\nlast\n")
    assert [text for _, text in texts] == ["first", "last"]
    assert (problems.named, problems.counts, count) == ([(2, reason)], {reason: 1}, 3)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_giant_line_is_never_held(monkeypatch, at):
    monkeypatch.setattr(lines, "LONGEST_LINE", 50)
    given_lines = [b"first", b"second"]
    given_lines.insert(at, b"y" * 1000)
    texts, problems, count = read(b"\n".join(given_lines) + b"\n", chunk=16)
    assert [text for _, text in texts] == ["first", "second"]
    assert (problems.named, count) == ([(at + 1, lines.TOO_LONG)], 3)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        *(("[1]", lines.NO_JSON), ("{", lines.NO_JSON), ("[" * 100_000, lines.NO_JSON)),
        *(
            ('{"a": 1}', lines.NO_FIELD),
            ('{"text": 3}', lines.NO_FIELD),
            ('{"text": " "}', lines.EMPTY),
            ("", lines.EMPTY),
        ),
    ],
)
def test_json_lines_without_the_text_are_named(record, reason):
    good = json.dumps({"text": "a dog"})
    texts, problems, _ = read(f"{good}\n{record}\n{good}\n".encode(), "text", chunk=2**16)
    assert [text for _, text in texts] == ["a dog", "a dog"]
    assert problems.named == [(2, reason)]


def test_a_lone_surrogate_in_json_is_no_lone_surrogate_in_text():
    texts, _, _ = read(b'{"text": "a \\ud800 dog"}\n', "text")
    assert texts[0][1].encode()


def test_of_many_problems_the_first_are_named_and_all_counted(monkeypatch):
    monkeypatch.setattr(lines, "MOST_NAMED", 3)
    _, problems, _ = read(b"\n" * 10)
    assert len(problems.named) == 3
    assert problems.counts == {lines.EMPTY: 10}


def test_a_last_line_without_an_end_counts(tmp_path):
    first, second = packed(tmp_path / "a", b"one", ""), packed(tmp_path / "b", b"dog\ncat\n", "")
    assert [b"".join(open_piece(piece)) for piece in plan_pieces([first, second], 1)] == [b"one"]
    assert len(plan_pieces([first, second], 2)) == 2


def test_a_byte_order_mark_is_no_text(tmp_path):
    (piece,) = plan_pieces([packed(tmp_path / "a", b"\xef\xbb\xbf{}\n", "")])
    assert b"".join(open_piece(piece)) == b"{}\n"


def test_a_file_that_shrinks_while_it_is_read_is_noticed(tmp_path):
    path = packed(tmp_path / "a", b"a line\n" * 500_000, "")
    chunks = open_piece(plan_pieces([path])[0])
    next(chunks)
    with open(path, "r+b") as file:
        file.truncate(2**20)
    with pytest.raises(ResourceError, match="has changed"):
        list(chunks)


def test_a_stream_is_read_no_further_than_asked(tmp_path):
    class Endless:
        def read(self, size):
            return b"a dog\n" * 10

    (found,) = inputs_of(["-"], tmp_path, Endless(), 25)
    assert Path(found.path).read_bytes() == b"a dog\n" * 25


def test_a_file_is_named_once(tmp_path):
    with pytest.raises(AttnError, match="named twice"):
        named_texts([packed(tmp_path / "a", b"a\n", "")] * 2)
