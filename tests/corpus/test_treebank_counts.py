"""Heads against treebanks: counted by hand, and by a plain loop over what `attn explain --words` gives."""

from collections import Counter
from functools import partial

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.objects_head import SENTENCES, files
from support.treebanks import conllu, written

from attncli import AttnError, UsageError, explain, explain_model, open_model, treebank_heads
from attncli.analysis.relations import DIRECTIONS
from attncli.corpus.treebank_file import read_treebank


@pytest.fixture
def made(tmp_path):
    """The dozen of sentences, and the options of the heads that look at objects."""
    treebank, vectors, projections = files(tmp_path)
    return treebank, {"vectors": vectors, "projections": str(projections), "heads": 2}


def relations_of(found):
    return {each.relation: each for each in found.relations}


def test_objects_by_hand(made):
    treebank, heads = made
    found = treebank_heads(treebank, **heads)
    assert (found.sentences, found.words, found.words_unmapped) == (12, 40, 2)  # `.` and qwzx
    assert (found.pairs, found.pairs_unmapped) == (27, 1)
    assert [(each.relation, each.count) for each in found.relations] == [
        *(("nsubj", 10), ("obj", 10), ("cc", 2), ("conj", 2), ("det", 1), ("iobj", 1))
    ]
    assert (found.layers, found.heads, found.unread) == ((0,), (0, 1), ())
    obj = relations_of(found)["obj"]
    assert obj.correct.tolist() == [[[8, 2], [1, 9]]]
    assert (obj.baseline, obj.offset) == (0.7, -1)
    best = obj.best
    assert (best.layer, best.head, best.direction, best.accuracy, best.beats) == (0, 1, "head", 0.9, False)
    # the first six sentences have 7 pairs, of which head 1 finds 6; the others 3, all found, and one of them at -1
    held = obj.held_out
    assert (held.head, held.direction, held.count, held.accuracy) == (1, "head", 3, 1)
    assert (held.offset, held.baseline, held.beats) == (-1, 1 / 3, True)  # 3 of 3: 0.44 to 1
    assert found.beyond == (obj,)


def test_the_table_of_pairs_is_what_is_counted(made):
    treebank, heads = made
    obj = relations_of(treebank_heads(treebank, relations="obj", **heads))["obj"]
    pairs = np.array([[int(sign) for sign in pair] for _, pairs in SENTENCES for pair in pairs])
    assert obj.correct.reshape(-1).tolist() == pairs.sum(axis=0).tolist()


def test_the_first_of_equals_is_best(made):
    treebank, heads = made
    nsubj = relations_of(treebank_heads(treebank, **heads))["nsubj"]
    # a subject looks at the first other word, the verb behind it, but where an object is in front
    assert nsubj.correct[0, :, 0].tolist() == [9, 9]
    assert (nsubj.best.head, nsubj.best.direction, nsubj.baseline, nsubj.offset) == (0, "dependent", 1, 1)
    assert nsubj.beating == 0


def test_heads_may_be_chosen_on_another_treebank(made, tmp_path):
    treebank, heads = made
    other = tmp_path / "other.conllu"
    other.write_text(written("fish 2 obj", "eats 0 root"))  # both directions of both heads: the first of equals
    obj = relations_of(treebank_heads(treebank, choose_on=other, **heads))["obj"]
    held = obj.held_out
    assert (obj.count, held.count, held.head, held.direction, held.accuracy) == (10, 10, 0, "dependent", 0.8)
    assert (held.offset, held.baseline) == (1, 0)


def test_one_head_is_judged_alone(made):
    treebank, heads = made
    found = treebank_heads(treebank, head=0, **heads)
    assert found.heads == (0,)
    obj = relations_of(found)["obj"]
    assert obj.correct.tolist() == [[[8, 2]]]
    assert (obj.best.head, obj.best.direction) == (0, "dependent")


def test_a_limit_counts_sentences_of_all_files(made):
    treebank, heads = made
    found = treebank_heads([treebank, treebank], limit=15, **heads)
    assert (found.sentences, found.words) == (15, 40 + 3 + 3 + 2)
    assert found.files == (str(treebank), str(treebank))


