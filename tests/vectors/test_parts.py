"""Unknown words composed of the parts of words that a set keeps for them."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from unicodedata import normalize

import numpy as np
import pytest

from attncli import AttnError, ResourceError, explain
from attncli.cli.app import run
from attncli.vectors import Vectors, write_store
from attncli.vectors.keeping import kept_as, remove
from attncli.vectors.store import layout, opened
from attncli.vectors.store.verifying import verify
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines

NUMBERS = np.random.default_rng(5)
WORDS, MATRIX = ["the", "dog"], NUMBERS.normal(size=(2, 6))
PARTS = ["▁the", "▁techno", "logische", "n", "▁haus", "s", "▁hauss", "chule", "schule", "é", "犬", "▁", "nothing"]
ROWS = NUMBERS.normal(size=(len(PARTS), 6)) * np.arange(1, len(PARTS) + 1)[:, None]  # [parts, d]
ROWS[-1] = 0


def make(folder, **options):
    given = {"name": "parts", "source": "a test", "parts": (PARTS, ROWS), **options}
    write_store(folder, WORDS, MATRIX, **given)
    return Vectors(folder)


@pytest.fixture
def composing(tmp_path):
    return make(tmp_path / "parts")


def total(*parts):
    """By hand: the sum of the parts, as long as the set's first word."""
    vector = ROWS[[PARTS.index(part) for part in parts]].astype(np.float32).astype(np.float64).sum(axis=0)
    return vector / np.linalg.norm(vector) * np.linalg.norm(MATRIX[0].astype(np.float32))


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("technologischen", ["▁techno", "logische", "n"]),
        ("Hausschule", ["▁haus", "schule"]),  # cheaper than ▁hauss + chule, whose ranks are lower
        ("HAUS", ["▁haus"]),
        ("ｈａｕｓ", ["▁haus"]),  # full width
        ("qsq", ["▁", "s"]),  # no part covers a q
        ("犬犬", ["▁", "犬", "犬"]),
        (normalize("NFD", "né"), ["▁", "n", "é"]),
        ("n" * 300, ["▁", *["n"] * 200]),  # a word of more than 200 characters is cut off
    ],
)
def test_the_vector_is_the_sum_of_the_parts_as_long_as_the_sets_vectors(composing, word, parts):
    np.testing.assert_allclose(composing.compose(word), total(*parts), rtol=1e-6)


@pytest.mark.parametrize("word", ["", "qq", "\udcff", "🙂"])
def test_a_word_of_which_no_part_is_known_has_no_vector(composing, word):
    assert composing.compose(word) is None


def test_parts_that_sum_to_nothing_make_a_vector_of_zeros(tmp_path):
    vectors = make(tmp_path / "zero", parts=(["▁q"], np.zeros((1, 6))))
    assert vectors.compose("q").tolist() == [0] * 6
    assert vectors.compose("x") is None


def test_many_words_at_once_take_one_look_up(composing, monkeypatch):
    asked, find = [], composing.parts.find
    monkeypatch.setattr(composing.parts, "find", lambda words: asked.append(1) or find(words))
    words = ["hausschule", "haus", "haus", "technologischen"]
    made = composing.composed(words)
    assert len(asked) == 1
    assert list(made) == ["hausschule", "haus", "technologischen"]
    alone = Vectors(composing.folder)
    for word, vector in made.items():
        np.testing.assert_array_equal(vector, alone.compose(word))


@pytest.mark.parametrize("kept", [0, 10])
def test_words_are_composed_once_as_long_as_few_are_kept(composing, monkeypatch, kept):
    monkeypatch.setattr(opened, "REMEMBERED", kept)
    asked, find = [], composing.parts.find
    monkeypatch.setattr(composing.parts, "find", lambda words: asked.append(1) or find(words))
    first, again = (composing.composed(["haus", "xx", "hausschule"]) for _ in range(2))
    assert list(first) == list(again) == ["haus", "hausschule"]
    assert all(np.array_equal(first[word], again[word]) for word in first)
    assert len(asked) == (1 if kept else 2)


def test_a_set_that_is_not_made_so_composes_nothing(tmp_path):
    plain = make(tmp_path / "plain", parts=None)
    assert (plain.composes, plain.compose("dogs"), plain.composed(["dogs"])) == (False, None, {})


