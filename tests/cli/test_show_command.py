"""`attn show`: weights from a file in every format and view, and files that are refused."""

import csv
import io
import json
import re
import zipfile

import jsonschema
import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.texts import write_weights

from attncli import explain_model, show
from attncli.views.records.schemas import schema_of

BARK = "Bark is very cute and he is a dog"


@pytest.fixture
def folder(tmp_path):
    write_weights(tmp_path)
    return tmp_path


def shown(folder, *arguments):
    done = attn("show", *arguments, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_json_keeps_to_the_schema_of_explain(folder):
    schema = schema_of("explain")
    for more in ([], ["--layer", "1", "--head", "0-2"], ["--word", "he"], ["--combine", "max"], ["--hide-first"]):
        record = json.loads(shown(folder, "weights.npz", "--json", *more), parse_constant=pytest.fail)
        jsonschema.validate(record, schema, jsonschema.Draft202012Validator)
    (folder / "odd.json").write_text("[[0.5, 3], [0, 0]]")
    record = json.loads(shown(folder, "odd.json", "--json"))
    jsonschema.validate(record, schema, jsonschema.Draft202012Validator)
    assert record["warnings"] == ["1 of 2 rows do not sum to 1, but 3.5: they are shown as they are"]
    assert record["given"] == {"name": "odd.json"}
    assert (record["vectors"], record["model"], record["scores"]) == (None, None, None)


def test_the_numbers_are_those_of_the_file(folder):
    with np.load(folder / "weights.npz") as stored:
        weights = stored["weights"]
    rows = [*csv.DictReader(io.StringIO(shown(folder, "weights.npz", "--format", "csv")))]
    assert [float(row["weight"]) for row in rows] == pytest.approx(weights.ravel().tolist(), abs=1e-7)
    assert {row["score"] for row in rows} == {""}
    record = json.loads(shown(folder, "weights.npz", "--json"))
    np.testing.assert_allclose(record["weights"], weights, atol=6e-7)
    shown(folder, "weights.npz", "--layer", "1", "-o", "again.npz")
    np.testing.assert_array_equal(show(folder / "again.npz").weights, weights[1:])
    assert show(folder / "again.npz").layer_numbers == (1,)


def test_the_map_is_that_of_the_model(folder):
    own = attn("explain", BARK, "--model", str(TINY / "bert")).stdout
    page = shown(folder, "weights.npz")
    assert page.startswith("attn show  weights weights.npz (2 layers × 4 heads)")
    for name in ("dist", "bits"):
        measured = [[line for line in text.splitlines() if line.lstrip().startswith(name)] for text in (page, own)]
        assert measured[0] == measured[1]
        assert len(measured[0]) == 3  # of two layers, and what it is


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.txt", "[CLS]\nBark\nis\nvery\ncute\nand\nhe\nis\na\ndog\n[SEP]\n"),
        ("t.txt", "[CLS]\r\nBark\r\nis\r\nvery\r\ncute\r\nand\r\nhe\r\nis\r\na\r\ndog\r\n[SEP]"),
        ("t.json", '["[CLS]", "Bark", "is", "very", "cute", "and", "he", "is", "a", "dog", "[SEP]"]'),
        ("t", ' ["[CLS]","Bark","is","very","cute","and","he","is","a","dog","[SEP]"]\n'),
    ],
)
def test_tokens_are_lines_or_a_list(name, text, folder):
    (folder / name).write_bytes(text.encode())
    page = shown(folder, "weights.npz", "--tokens", name, "--layer", "0", "--head", "0")
    assert "\n  Bark is very cute and he is a dog\n" in page
    assert "10 [SEP]" in page


def test_two_sides_have_tokens_each(folder):
    np.save(folder / "cross.npy", np.full((2, 3), 1 / 3))
    (folder / "a").write_text("das\nHaus\n")
    (folder / "b").write_text("the\nred\nhouse\n")
    page = shown(folder, "cross.npy", "--tokens", "a", "--other-tokens", "b")
    assert "queries  das Haus" in page
    assert "keys     the red house" in page
    assert "house" in shown(folder, "cross.npy", "--tokens", "a", "--other-tokens", "b", "--word", "Haus")
    done = attn("show", "cross.npy", "--tokens", "a", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --other-tokens: expected the tokens of the keys too")


@pytest.mark.parametrize("ending", ["html", "svg", "screen.svg", "txt", "json", "csv", "npz"])
def test_every_format_is_written(ending, folder):
    shown(folder, "weights.npz", "--layer", "1", "--head", "2", "-o", f"x.{ending}")
    assert (folder / f"x.{ending}").stat().st_size > 500


def test_the_page_says_the_command_of_the_file(folder):
    shown(folder, "weights.npz", "--tokens", "tokens.txt", "-o", "x.html")
    page = (folder / "x.html").read_text()
    (command,) = re.findall(r'"command":({.*?})', page)
    options = ["--tokens", "tokens.txt"]
    expected = {"name": "attn show", "text": "weights.npz", "options": options, "heads": True, "guard": False}
    assert json.loads(command) == expected


def zipped(path, name):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"")