def test_relations_and_their_subtypes(tmp_path, made):
    treebank, heads = made
    text = written("dog 2 nsubj:pass", "sees 0 root", "bone 2 obj") + written("dog 2 nsubj", "sees 0 root")
    treebank.write_text(text)

    def counts(**options):
        return {each.relation: each.count for each in treebank_heads(treebank, **options, **heads).relations}

    assert counts() == {"nsubj": 2, "obj": 1}
    assert counts(subtypes=True) == {"nsubj": 1, "nsubj:pass": 1, "obj": 1}
    assert counts(relations="nsubj,nsubj:pass") == {"nsubj": 2, "nsubj:pass": 1}
    assert counts(relations=["nsubj:pass"]) == {"nsubj:pass": 1}
    assert counts(relations="nsubj", subtypes=True) == {"nsubj": 1}
    assert treebank_heads(treebank, relations="nsubj,nsubj:pass", **heads).pairs == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"relations": "nsub"}, "expected relations of the treebank"),
        ({"relations": "root"}, "roots and punctuation are not counted"),
        ({"relations": "obj,"}, "expected relations with commas between"),
        ({"limit": 0}, "from 1 up"),
        ({"head": 2}, "expected 0 to 1, the 2 heads"),
        ({"layer": 1}, "expected 0 to 0, the 1 layers"),
    ],
)
def test_wrong_options(made, options, said):
    treebank, heads = made
    with pytest.raises(UsageError, match=said):
        treebank_heads(treebank, **heads | options)


def test_a_missing_relation_is_warned_about_with_the_nearest(made):
    treebank, heads = made
    found = treebank_heads(treebank, relations="obj,nsub", **heads)
    assert "no pair of the relation nsub; did you mean nsubj?" in found.warnings


@pytest.mark.parametrize("text", [written("bone 0 root"), written("qwzx 2 obj", "sees 0 root")])
def test_a_treebank_without_pairs_is_an_error(made, text):
    treebank, heads = made
    treebank.write_text(text)
    with pytest.raises(AttnError, match="pair"):
        treebank_heads(treebank, **heads)


def test_unknown_words_may_be_refused(made):
    treebank, heads = made
    found = treebank_heads(treebank, unknown="error", **heads)
    assert found.sentences == 11
    (unread,) = found.unread
    assert (unread.file, unread.line, "qwzx" in unread.reason) == (str(treebank), 60, True)


# words as `--words` finds them, so that the two can be held against each other
WORDS = (
    written("the 2 det", "dog 3 nsubj", "barks 0 root", "at 6 case", "a 6 det", "cat 3 obl", ". 3 punct"),
    written("Bark 4 nsubj", "is 4 cop", "very 4 advmod", "cute 0 root"),
    written("establishment 2 nsubj", "hurts 0 root", "he 2 obj", "! 2 punct"),
    written("dog 0 root"),
    written("您 2 obj", "a 0 root"),
    written("he 4 nsubj", "is 4 cop", "a 4 det", "dog 0 root", "and 7 cc", "very 7 advmod", "cute 4 conj"),
)


def by_loop(path, explained, hide_first=False):
    """Pairs found and offsets, by relation: loops over the matrices of single sentences."""
    correct, offsets = {}, {}
    for sentence in read_treebank(str(path), pytest.fail):
        explanation = explained(sentence.text)
        rows = {(token.start, token.end): token.index for token in explanation.sentence.tokens}
        words = [rows.get((word.start, word.end)) for word in sentence.words]
        for number, word in enumerate(sentence.words):
            ends = words[number], words[word.head - 1]
            if word.head == 0 or word.relation == "punct" or None in ends:
                continue
            offsets.setdefault(word.relation, Counter())[word.head - 1 - number] += 1
            found = correct.setdefault(word.relation, np.zeros((*explanation.weights.shape[:2], 2), int))
            for layer, head in np.ndindex(*found.shape[:2]):
                for way, (one, other) in enumerate((ends, ends[::-1])):
                    row = explanation.weights[layer, head, one].copy()
                    row[one] = 0
                    if hide_first:
                        row[0] = 0
                    found[layer, head, way] += row.max() > 0 and row.argmax() == other
    return correct, offsets


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5", "xlm-roberta", "deberta-v2", "llama", "bart"])
@pytest.mark.parametrize("hide_first", [False, True])
def test_counts_are_those_of_a_loop_over_explanations(tmp_path, name, hide_first):
    path, model = tmp_path / "words.conllu", open_model(TINY / name)
    path.write_text("".join(WORDS))
    found = treebank_heads(path, model=model, hide_first=hide_first)
    special = model.read("dog").tokens[0].special
    explained = partial(explain_model, model=model, words=True, hide_special=True)
    _agree(found, *by_loop(path, explained, hide_first and not special))


