"""The screen of heads held against a treebank: its finding, its table at every width, its sentences when spoken."""

import pytest
from support.treebank_heads import drawn_by_lot, heads_of, relation_of, tally_of

from attncli.corpus.treebank_heads import Numbers, Unread
from attncli.views.screen import Screen, cells
from attncli.views.terminal.treebank import treebank_lines

NUMBERS = Numbers((2,), (0, 8))
# two heads, both directions: of 100 pairs
OBJ = relation_of(
    "obj", tally_of([[[70, 10], [20, 5]]], {-2: 30, 1: 70 - 40, 3: 40}), NUMBERS, tally_of([[[7, 1], [2, 0]]], {-2: 10})
)
DET = relation_of("det", tally_of([[[10, 10], [58, 5]]], {1: 57, 2: 43}), NUMBERS, tally_of([[[0, 0], [5, 0]]], {1: 9}))
IOBJ = relation_of("iobj", tally_of([[[0, 0], [0, 3]]], {-1: 4}), NUMBERS)
FOUND = heads_of(OBJ, DET, IOBJ, numbers=NUMBERS)


def shown(found, **screen):
    return [line.plain for line in treebank_lines(found, Screen(**screen))]


def test_the_finding_comes_first_and_names_the_clearest():
    text = " ".join(" ".join(shown(FOUND)).split())
    finding = (
        "finding in 1 of 2 relations a head is beyond the best fixed distance, on sentences that it was not chosen on; "
        "the clearest: obj, head 2.0, a dependant looks at its head word, right about 70% of 100 pairs, the best "
        "distance about 30%"
    )
    assert finding in text
    assert text.index("finding") < text.index("relation pairs")


def test_a_row_a_relation():
    rows = [line for line in shown(FOUND) if line[:4] in ("obj ", "det ", "iobj")]
    assert [row.split() for row in rows] == [
        [
            "obj",
            "100",
            "2.0",
            "dependant",
            "0.70",
            rows[0].split()[5],
            "0.60-0.78",
            ">",
            "0.40",
            "+3",
            "0.70",
            ">",
            "0.30",
        ],
        ["det", "100", "2.8", "dependant", "0.58", rows[1].split()[5], "0.48-0.67", "0.57", "+1", "0.58", "0.57"],
        ["iobj", "4", "2.8", "head", "word", "0.75", rows[2].split()[6], "0.30-0.95", "1.00", "-1"],
    ]


@pytest.mark.parametrize("accessible", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [20, 35, 50, 79, 80, 120, 300])
def test_lines_fit(width, encoding, accessible):
    many = drawn_by_lot(12, 16, ["parataxis", "x" * 40, "nsubj:pass", "関係" * 9, "evil\x1b[31m", "obj"])
    for found in (FOUND, many):
        for line in shown(found, width=width, encoding=encoding, accessible=accessible):
            assert cells(line) <= width
            line.encode(encoding)
            assert "\x1b" not in line


def test_it_says_what_is_optimistic_and_what_is_not_said():
    text = " ".join(" ".join(shown(FOUND)).split())
    assert "chosen and judged on the same sentences, which is optimistic" in text
    assert "chosen on the first half of the sentences, judged on the second" in text
    assert "no proof that the model uses it" in text
    other = heads_of(OBJ, numbers=NUMBERS, choose_on="/y/train.conllu")
    assert "chosen on train.conllu, judged on all sentences" in " ".join(" ".join(shown(other)).split())


def test_no_head_and_no_judgement_are_said():
    none = " ".join(" ".join(shown(heads_of(DET, numbers=NUMBERS))).split())
    assert "in none of 1 relation is a head beyond the best fixed distance" in none
    assert "no judgement" in " ".join(shown(heads_of(IOBJ, numbers=NUMBERS)))


def test_standard_input_is_named_in_words():
    text = " ".join(" ".join(shown(heads_of(OBJ, numbers=NUMBERS, files=("-",), choose_on="-"))).split())
    assert "against standard input" in text
    assert "chosen on standard input, judged" in text


def test_one_pair_that_was_left_out_is_one():
    one = {"words_unmapped": 1, "pairs": 101, "pairs_unmapped": 1}
    text = " ".join(" ".join(shown(heads_of(OBJ, numbers=NUMBERS, **one))).split())
    assert "1 of 101 pairs is not counted: 1 word without a token" in text


def test_what_was_left_out_is_said():
    unread = (Unread("x", 3, "y"),)
    more = {"words_unmapped": 2, "pairs": 204, "pairs_unmapped": 3, "unread": unread, "warnings": ("odd",)}
    text = " ".join(" ".join(shown(heads_of(OBJ, numbers=NUMBERS, **more))).split())
    assert "3 of 204 pairs are not counted: 2 words without a token, or both words in one token" in text
    assert "sentences that were passed over: 1" in text
    assert "warning: odd" in text


def test_spoken_a_sentence_a_relation():
    text = " ".join(" ".join(shown(FOUND, accessible=True)).split())
    assert (
        "obj, 100 pairs. Head 0 of layer 2, a dependant looks at its head word: is right about 0.70 of them, from 0.60 "
        "to 0.78; the best fixed distance, +3, about 0.40: beyond it. Held out: head 0 of layer 2, dependant looking, "
        "0.70 of 100 pairs, the distance 0.30: beyond it."
    ) in text
    assert "iobj, 4 pairs." in text
    assert "Held out: no judgement." in text


def test_numbers_of_one_and_standard_input():
    one = {"sentences": 1, "words": 1, "pairs": 1, "files": ("-", "/x/a", "b", "c", "d")}
    text = " ".join(" ".join(shown(heads_of(IOBJ, numbers=NUMBERS, **one))).split())
    assert "against standard input, a, b and 2 more 1 sentence, 1 word, 1 pair of a dependant" in text