def test_it_is_marked_skipped_or_refused(composing):
    explanation = explain("the Hausschule dog", composing)
    tokens = json.loads(explanation_json(explanation))["tokens"]
    assert [token["text"] for token in tokens if token.get("composed")] == ["Hausschule"]
    np.testing.assert_allclose(explanation.source.inputs.x[1], total("▁haus", "schule"), rtol=1e-6)
    shown = " ".join(" ".join(line.plain for line in explain_lines(explanation, Screen())).split())
    assert "their vectors are composed of their parts: [Hausschule+]" in shown
    assert [each.text for each in explain("the dogs", composing, unknown="skip").sentence.unknown] == ["dogs"]
    with pytest.raises(AttnError, match="dogs"):
        explain("the dogs", composing, unknown="error")


def test_nearest_spellings_are_looked_for_only_where_no_vector_is_composed(tmp_path, monkeypatch):
    vectors = make(tmp_path / "few", parts=(["▁dogs"], np.ones((1, 6))))
    asked = []
    monkeypatch.setattr(vectors, "spellings", lambda word, top=3: asked.append(word) or [])
    explain("the dogs qq", vectors)
    assert asked == ["qq"]


def test_info_size_and_verification_count_the_parts(composing, capsys):
    run(["vectors", "info", str(composing.folder)])
    assert "composed of their parts" in capsys.readouterr().out
    run(["vectors", "info", str(composing.folder), "--json"])
    assert json.loads(capsys.readouterr().out)["composed_of"] == "parts"
    files = [path for path in composing.folder.rglob("*") if path.is_file()]
    assert len(files) == 6
    assert kept_as("parts", composing).size == sum(path.stat().st_size for path in files)
    verify(composing)


@pytest.mark.parametrize("name", ["vectors.npy", "norms.npy", "index.sqlite"])
def test_a_flipped_byte_of_a_part_is_noticed(composing, name):
    path = composing.folder / "parts" / name
    with open(path, "r+b") as file:
        at = path.stat().st_size - 3
        os.pwrite(file.fileno(), bytes([os.pread(file.fileno(), 1, at)[0] ^ 1]), at)
    with pytest.raises(ResourceError, match="damaged"):
        verify(Vectors(composing.folder))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("index.sqlite", "it has no parts/index.sqlite"),
        ("vectors.npy", "in its parts, it has no vectors.npy"),
        ("norms.npy", "in its parts, its norms.npy is not as it was written"),
    ],
)
@pytest.mark.parametrize("use", [lambda vectors: (vectors.compose("dogs"), vectors.parts.norms), verify])
def test_damaged_parts_are_a_fault_of_their_set(composing, name, why, use):
    """The parts are no set that could be removed by itself."""
    (composing.folder / "parts" / name).unlink()
    vectors = Vectors(composing.folder)
    with pytest.raises(ResourceError) as caught:
        use(vectors)
    assert caught.value.message == f"the store '{composing.folder}' is damaged: {why}"
    assert f"attn vectors remove {composing.folder.name}, " in caught.value.in_words()[1]


def test_parts_of_parts_are_noticed(composing, tmp_path):
    """Else those of a folder that leads to itself would have no end."""
    inner = make(tmp_path / "inner")
    write_store(tmp_path / "outer", WORDS, MATRIX, name="outer", source="s", parts=(WORDS, MATRIX))
    shutil.rmtree(tmp_path / "outer" / "parts")
    inner.folder.rename(tmp_path / "outer" / "parts")
    with closing(sqlite3.connect(tmp_path / "outer" / "index.sqlite")) as connection, connection:
        meta = dict(connection.execute("SELECT key, value FROM meta WHERE key != '~check'"))
        meta["parts"] = inner.info.checksum
        rows = [("parts", meta["parts"]), ("~check", layout.meta_check(meta))]
        connection.executemany("REPLACE INTO meta VALUES (?, ?)", rows)
    with pytest.raises(ResourceError, match="parts are not those"):
        verify(Vectors(tmp_path / "outer"))


def test_something_else_among_the_parts_is_not_removed(attn_home):
    folder = attn_home / "vectors" / "mine"
    make(folder)
    (folder / "parts" / "letter.txt").write_text("dear")
    with pytest.raises(AttnError, match=r"letter\.txt"):
        remove("mine")
    (folder / "parts" / "letter.txt").unlink()
    remove("mine")
    assert not folder.exists()


def test_parts_of_another_set_are_noticed(composing, tmp_path):
    other = make(tmp_path / "other", parts=(["▁q"], np.ones((1, 6))))
    composing.folder.joinpath("parts").rename(tmp_path / "aside")
    other.folder.joinpath("parts").rename(composing.folder / "parts")
    with pytest.raises(ResourceError, match="parts are not those"):
        Vectors(composing.folder).compose("q")