@pytest.mark.parametrize(
    "options", [{}, {"heads": 8}, {"positions": "sinusoidal"}, {"heads": 2, "projections": "random", "layers": 2}]
)
def test_counts_over_word_vectors_are_those_of_a_loop(tmp_path, options):
    path = tmp_path / "words.conllu"
    path.write_text("".join(WORDS[:4] + WORDS[6:]))
    found = treebank_heads(path, **options)
    assert (found.words_unmapped, found.pairs_unmapped) == (2, 0)  # a full stop, and an exclamation mark
    _agree(found, *by_loop(path, partial(explain, **{"mode": "multihead"} | options)))


def _agree(found, correct, offsets):
    assert {each.relation for each in found.relations} == {*correct}
    for each in found.relations:
        np.testing.assert_array_equal(each.correct, correct[each.relation])
        assert each.count == offsets[each.relation].total()
        assert each.baseline == max(offsets[each.relation].values()) / each.count
        best = each.correct[found.layers.index(each.best.layer), found.heads.index(each.best.head)]
        assert best[DIRECTIONS.index(each.best.direction)] == each.correct.max()


@pytest.mark.parametrize("options", [{}, {"truncate": True}, {"stride": 2}])
def test_long_sentences(tmp_path, options):
    """Of more tokens than positions: passed over, cut, or read in windows."""
    path, model = tmp_path / "long.conllu", open_model(TINY / "bert")
    n = model.shape.positions
    long = written("a 0 root", *("dog 1 obj" for _ in range(n)))
    path.write_text(written("barks 0 root", "dog 1 nsubj") + long)
    found = treebank_heads(path, model=model, **options)
    counts = {each.relation: each.count for each in found.relations}
    if not options:
        assert (found.sentences, counts) == (1, {"nsubj": 1})
        assert [(each.line, "which takes" in each.reason) for each in found.unread] == [(5, True)]
    elif options == {"truncate": True}:
        assert found.words_unmapped == 3  # two special tokens, and one word more than positions
        assert counts == {"nsubj": 1, "obj": n - 3}
    else:
        assert (found.words_unmapped, counts) == (0, {"nsubj": 1, "obj": n})
        expected = explain_model(" ".join(["a", *["dog"] * n]), model, words=True, hide_special=True, **options)
        weights = expected.weights.copy()
        weights[..., range(n + 1), range(n + 1)] = 0
        best = np.where(weights.max(axis=-1) > 0, weights.argmax(axis=-1), -1)  # [n_layer, n_head, n]
        obj = relations_of(found)["obj"]
        np.testing.assert_array_equal(obj.correct[..., 0], (best[..., 1:] == 0).sum(axis=-1))


def test_words_that_share_a_token_or_have_none(tmp_path):
    """`du` is two words in one place: pairs inside it and with words without a token are not counted."""
    path = tmp_path / "odd.conllu"
    rows = ["1\tdog\t0\troot", "2-3\tdu", "2\tde\t4\tcase", "3\tle\t2\tdet", "4\tcat\t1\tobl"]
    path.write_text(conllu(*rows, text="dog du cat"))
    found = treebank_heads(path, model=TINY / "bert")
    assert (found.words, found.words_unmapped) == (4, 0)
    assert (found.pairs, found.pairs_unmapped) == (3, 1)
    assert {each.relation: (each.count, each.offset) for each in found.relations} == {"case": (1, 2), "obl": (1, -3)}
