"""`attn corpus` over sources and targets, as a user gives them: two files, two columns, two keys."""

import gzip
import json
import os

import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.corpora import read_table
from support.places import TESTS

TRANSLATOR = str(TESTS / "oracles" / "translator")
ENGLISH = ["She sees the elephant", "He sees the dog", "She has seen the dog"]
GERMAN = ["Sie sieht den Elefanten", "Er sieht den Hund", "Sie hat den Hund gesehen"]
TABLES = ["context.ndjson", "distance.ndjson", "entropy.ndjson", "heads.ndjson"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "en.txt").write_text("".join(f"{line}\n" for line in ENGLISH))
    (tmp_path / "de.txt").write_text("".join(f"{line}\n" for line in GERMAN))
    pairs = list(zip(ENGLISH, GERMAN, strict=True))
    (tmp_path / "pairs.tsv").write_text("".join(f"{one}\t{other}\n" for one, other in pairs))
    (tmp_path / "more.tsv").write_text("".join(f"{one}\t{other}\tCC-BY\n" for one, other in pairs))
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps({"en": one, "de": other}) + "\n" for one, other in pairs))
    for name in ("en.txt", "de.txt"):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    return tmp_path


def run(folder, *arguments, out="out", **how):
    collected = "--collect", "context,distance,entropy,heads,weights"
    return attn("corpus", *arguments, "--model", TRANSLATOR, *collected, "-o", out, cwd=folder, **how)


def tables(folder, out="out"):
    return {name: (folder / out / name).read_bytes() for name in TABLES}


GIVEN = {
    "files": ["en.txt", "--target", "de.txt"],
    "packed": ["en.txt.gz", "--target", "de.txt.gz"],
    "columns": ["pairs.tsv", "--part", "cross"],
    "more": ["more.tsv", "--part", "cross"],
    "keys": ["pairs.jsonl", "--field", "en", "--target-field", "de"],
    "jobs": ["en.txt", "--target", "de.txt.gz", "--jobs", "2"],
}


@pytest.mark.parametrize("how", [*GIVEN, "source-", "target-"])
def test_tables_are_the_same_however_the_pairs_are_given(folder, how):
    assert run(folder, *GIVEN["files"], out="expected").returncode == 0
    if how.endswith("-"):
        files = ["-", "--target", "de.txt"] if how == "source-" else ["en.txt", "--target", "-"]
        piped = (folder / ("en.txt" if how == "source-" else "de.txt")).read_text()
        done = run(folder, *files, text=piped)
    else:
        done = run(folder, *GIVEN[how])
    assert done.returncode == 0, done.stderr
    assert "translator · part cross" in done.stdout
    assert tables(folder) == tables(folder, "expected")
    assert ("lines of 'more.tsv' have 3 columns" in done.stderr) == (how == "more")


def test_the_manifest_names_the_part_and_the_file_of_targets(folder):
    assert run(folder, *GIVEN["files"]).returncode == 0
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert (manifest["settings"]["target"], manifest["settings"]["attention"]["part"]) == ("de.txt", "cross")
    assert (manifest["lines"], manifest["texts"], manifest["parts"][0]["name"]) == (3, 3, "en.txt")
    assert run(folder, *GIVEN["files"], "--resume").returncode == 0


def test_each_part_has_the_words_of_its_texts(folder):
    for part, word, context in [("encoder", "dog", "sees"), ("decoder", "Hund", "den"), ("cross", "Hund", "dog")]:
        assert run(folder, *GIVEN["files"], "--part", part, out=part).returncode == 0
        pairs = {(row["word"], row["context"]) for row in read_table(folder / part / "context.ndjson")}
        assert (word, context) in pairs
    assert not {word for word, _ in pairs} & {"dog", "elephant"}


def test_words_that_are_asked_for_are_the_target_s(folder):
    assert run(folder, *GIVEN["files"], "--words", "Hund,sieht").returncode == 0
    rows = read_table(folder / "out" / "context.ndjson")
    assert {row["word"] for row in rows} == {"Hund", "sieht"}
    assert {row["context"] for row in rows} > {"dog", "sees"}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_records_name_the_words_of_the_keys_in_every_format(folder, form):
    assert run(folder, *GIVEN["files"], "--format", form).returncode == 0
    rows = [row for path in (folder / "out" / "weights").iterdir() for row in read_table(path)]
    words = [json.loads(row["key_words"]) if form == "csv" else row["key_words"] for row in rows]
    assert sorted(words) == sorted([*line.split(), "</s>"] for line in ENGLISH)


