"""A training watched: losses and entropies against plain loops, and numbers of training that do not change by it."""

import math

import numpy as np
import pytest
from support.texts import write_examples

from attncli.training.batches import unit_rows
from attncli.training.block import Shape, new_block
from attncli.training.corpus import read_corpus
from attncli.training.loop import Limit, train
from attncli.training.watching import Curve, Watch

SHAPE = Shape(heads=2, content_heads=1, d_k=8)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, vectors):
    folder = tmp_path_factory.mktemp("text")
    write_examples(folder)
    return read_corpus([folder / "my-text.txt"], vectors)


@pytest.fixture(scope="module")
def watched(corpus, vectors):
    watch = Watch(corpus, vectors, SHAPE)
    return train(corpus, vectors, SHAPE, Limit(epochs=0.5), watch=watch), watch.history()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 100])
def test_a_curve_is_the_means_of_equally_many_numbers(count):
    curve, values = Curve(most=8), [math.sin(3 * at) for at in range(count)]
    for value in values:
        curve.add(value)
    points = list(curve.points())
    every = 1
    while len(points) and count // every >= 8:
        every *= 2
    expected = [
        (start + (every + 1) / 2, sum(values[start : start + every]) / every)
        for start in range(0, count - every + 1, every)
    ]
    np.testing.assert_allclose(np.reshape(points, (-1, 2)), np.reshape(expected, (-1, 2)), atol=1e-12)
    assert len(points) <= 8


def test_watching_changes_no_number_of_the_training(corpus, vectors, watched):
    alone = train(corpus, vectors, SHAPE, Limit(epochs=0.5))
    for name, array in alone.best.block.items():
        np.testing.assert_array_equal(array, watched[0].best.block[name])


def test_the_looks_go_from_the_first_step_to_the_last(watched):
    history = watched[1]
    steps = [look.step for look in history.looks]
    assert steps[0] == 0
    assert steps == sorted({*steps})
    assert steps[-1] == len(history.losses)
    assert 0 < history.kept < len(steps)


def test_a_look_is_a_plain_loop_over_the_held_out_sentences(corpus, vectors):
    """Weights, entropies and loss of a new block of dot products without positions, place by place."""
    shape = Shape(heads=2, content_heads=2, d_k=4, method="dot", bias=False)
    block = new_block(shape, vectors.dimensions, np.random.default_rng(1))
    watch = Watch(corpus, vectors, shape)
    watch.look(0, block, kept=True)
    history, batch = watch.history(), watch._batch
    look, losses, bits, guesses = history.looks[0], [], [[], []], []
    for rows in batch.rows:
        rows = [int(row) for row in rows if row >= 0]
        vector = {row: unit_rows(vectors, np.array([row]), math.sqrt(200))[0].astype(float) for row in rows}
        vector |= {int(row): e.astype(float) for row, e in zip(batch.negatives, batch.e, strict=True)}
        for word in rows:
            seen = [row for row in rows if row != word]
            if not seen:
                continue
            others = [int(row) for row in batch.negatives if row != word]
            scores = []
            for candidate in (word, *others):
                mixed = []
                for head in range(2):
                    asked = vector[candidate] @ block["w_q"][head]
                    raised = [math.exp(asked @ (vector[row] @ block["w_k"][head])) for row in seen]
                    weights = [each / sum(raised) for each in raised]
                    mixed.append(sum(w * (vector[r] @ block["w_v"][head]) for w, r in zip(weights, seen, strict=True)))
                    if candidate == word:
                        bits[head].append(-sum(w * math.log2(w) for w in weights if w > 0))
                out = np.concatenate(mixed) @ block["w_o"]
                scores.append(float(out @ vector[candidate]) / math.sqrt(200))
            peak = max(scores)
            losses.append(peak + math.log(sum(math.exp(each - peak) for each in scores)) - scores[0])
            guesses.append(math.log(1 + len(others)))
    assert look.loss == pytest.approx(sum(losses) / len(losses), abs=2e-4)  # float32 against float64
    assert history.guess == pytest.approx(sum(guesses) / len(guesses), abs=1e-5)
    np.testing.assert_allclose(look.entropies, [sum(each) / len(each) for each in bits], atol=1e-4)


def test_the_sentence_is_one_of_those_held_out_and_its_rows_sum_to_one(corpus, vectors, watched):
    history = watched[1]
    assert [vectors.find([word])[word] for word in history.words] in [rows.tolist() for rows in corpus.held_out]
    assert all(row[place] for place, row in enumerate(history.hidden))
    for look in history.looks:
        np.testing.assert_allclose(look.weights.sum(axis=-1), 1, atol=1e-5)
        assert (look.weights[:, history.hidden] == 0).all()


def test_an_interrupt_leaves_a_history(corpus, vectors):
    def interrupt(progress):
        raise KeyboardInterrupt

    watch, kept = Watch(corpus, vectors, SHAPE), []
    trained = train(
        corpus,
        vectors,
        SHAPE,
        Limit(epochs=9),
        report=interrupt,
        watch=watch,
        keep=lambda _: kept.append(watch.history()),
    )
    assert trained.ended == "interrupted"
    assert kept[0].looks[0].step == 0
    assert len(kept[0].looks) >= 2


def test_resumed_heads_are_looked_at_before_the_first_step(corpus, vectors, watched):
    watch = Watch(corpus, vectors, SHAPE)
    train(corpus, vectors, SHAPE, Limit(epochs=0.1), start=watched[0].best.block, watch=watch)
    first, last = watch.history().looks[0], watched[1].looks[watched[1].kept]
    assert first.step == 0
    assert first.loss == pytest.approx(last.loss)
