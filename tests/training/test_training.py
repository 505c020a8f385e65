"""Training from end to end on small texts: what it keeps, that it learns, that it can be repeated and gone on with."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from attncli import explain
from attncli.errors import AttnError, ResourceError
from attncli.heads.file import read_heads
from attncli.training.batches import buckets
from attncli.training.block import Shape
from attncli.training.corpus import Corpus, is_held_out, read_corpus, read_lines, split_sentences
from attncli.training.files import content_heads_of, read_block, write_block
from attncli.training.loop import Limit, train

PAIRS = [("king", "queen"), ("dog", "puppy"), ("river", "water"), ("doctor", "hospital"), ("bread", "butter")]
FILLERS = "the a very old new small other great good bad long first last little own young"
SMALL = Shape(heads=2, content_heads=1, d_k=8)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """A text in which one word of a pair predicts the other."""
    rng, lines = np.random.default_rng(0), []
    fillers = FILLERS.split()
    for _ in range(1200):
        words = [*PAIRS[rng.integers(len(PAIRS))], *rng.choice(fillers, 4)]
        lines.append(" ".join(rng.permutation(words)) + ".")
    path = tmp_path_factory.mktemp("text") / "pairs.txt"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def corpus(text, vectors):
    return read_corpus([text], vectors)


def test_training_learns_and_the_held_out_figure_says_so(corpus, vectors):
    seen = []
    trained = train(corpus, vectors, SMALL, Limit(epochs=20), report=seen.append)
    assert trained.ended in ("done", "stopped")
    assert trained.held_out > 0.3
    assert seen[-1].loss < seen[0].loss - 0.5


def test_the_same_seed_gives_the_same_bytes(text, vectors, tmp_path):
    for name, seed in (("a.npz", 3), ("b.npz", 3), ("c.npz", 4)):
        block = train(read_corpus([text], vectors), vectors, SMALL, Limit(epochs=1), seed).best
        write_block(tmp_path / name, block, vectors)
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.npz", "b.npz", "c.npz"))
    assert a == b != c


def test_ctrl_c_keeps_the_best_so_far(corpus, vectors):
    def interrupt(progress):
        raise KeyboardInterrupt

    trained = train(corpus, vectors, SMALL, Limit(minutes=9), report=interrupt)
    assert trained.ended == "interrupted"
    assert np.isfinite(trained.best.block["w_q"]).all()


def test_training_goes_on_from_a_file(corpus, vectors, tmp_path):
    first = train(corpus, vectors, SMALL, Limit(epochs=2))
    write_block(tmp_path / "my.npz", first.best, vectors)
    start = read_block(tmp_path / "my.npz", vectors)
    np.testing.assert_array_equal(start.block["w_q"], first.best.block["w_q"])
    assert (start.method, start.length, content_heads_of(start.block)) == ("scaled", 200**0.5, 1)
    second = train(corpus, vectors, SMALL, Limit(epochs=4), seed=1, start=start.block)
    assert second.better
    assert second.held_out > first.held_out


def test_going_on_never_loses_what_there_was(corpus, vectors):
    first = train(corpus, vectors, SMALL, Limit(epochs=8))
    second = train(corpus, vectors, SMALL, Limit(epochs=0.05), start=first.best.block)
    assert second.held_out >= first.held_out


@pytest.mark.parametrize("method", ["dot", "general"])
def test_a_file_says_how_it_was_trained(corpus, vectors, method, tmp_path):
    write_block(
        tmp_path / "my.npz", train(corpus, vectors, replace(SMALL, method=method), Limit(epochs=0.1)).best, vectors
    )
    assert read_block(tmp_path / "my.npz", vectors).method == method
    warnings = explain("the dog", vectors, mode="multihead", projections=tmp_path / "my.npz").warnings
    assert any(f"was trained with the method {method}, not with scaled" in warning for warning in warnings)


def test_numbers_beyond_float32_are_refused(corpus, vectors, tmp_path):
    best = train(corpus, vectors, SMALL, Limit(epochs=0.1)).best
    block = {name: array.astype(np.float64) for name, array in best.block.items()}
    block["w_o"] = block["w_o"] * 1e60
    write_block(tmp_path / "my.npz", replace(best, block=block), vectors, dtype=np.float64)
    with pytest.raises(ResourceError, match="w_o holds numbers beyond float32"):
        read_block(tmp_path / "my.npz", vectors)


def test_memory_does_not_grow_with_the_text(text, vectors):
    def peak(times):
        tracemalloc.start()
        read_corpus([text] * times, vectors)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)  # what is kept for good
    assert peak(6) < 1.2 * peak(2)


def test_content_heads_learn_no_positions(corpus, vectors):
    block = train(corpus, vectors, SMALL, Limit(epochs=1)).best.block
    assert not block["position_bias"][0].any()
    assert block["position_bias"][1].any()


def test_a_file_is_bound_to_its_vector_set(corpus, vectors, tmp_path):
    write_block(tmp_path / "my.npz", train(corpus, vectors, SMALL, Limit(epochs=0.1)).best, vectors)
    with pytest.raises(ResourceError, match="trained on the vectors 'attn-en', and fit no other"):
        read_heads(tmp_path / "my.npz", 200, checksum="another")


def test_held_out_sentences_are_never_trained_on(text, vectors):
    corpus = read_corpus([text], vectors)
    kept = sum(is_held_out(line) for line in text.read_text().splitlines())
    assert 0 < kept < 100
    assert corpus.sentences == 1200 - kept


def test_a_walk_gives_every_sentence_once_in_another_order():
    corpus = Corpus(500)
    for number in range(400):
        corpus.add([number, number + 1, number, number + 2], held_out=False)
    walks = [[int(rows[0]) for rows in corpus.walk(np.random.default_rng(seed))] for seed in (0, 0, 1)]
    assert sorted(walks[0]) == list(range(400))
    assert walks[0] == walks[1] != walks[2]


def test_buckets_hold_sentences_of_about_one_length():
    rng = np.random.default_rng(0)
    sentences = [np.arange(n) for n in rng.integers(4, 40, 300)]
    batches = list(buckets(sentences, size=128))
    assert sum((rows >= 0).any(axis=1).sum() for rows in batches) == 300
    lengths = [(rows >= 0).sum(axis=1) for rows in batches]
    full = [each for each, rows in zip(lengths, batches, strict=True) if rows.size >= 128]
    assert max(each.max() - each.min() for each in full) < 4
    assert len(batches) - len(full) < 9  # what is left over goes together: there are nine lengths


def test_few_sentences_make_no_batch_of_their_own():
    batches = list(buckets([np.arange(n) for n in (4, 9, 17, 5)], size=128))
    assert [rows.shape for rows in batches] == [(4, 17)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two two! Three?", ["One.", "Two two!", "Three?"]),
        ("Dr. Who met J. Smith in the U.S. capital.", ["Dr. Who met J. Smith in the U.S. capital."]),
        ("no end", ["no end"]),
    ],
)
def test_sentences_are_split(text, sentences):
    assert list(split_sentences(text)) == sentences


LONG = "A line that is as long as lines are where text was wrapped"


def test_a_line_that_goes_on_is_joined(tmp_path):
    (tmp_path / "a.txt").write_text(f"{LONG}\nthat goes on.\nthen another\nand one more\n\nEnd")
    assert list(read_lines([tmp_path / "a.txt"])) == [f"{LONG} that goes on.", "then another", "and one more", "End"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"qwzx qwzy qwzz qwza. " * 50, "no sentence of"),
        (b"the dog saw the cat.\n" * 9, "too small"),
        (b"\xff\xfe\x00a", "not text in UTF-8"),
        (b"a\0b", "not text"),
    ],
)
def test_what_cannot_be_trained_on_is_said(content, message, tmp_path, vectors):
    (tmp_path / "t.txt").write_bytes(content)
    with pytest.raises(AttnError, match=message):
        read_corpus([tmp_path / "t.txt"], vectors)
