"""Heads of a treebank kept for explanations: those beyond the best fixed distance, in place of earlier ones."""

import pytest
from support.places import TINY
from support.treebank_heads import heads_of, relation_of, tally_of

from attncli.corpus.treebank_heads import Numbers
from attncli.corpus.treebank_keeping import keep_heads
from attncli.models.model import open_model
from attncli.recipes.known_relations import KnownRelation, keep_relations, known_relations

MODEL = TINY / "bert"
NUMBERS = Numbers((0, 1), (0, 1))
# Of 100 pairs 33 are at one distance. The Wilson interval of 69 begins at 0.59, that of 40 at 0.31.
FOUND = [[[20, 10], [30, 40]], [[69, 12], [5, 4]]]
NEAR = [[[20, 10], [30, 40]], [[8, 12], [5, 4]]]
OFFSETS = {-2: 33, 1: 30, 2: 30, 3: 7}


def kept(*relations, files=("/x/en.conllu",), numbers=NUMBERS):
    """The kept relations once these were found; each by name and the pairs that heads find."""
    made = [relation_of(name, tally, numbers, tally) for name, tally in relations]
    keep_heads(heads_of(*made, numbers=numbers, files=files), open_model(MODEL))
    return known_relations(MODEL)


ONE = tally_of([[[1, 1]]], OFFSETS)
OBJ, CC = ("obj", tally_of(FOUND, OFFSETS)), ("cc", tally_of(NEAR, OFFSETS))
KNOWN = KnownRelation("en.conllu", "obj", 1, 0, "dependent", 0.69, 0.33, 100)


def test_the_head_beyond_the_best_fixed_distance_is_kept():
    assert kept(OBJ, CC) == (KNOWN,)


def test_a_relation_with_nothing_held_out_is_not_kept_and_takes_no_other_s_place():
    kept(OBJ)
    keep_heads(heads_of(relation_of("obj", tally_of(NEAR, OFFSETS), NUMBERS), numbers=NUMBERS), open_model(MODEL))
    assert known_relations(MODEL) == (KNOWN,)


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        ({"relations": [("obj", CC[1])]}, ()),  # not any more
        ({"relations": [CC]}, (KNOWN,)),  # another relation
        ({"relations": [("obj", CC[1])], "files": ("de.conllu",)}, (KNOWN,)),  # another treebank
        ({"relations": [("obj", ONE)], "numbers": Numbers((0,), (0,))}, (KNOWN,)),  # another head
        ({"relations": [("obj", ONE)], "numbers": Numbers((1,), (0,))}, ()),
    ],
)
def test_a_later_judgement_of_the_same_takes_its_place(again, expected):
    kept(OBJ)
    again = dict(again)
    assert kept(*again.pop("relations"), **again) == expected


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (("-",), "standard input"),
        (("a/en.conllu.gz", "b/de.conllu"), "en.conllu.gz and 1 more"),
        (("a/" + "x" * 200 + ".conllu",), "xxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxxxxxxxxx.conllu"),
        (("a/\udcff.conllu",), "\\xff.conllu"),
    ],
)
def test_treebanks_are_named_without_their_folders(files, name):
    (known,) = kept(OBJ, files=files)
    assert known.treebank == name


def test_the_latest_come_first_and_the_oldest_go(monkeypatch):
    monkeypatch.setattr("attncli.recipes.known_relations.MOST_KEPT", 2)
    keep_relations(MODEL, [KNOWN, KNOWN])
    assert [each.treebank for each in kept(OBJ, files=("de.conllu",))] == ["de.conllu", "en.conllu"]