def test_lines_that_are_no_pair_are_named_by_the_line_of_both_files(folder):
    (folder / "en.txt").write_bytes(b"She sees\n\n\nsh\xff\nHe\nHe\nHe\n")
    (folder / "de.txt").write_bytes(b"Sie sieht\nx\n\nx\n\xff\n  \nEr\n")
    done = run(folder, *GIVEN["files"])
    assert done.returncode == 4
    named = [json.loads(line) for line in (folder / "out" / "errors.ndjson").read_text().splitlines()]
    assert {(each["file"], each["line"], each["reason"]) for each in named} == {
        ("en.txt", 2, "empty source"),
        ("en.txt", 3, "empty line"),
        ("en.txt", 4, "not UTF-8"),
        ("en.txt", 5, "target not UTF-8"),
        ("en.txt", 6, "empty target"),
    }
    (folder / "pairs.tsv").write_text("no tab\n")
    done = run(folder, *GIVEN["columns"], out="other")
    assert (done.returncode, "no tab between source and target 1" in done.stdout) == (4, True)


def test_a_target_file_that_changed_is_noticed(folder):
    assert run(folder, *GIVEN["files"]).returncode == 0
    os.utime(folder / "de.txt", (1, 1))
    done = run(folder, *GIVEN["files"], "--resume")
    assert (done.returncode, "'de.txt' has changed" in done.stderr) == (2, True)
    done = run(folder, "en.txt", "--target", "de.txt.gz", "--resume")
    assert (done.returncode, "--target de.txt, now de.txt.gz" in done.stderr) == (2, True)


def test_a_limit_takes_the_first_pairs(folder):
    (folder / "de.txt").write_text("\n".join(GERMAN[:2]))
    assert json.loads(run(folder, *GIVEN["files"], "--limit", "2", "--json").stdout)["texts"] == 2


def test_lines_with_tabs_are_said_to_be_read_as_one_text(folder):
    done = run(folder, "pairs.tsv", "--part", "encoder")
    assert (done.returncode, "read as one text" in done.stderr) == (0, True)
    assert "read as one text" not in run(folder, "en.txt", "--part", "encoder", out="other").stderr


MISTAKES = [
    (["en.txt", "--target", "three.txt"], 2, "--target 'three.txt': expected as many lines as 'en.txt' has, 3, got 4"),
    (["en.txt", "--target", "no.txt"], 1, "cannot read 'no.txt'"),
    (["en.txt", "de.txt", "--target", "de.txt"], 2, "--target 'de.txt': expected one file of sources, got 2"),
    (["-", "--target", "-"], 2, "--target '-': expected another file"),
    (["en.txt", "--target", "de.txt", "--field", "en"], 2, "--target 'de.txt': expected lines of text, got JSON lines"),
    (["pairs.jsonl", "--target-field", "de"], 2, "--target-field 'de': expected the source's key too"),
    (["pairs.jsonl", "--field", "en", "--part", "cross"], 2, "--field 'en': expected the target's key too"),
    (["pairs.tsv", "--part", "cross", "--sentences"], 2, "--sentences: no meaning with targets"),
    (["en.txt", "--target-lang", "de"], 2, "--target-lang 'de': expected targets with it"),
    (["en.txt", "--target", "de.txt", "--stride", "1"], 2, "--stride 1: expected one text in windows"),
    (["en.txt", "--target", "de.txt", "--layer", "1"], 2, "--layer 1: expected 0"),
    (["pairs.tsv", "--part", "middle"], 2, "--part 'middle': expected one of encoder, decoder, cross"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), MISTAKES)
def test_mistakes_get_a_line_and_leave_no_folder(folder, arguments, code, told):
    (folder / "three.txt").write_text("a\nb\nc\nd\n")
    done = run(folder, *arguments)
    error, *hints = done.stderr.splitlines()
    assert (done.returncode, done.stdout, len(hints)) == (code, "", 1), done.stderr
    assert told in error
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    "given",
    [["--part", "encoder"], ["--part", "cross"], ["--target", "de.txt"], ["--field", "en", "--target-field", "de"]],
)
def test_a_model_without_a_decoder_has_no_targets(folder, given):
    done = attn("corpus", "en.txt", "--model", str(TINY / "bert"), *given, cwd=folder)
    assert done.returncode == 2
    assert f"{' '.join(given[-2:-1])} {given[-1]!r}: expected a model with an encoder and a decoder" in done.stderr


@pytest.mark.parametrize("given", [["--part", "cross"], ["--target", "de.txt"], ["--target-field", "de"]])
def test_targets_without_a_model_are_a_mistake(folder, given):
    done = attn("corpus", "en.txt", *given, cwd=folder)
    assert (done.returncode, f"{given[0]}: expected a model with it" in done.stderr) == (2, True)
