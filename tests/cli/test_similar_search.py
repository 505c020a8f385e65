"""`attn similar QUERY --in FILE`: the lines that are most alike to a query, and why the first one is."""

import csv
import gzip
import io
import json

import jsonschema
import numpy as np
import pytest
from rich.cells import cell_len
from support.command import attn
from support.encoders import encoder_folder
from support.two_languages import MEANINGS, small_set

from attncli import similar
from attncli.cli import similar_search
from attncli.views.records.schemas import schema_of

QUERY = "the dog is very cute"
WORDS = [word for meaning in MEANINGS for word in meaning.split()]
RNG = np.random.default_rng(6)
LINES = [" ".join(RNG.permutation(WORDS)[: RNG.integers(1, 20)]) for _ in range(40)]
TEXT = "".join(f"{line}\n" for line in LINES)
FOLDERS = {
    "small": {},
    "mean": {},
    "max": {},
    "weightedmean": {"similarity_fn_name": "dot"},
    "cls": {"similarity_fn_name": "euclidean"},
    "mean+cls": {"similarity_fn_name": "manhattan"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folders")
    small_set(folder / "small")
    for mode, settings in FOLDERS.items():
        if mode != "small":
            encoder_folder(folder / mode, mode, **settings)
    encoder_folder(folder / "prompted", "mean", prompts={"query": "he is "}, texts={"max_seq_length": 6})
    return folder


@pytest.fixture
def search(folders):
    def run(*arguments, source="small", query=QUERY, text=TEXT, **how):
        kind = "--vectors" if source == "small" else "--model"
        return attn("similar", query, "--in", "-", kind, folders / source, *arguments, text=text, **how)

    return run


def record(done, code=0):
    assert done.returncode == code, done.stderr
    found = json.loads(done.stdout)
    jsonschema.validate(found, schema_of("search"), jsonschema.Draft202012Validator)
    return found


def one_by_one(folders, source, query=QUERY, **options):
    space = {"vectors" if source == "small" else "model": str(folders / source)}
    return [similar(query, line, **space, **options).value for line in LINES]


@pytest.mark.parametrize("source", FOLDERS)
def test_lines_are_ranked_as_one_by_one(search, folders, source, monkeypatch):
    monkeypatch.setattr(similar_search, "AT_ONCE", 7)
    found = record(search("--json", "--top", "10", source=source))
    values = one_by_one(folders, source)
    assert (found["query"], found["lines"]) == (QUERY, len(LINES))
    assert [each["similarity"] for each in found["ranked"]] == pytest.approx(
        sorted(values)[:-11:-1], rel=1e-5, abs=5e-6
    )
    for each in found["ranked"]:
        assert each["text"] == LINES[each["line"] - 1]
        assert each["similarity"] == pytest.approx(values[each["line"] - 1], rel=1e-5, abs=5e-6)
    best = found["best"]
    assert (best["text"], best["other_text"]) == (QUERY, found["ranked"][0]["text"])
    assert best["similarity"] == found["ranked"][0]["similarity"]


def test_a_file_of_texts_or_objects_packed_or_not(folders, tmp_path):
    (tmp_path / "a.txt").write_text("\ufeff" + TEXT.replace("\n", "\r\n"))
    objects = "".join(json.dumps({"my text": line, "id": 3}) + "\n" for line in LINES)
    (tmp_path / "b.jsonl").write_text(objects)
    with gzip.open(tmp_path / "c.gz", "wt") as packed:
        packed.write(TEXT)
    given = [["a.txt"], ["b.jsonl", "--fields", "my text"], ["c.gz"], ["a.txt", "-o", "d.json", "-q"]]
    done = [
        attn("similar", QUERY, "--vectors", folders / "small", "--json", "--in", *each, cwd=tmp_path) for each in given
    ]
    assert {each.returncode for each in done} == {0}
    assert len({*(each.stdout for each in done[:3]), (tmp_path / "d.json").read_text()}) == 1


def test_equal_lines_are_ranked_by_their_place(search, monkeypatch):
    monkeypatch.setattr(similar_search, "AT_ONCE", 3)
    found = record(search("--json", "--top", "3", text="a cat\n" + "the dog\na cat\n" * 5))
    assert [each["line"] for each in found["ranked"]] == [2, 4, 6]


def test_blank_lines_are_no_lines_and_bad_ones_are_named(search):
    text = b"\n \nthe dog\nqwzx\n\xff\na cat\n".decode("latin-1")
    done = search("--json", text=text.replace("\xff", "\udcff"))
    found = record(done, 4)
    assert (found["lines"], [each["line"] for each in found["ranked"]]) == (2, [3, 6])
    assert done.stderr.splitlines() == ["error: line 4: no known word", "error: line 5: not UTF-8"]
    done = search("--json", "--unknown", "error", text="the dog\nqwzx dog\n")
    assert record(done, 4)["lines"] == 1
    assert done.stderr == "error: line 2: a word that is not known\n"
    done = search("--fields", "t", "--json", text='{"t": "the dog"}\nx\n{"t": 3}\n\n')
    assert record(done, 4)["lines"] == 1
    assert done.stderr == "error: line 2: not a JSON object\nerror: line 3: no such text field\n"


def test_a_prompt_stands_before_the_query_and_the_lines(search, folders):
    for prompt in ("query", "query,", ",query"):
        found = record(search("--json", "--prompt", prompt, source="prompted", query="the dog"))
        values = one_by_one(folders, "prompted", query="the dog", prompt=prompt)
        assert found["ranked"][0]["similarity"] == pytest.approx(max(values), abs=1e-6)
        assert any("texts of which the model was given a part: " in each for each in found["warnings"])
    assert search("--prompt", "quary", source="prompted").returncode == 2


def test_lines_of_another_language_are_searched_in_the_other_set():
    found = record(attn("similar", "the dog", "--in", "-", "--json", text="a cat\n狗很可愛\nthe dog\n"), 4)
    assert (found["best"]["vectors"]["name"], found["lines"], found["warnings"]) == ("attn-en", 2, [])
    found = record(attn("similar", "the dog", "--in", "-", "--json", text="我的房子\n狗\n"))
    assert found["best"]["vectors"]["name"] == "attn-world"
    for each in found["ranked"]:
        value = similar("the dog", each["text"], "attn-world").value
        assert each["similarity"] == pytest.approx(value, abs=2e-6)
    assert found["warnings"] == ["attn-en has no word of most lines: the vectors are those of attn-world"]
    found = record(attn("similar", "狗", "--in", "-", "--json", text="a house\nthe dog\n"))
    assert found["best"]["vectors"]["name"] == "attn-world"
    assert found["warnings"] == ["attn-en has no word of the query: the vectors are those of attn-world"]


def test_csv_has_a_row_a_line(search):
    rows = [*csv.DictReader(io.StringIO(search("--format", "csv", "--top", "3").stdout))]
    ranked = record(search("--json", "--top", "3"))["ranked"]
    assert [(row["rank"], int(row["found_line"]), row["text"]) for row in rows] == [
        (str(rank), each["line"], each["text"]) for rank, each in enumerate(ranked, 1)
    ]


@pytest.mark.parametrize("source", ["small", "mean", "cls"])
@pytest.mark.parametrize("columns", [40, 80])
def test_the_screen_has_the_lines_and_the_best_of_them(search, source, columns):
    ranked = record(search("--json", "--top", "3", source=source))["ranked"]
    for extra in ({}, {"ACCESSIBLE": "1"}):
        done = search("--top", "3", source=source, env={"COLUMNS": str(columns), **extra})
        assert (done.returncode, done.stderr) == (0, "")
        shown = done.stdout.splitlines()
        assert all(cell_len(line) <= columns for line in shown)
        whole = " ".join(done.stdout.split())
        for each in ranked:
            assert f"{each['similarity']:.4f}" in whole
            assert each["text"] in whole
        assert f"{ranked[0]['similarity']:.4f}" in whole.split("attn similar" if not extra else "beside the query")[1]


def test_text_that_acts_on_a_terminal_and_long_text(search):
    text = "the dog \x1b[31m [red]x[/red]\n" + "a cat " * 100 + "\n"
    done = search(text=text, env={"FORCE_COLOR": "1"})
    assert "\x1b[31m [" not in done.stdout
    assert "[red]x[/red]" in done.stdout
    assert "a cat " * 40 not in done.stdout.split("attn similar")[0]
    assert "of lines the first 200 characters are shown, all with --json" in " ".join(search(text=text).stdout.split())
    assert record(search("--json", text=text))["ranked"][1]["text"].count("cat") == 100


@pytest.mark.parametrize("source", ["small", "mean"])
def test_a_block_without_a_good_line_is_passed_over(search, source, monkeypatch):
    monkeypatch.setattr(similar_search, "AT_ONCE", 2)
    found = record(search("--json", "--fields", "a", source=source, text='\n\nx\ny\n{"a": "the dog"}\n'), 4)
    assert [(each["line"], each["text"]) for each in found["ranked"]] == [(5, "the dog")]
    assert search("--fields", "a", source=source, text="x\n").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "text", "code", "said"),
    [
        (["dog", "--in", "-"], "", 2, "standard input is empty"),
        (["dog", "--in", "empty"], None, 2, "there is no line in 'empty'"),
        (["dog", "--in", "blank"], None, 1, "there is no line to compare with the query"),
        (["dog", "--in", "none"], None, 1, "none"),
        (["dog", "--in", "."], None, 1, "folder"),
        (["", "--in", "one"], None, 2, "the first text"),
        (["qwzx", "--in", "one"], None, 1, "not among the"),
        (["dog", "cat", "--in", "one"], None, 2, "expected one text to look for, got two"),
        (["--in", "one"], None, 2, "--in 'one': expected a text to look for"),
        (["dog", "--in", "one", "-o", "a.npz"], None, 2, "expected an ending among"),
        (["dog", "--in", "one", "--figure", "arcs"], None, 2, "figure"),
        (["dog", "--in", "one", "--top", "0"], None, 2, "--top 0"),
        (["dog", "--in", "one", "--drop", "house"], None, 2, "--drop 'house'"),
    ],
)
def test_mistakes_are_named(folders, tmp_path, arguments, text, code, said):
    for name, content in (("empty", ""), ("blank", "\n \n"), ("one", "the dog\n")):
        (tmp_path / name).write_text(content)
    done = attn("similar", *arguments, "--vectors", folders / "small", text=text, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
