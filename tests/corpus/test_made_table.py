"""A table that is one class in a file of its own and one name in a list goes all the way of the others."""

import subprocess
import sys

import pytest
from support.command import BARE
from support.corpora import SENTENCES, read_table
from support.places import TESTS

from attncli import explain

HEADS = 2


def made(*arguments, cwd):
    command = [sys.executable, TESTS / "support" / "made_table.py", "corpus", *arguments]
    done = subprocess.run(command, cwd=cwd, env=BARE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join(f"{sentence}\n" for sentence in SENTENCES))
    return path


@pytest.mark.parametrize(
    ("table", "options"), [("ndjson", []), ("csv", ["--jobs", "2"]), ("parquet", ["--scheduler", "local"])]
)
def test_a_made_table_is_collected_merged_written_and_shown(tmp_path, text, table, options):
    run = ["text.txt", "--collect", "made,context", "--mode", "multihead", "--heads", str(HEADS), "--format", table]
    run += ["--keep-parts"]
    out = made(*run, "-o", "out", *options, cwd=tmp_path)
    assert "made  the weight on the first word\n" in out
    weights = [explain(sentence, mode="multihead", heads=HEADS).weights for sentence in SENTENCES]
    rows = read_table(tmp_path / "out" / f"made.{table}")
    assert [(row["schema"], row["layer"], row["head"], row["kind"], row["queries"]) for row in rows] == [
        ("attn.corpus.made/1.0", 0, head, "made", sum(each.shape[-1] for each in weights)) for head in range(HEADS)
    ]
    sums = [sum(each[0, head, :, 0].sum() for each in weights) for head in range(HEADS)]
    assert [row["first"] for row in rows] == pytest.approx(sums, abs=1e-4)
    before = (tmp_path / "out" / f"made.{table}").read_bytes()
    (tmp_path / "out" / f"made.{table}").unlink()
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parts").glob("*.npz")}
    made(*run, "-o", "out", *options, "--resume", cwd=tmp_path)
    assert (tmp_path / "out" / f"made.{table}").read_bytes() == before
    assert {path: path.stat().st_mtime_ns for path in parts} == parts
    assert len(parts) == len(SENTENCES)


def test_a_made_table_is_a_choice_and_its_part_is_checked(tmp_path, text):
    assert "context|distance|entropy|heads|weights|made" in made("-h", cwd=tmp_path).replace("\n", "").replace(" ", "")
    made("text.txt", "--collect", "made", "-o", "out", "--keep-parts", cwd=tmp_path)
    before = read_table(tmp_path / "out" / "made.ndjson")
    parts = [next((tmp_path / "out" / name).glob("*.npz")) for name in ("parts", "sums")]
    for part in parts:
        part.write_bytes(part.read_bytes().replace(b"made.queries.npy", b"made.queryes.npy"))
    made("text.txt", "--collect", "made", "-o", "out", "--keep-parts", "--resume", cwd=tmp_path)
    assert read_table(tmp_path / "out" / "made.ndjson") == before
    assert not any(b"made.queryes.npy" in part.read_bytes() for part in parts)