HOSTILE = {
    "pickle.npy": lambda path: np.save(path, np.array([[{}]]), allow_pickle=True),
    "objects.npz": lambda path: np.savez(path, weights=np.array([[{}]])),
    "texts.npz": lambda path: np.savez(path, weights=np.array([["a"]])),
    "two.npz": lambda path: np.savez(path, first=np.eye(2), second=np.eye(2)),
    "none.npz": lambda path: np.savez(path, tokens=np.array(["a"])),
    "nan.npz": lambda path: np.savez(path, np.full((2, 2), np.nan)),
    "empty.npy": lambda path: np.save(path, np.ones((0, 3))),
    "scalar.npy": lambda path: np.save(path, np.float64(1)),
    "cut.npy": lambda path: (np.save(path, np.eye(9)), path.write_bytes(path.read_bytes()[:-1])),
    "huge.npy": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999999)}".ljust(118)
    ),
    "cut.npz": lambda path: (np.savez(path, np.eye(9)), path.write_bytes(path.read_bytes()[:-30])),
    "wrong.npz": lambda path: np.savez(path, weights=np.eye(3), queries=np.array(["a"])),
    "empty.json": lambda path: path.write_text(""),
    "word.json": lambda path: path.write_text('"weights"'),
    "null.json": lambda path: path.write_text('{"weights": null}'),
    "other.json": lambda path: path.write_text('{"schema": "attn.compare", "methods": []}'),
    "keys.json": lambda path: path.write_text('{"a": [[1]], "b": [[1]]}'),
    "twice.json": lambda path: path.write_text('{"weights": [[1]], "weights": [[0.5]]}'),
    "nan.json": lambda path: path.write_text("[[NaN]]"),
    "inf.json": lambda path: path.write_text("[[1e999]]"),
    "ragged.json": lambda path: path.write_text("[[1, 0], [1]]"),
    "texts.json": lambda path: path.write_text('[["1", "0"], ["0", "1"]]'),
    "deep.json": lambda path: path.write_text("[" * 100_000),
    "lists.json": lambda path: path.write_text("[" + "[]," * 500_000 + "[]]"),
    "objects.json": lambda path: path.write_text("[" + "{}," * 100_000 + "{}]"),
    "archive.pt": lambda path: zipped(path, "archive/data.pkl"),
    "archive.npz": lambda path: zipped(path, "weights"),
    "characters.npz": lambda path: np.savez(path, weights=np.eye(1), queries=np.array([2**31], "u4").view("U1")),
    "digits.json": lambda path: path.write_text("[[" + "9" * 5000 + "]]"),
    "lines.json": lambda path: path.write_text("[[1]]\n[[1]]\n"),
    "latin.json": lambda path: path.write_bytes(b'["caf\xe9"]'),
    "page.html": lambda path: path.write_text("<!doctype html><title>Not found</title>"),
    "page\x1b[31m.json": lambda path: path.write_text("{}"),
    "folder": lambda path: path.mkdir(),
    "missing.npz": lambda path: None,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_without_weights_is_refused(name, tmp_path):
    HOSTILE[name](tmp_path / name)
    done = attn("show", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    error, *hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert name.replace("\x1b", "\\x1b") in error
    assert len(hint) <= 1
    assert "\x1b" not in error


def test_records_of_several_sentences_are_told_from_no_json(tmp_path):
    made = attn("explain", "-", "-o", "x.json", cwd=tmp_path, text="a dog\nthe cat\n")
    done = attn("show", "x.json", cwd=tmp_path)
    assert (made.returncode, done.returncode) == (0, 3)
    assert done.stderr.startswith("error: 'x.json': expected one record of JSON, got more than one\nhint: take one")
    (tmp_path / "y.json").write_text("[[1]] x")
    assert "no JSON: Extra data" in attn("show", "y.json", cwd=tmp_path).stderr


def test_the_arrays_of_an_npz_are_named(tmp_path):
    HOSTILE["two.npz"](tmp_path / "two.npz")
    assert (
        "expected an array named weights, or one alone, got 'first', 'second'"
        in attn("show", tmp_path / "two.npz").stderr
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2]", "expected a list of texts, got 1 in it"),
        ("a\nb\n", "expected 11 tokens, one a query, got 2"),
        ("", "got 0"),
    ],
)
def test_wrong_tokens_are_refused(text, said, folder):
    (folder / "t.json").write_text(text)
    done = attn("show", "weights.npz", "--tokens", "t.json", cwd=folder)
    assert said in done.stderr
    assert done.returncode == (3 if text.startswith("[") else 2)


def test_the_empty_name_is_no_file_of_tokens(folder):
    done = attn("show", "weights.npz", "--tokens", "", cwd=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: cannot read ''")


def test_the_model_is_the_same_by_both_ways(folder):
    own = explain_model(BARK, str(TINY / "bert"), layer=1, head=2)
    record = json.loads(shown(folder, "weights.npz", "--layer", "1", "--head", "2", "--json"))
    np.testing.assert_allclose(record["weights"], own.weights, atol=2e-6)
    assert [each["query"] for each in record["context"]] == [*range(11)]
    best = [each.ranked[0].key for each in own.context]
    assert [each["ranked"][0]["key"] for each in record["context"]] == best
