"""Relations that heads are known for: kept by the identity of a model, said of one head, and never in the way."""

import json
import shutil
from dataclasses import asdict, replace

import pytest
from support.command import attn
from support.places import TINY

from attncli.models.checkpoint.identity import END, identity_of
from attncli.models.model import open_model
from attncli.recipes.known_relations import KnownRelation, keep_relations, known_relations
from attncli.recipes.model_explaining import explain_model

BERT = TINY / "bert"
OBJ = KnownRelation("en.conllu", "obj", 1, 0, "dependent", 0.69, 0.33, 1200)
CC = KnownRelation("de.conllu", "cc", 1, 1, "head", 0.5, 0.4, 1)
SAID = (
    "head 1.0 in en.conllu, obj: dependant looks at its head word, right in 69% of 1,200 pairs "
    "(best fixed distance 33%)"
)


@pytest.fixture
def copy(tmp_path):
    """A copy of a model, to be changed."""
    return shutil.copytree(BERT, tmp_path / "copy")


def the_file(home):
    (path,) = (home / "relations").iterdir()
    return path


def said(model=BERT, **settings):
    remarks = explain_model("a dog", model, **({"layer": 1, "head": 0} | settings)).remarks
    return [each for each in remarks if each.startswith("head ")]


def test_a_copy_is_the_same_model(copy):
    (copy / "README.md").write_text("a copy")
    assert identity_of(copy) == identity_of(BERT)


def test_other_weights_or_another_configuration_are_another_model(copy):
    weights = (copy / "model.safetensors").read_bytes()
    config = (copy / "config.json").read_bytes()
    found = {identity_of(copy)}
    for changed in (weights[:-1] + bytes([weights[-1] ^ 1]), weights + b"\0", weights[:-1]):
        (copy / "model.safetensors").write_bytes(changed)
        found.add(identity_of(copy))
    (copy / "model.safetensors").write_bytes(weights)
    (copy / "config.json").write_bytes(config + b"\n")
    found.add(identity_of(copy))
    assert len(found) == 5


def test_of_large_weights_both_ends_are_read(tmp_path):
    path, found = tmp_path / "model.gguf", set()
    for place in (None, 0, END - 1, END, 2 * END - 1, 2 * END, 3 * END - 1):
        data = bytearray(3 * END)
        if place is not None:
            data[place] = 1
        path.write_bytes(data)
        found.add(identity_of(path))
    assert len(found) == 5  # the third in the middle is not looked at


def test_kept_relations_come_back_and_are_replaced_where_they_were_judged_again(attn_home):
    keep_relations(BERT, [OBJ, CC])
    assert known_relations(BERT) == (OBJ, CC)
    better = replace(OBJ, accuracy=0.7)
    keep_relations(BERT, [better], lambda known: known.relation == "obj")
    assert known_relations(BERT) == (better, CC)
    keep_relations(BERT, [], lambda _: True)
    assert known_relations(BERT) == ()
    assert the_file(attn_home).is_file()


def test_no_file_is_made_for_nothing(attn_home):
    keep_relations(BERT, [])
    assert not attn_home.exists()


def test_an_explanation_of_the_head_says_them():
    keep_relations(BERT, [OBJ, CC])
    assert said() == [SAID]
    looks = "head word looks at its dependant, right in 50% of 1 pair (best fixed distance 40%)"
    assert said(head=1) == [f"head 1.1 in de.conllu, cc: {looks}"]
    assert said(layer=0) == []
    done = attn("explain", "a dog", "--model", BERT, "--layer", 1, "--head", 0)
    assert done.returncode == 0
    assert SAID in " ".join(done.stdout.replace("\n", " ").split())


@pytest.mark.parametrize(
    "settings", [{"head": None}, {"layer": None}, {"without": "0.0"}, {"cut": "a:dog"}, {"layer": "0,1"}]
)
def test_of_several_heads_and_of_a_changed_model_nothing_is_said(settings):
    keep_relations(BERT, [OBJ])
    assert said(**settings) == []


def test_of_another_part_nothing_is_said():
    keep_relations(TINY / "bart", [OBJ])
    assert said(TINY / "bart") == [SAID]
    assert said(TINY / "bart", target="a cat") == []


def test_the_first_are_furthest_above_the_baseline():
    keep_relations(BERT, [replace(OBJ, relation=f"r{place}", baseline=place / 10) for place in (3, 1, 5, 2, 4)])
    *first, last = said()
    assert [each.partition(",")[2].partition(":")[0] for each in first] == [" r1", " r2", " r3"]
    assert last == "head 1.0 has 2 more: r4, r5"


def test_a_name_with_controls_is_escaped():
    keep_relations(BERT, [replace(OBJ, treebank="a\x1b[31m\n.conllu")])
    shown = attn("explain", "a dog", "--model", BERT, "--layer", 1, "--head", 0, "--color", "never").stdout
    assert "\x1b" not in shown
    assert r"a\x1b[31m" in shown


GOOD = asdict(OBJ)
DAMAGED = [
    *(b"", b"\xff\0", b"[]", b"{", b"[" * 100_000, b"{}"),
    *(json.dumps({"relations": each}).encode() for each in (None, {}, 3, [None], [[]], [{"layer": 1}])),
    *(
        json.dumps({"relations": [GOOD | each]}).encode()
        for each in (
            {"layer": -1},
            {"head": 1.5},
            {"head": True},
            {"count": 2**40},
            {"accuracy": 2},
            {"accuracy": float("nan")},
            {"accuracy": True},
            {"baseline": "0.3"},
            {"direction": "left"},
            {"direction": []},
            {"relation": 3},
            {"treebank": "x" * 1000},
        )
    ),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_passed_over_and_replaced(attn_home, content):
    keep_relations(BERT, [CC])
    the_file(attn_home).write_bytes(content)
    assert known_relations(BERT) == ()
    assert said() == []
    keep_relations(BERT, [OBJ])
    assert known_relations(BERT) == (OBJ,)


def test_what_cannot_be_kept_is_not_and_nobody_hears_of_it(attn_home, monkeypatch):
    attn_home.write_text("a file in the way")
    keep_relations(BERT, [OBJ])
    assert said() == []
    for name in ("ATTN_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("attncli.models.checkpoint.places.home", lambda: None)
    keep_relations(BERT, [OBJ])
    assert said() == []


def test_a_full_disk_leaves_what_was_kept(attn_home, monkeypatch):
    keep_relations(BERT, [OBJ])

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("attncli.recipes.known_relations.replacing", full)
    keep_relations(BERT, [CC])
    assert known_relations(BERT) == (OBJ,)


def test_a_model_that_is_gone_has_no_relations(tmp_path):
    keep_relations(tmp_path / "gone", [OBJ])
    assert known_relations(tmp_path / "gone") == ()


def test_an_opened_model_knows_its_own_files():
    keep_relations(open_model(BERT).folder, [OBJ])
    assert said(open_model(BERT)) == [SAID]
