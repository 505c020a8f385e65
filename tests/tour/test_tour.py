"""The numbers of `attn tour` against loops that know nothing of the package's attention."""

import math

import numpy as np
import pytest

from attncli import explain, open_vectors
from attncli.errors import AttnError, UsageError
from attncli.tour.distance import distance_of
from attncli.tour.embedding import embedding_of
from attncli.tour.kernel import kernel_of
from attncli.tour.lookup import lookup_of
from attncli.tour.mask import mask_of
from attncli.tour.order import order_of
from attncli.tour.positions import positions_of
from attncli.tour.projecting import projecting_of
from attncli.tour.scaling import scaling_of
from attncli.tour.several import several_of
from attncli.tour.stacking import stacking_of
from attncli.tour.tour import tour_of
from attncli.tour.weighing import weighing_of

SENTENCES = ["Bark is very cute and he is a dog", "dog", "dog dog dog", "the king and the queen qwzx of Spain"]


@pytest.fixture(params=SENTENCES)
def tour(request, vectors):
    return tour_of(request.param, vectors)


def dot(a, b):
    return sum(float(p) * float(q) for p, q in zip(a, b, strict=True))


def row_of(x, query, divided=True):
    """The scores and weights of one query, the long way."""
    scores = [dot(x[query], key) / (math.sqrt(len(key)) if divided else 1) for key in x]
    powers = [math.exp(score) for score in scores]
    return scores, [power / sum(powers) for power in powers], sum(powers)


def words(tour):
    return [token.word for token in tour.explanation.sentence.tokens]


def test_the_pair_that_is_most_alike(tour):
    x, value = tour.explanation.source.inputs.x, embedding_of(tour)
    known = words(tour)
    lengths = [math.sqrt(dot(row, row)) for row in x]
    cosines = {
        (i, j): dot(x[i], x[j]) / lengths[i] / lengths[j]
        for i in range(len(x))
        for j in range(i + 1, len(x))
        if known[i] != known[j]
    }
    assert value.lengths == pytest.approx(lengths)
    assert (value.pair is None) == (not cosines)
    if cosines:
        assert value.similarity == pytest.approx(max(cosines.values()))
        assert cosines[value.pair] == pytest.approx(value.similarity)
    assert value.near[0][0].text == known[(value.pair or (0,))[0]]


def test_the_weight_that_is_written_out(tour):
    x, value, known = tour.explanation.source.inputs.x, weighing_of(tour), words(tour)
    scores, weights, total = row_of(x, value.query)
    assert (value.score, value.total) == pytest.approx((scores[value.key], total))
    assert value.weight == pytest.approx(weights[value.key])
    assert value.weight == pytest.approx(math.exp(value.score) / value.total)
    rows = [row_of(x, query)[1] for query in range(len(x))]
    different = [rows[i][j] for i in range(len(x)) for j in range(len(x)) if known[i] != known[j]]
    assert value.weight == pytest.approx(max(different, default=rows[0][0]))
    assert value.itself == pytest.approx(np.mean([rows[i][i] for i in range(len(x))]))
    assert value.undivided == pytest.approx(np.mean([row_of(x, i, divided=False)[1][i] for i in range(len(x))]))


def test_shuffled_the_weights_are_the_same(tour):
    x, value = tour.explanation.source.inputs.x, order_of(tour)
    assert sorted(value.order) == list(range(len(x)))
    assert len(set(words(tour))) == 1 or [words(tour)[place] for place in value.order] != words(tour)
    place = list(value.order).index(value.word)
    shuffled = row_of(x[value.order], place)[1]  # in the order of the shuffled sentence
    assert value.weights == pytest.approx(row_of(x, value.word)[1])
    assert [value.shuffled[word] for word in value.order] == pytest.approx(shuffled)
    assert value.difference < 1e-15


def test_projections_make_the_score_depend_on_who_asks(vectors):
    value = projecting_of(tour_of(SENTENCES[0], vectors))
    layer = value.explanation.layers[0]
    assert value.other == max(range(9), key=lambda key: value.weights[key])
    assert value.asking != pytest.approx(value.asked, abs=0.01)
    x = value.explanation.source.inputs.x
    assert value.plain == pytest.approx(dot(x[value.word], x[value.other]) / math.sqrt(x.shape[1]))
    for mine, whole in ((value.query, layer.queries), (value.key, layer.keys), (value.value, layer.values)):
        assert list(mine) == list(whole[0, value.word])


def test_what_a_trained_head_does_besides_is_told(vectors):
    with np.load(vectors.folder.with_name("attn-en-heads") / "heads-1.npz") as heads:
        x = tour_of("a cat", vectors).explanation.source.inputs.x
        x = x * (heads["input_scale"] / np.linalg.norm(x, axis=1, keepdims=True))
        value = projecting_of(tour_of("a cat", vectors))
        own = x[value.word]
        for made, w, bias in (
            (value.query, heads["w_q"][0], heads["b_q"][0]),
            (value.key, heads["w_k"][0], np.zeros(len(value.key))),
            (value.value, heads["w_v"][0], np.zeros(len(value.value))),
        ):
            assert made == pytest.approx(
                [dot(own, w[:, at]) + float(bias[at]) for at in range(len(made))], rel=1e-6, abs=1e-9
            )
        told = " ".join(value.besides)
        for name, said in (("b_q", "bias"), ("temperature", "temperature"), ("position_bias", "distance and side")):
            assert (said in told) == (name in heads)
        assert ("no word sees itself" in told) == (value.explanation.weights[0, 0].diagonal().max() == 0)


def test_the_look_up_and_the_mixture(tour):
    value = lookup_of(tour)
    seen = [score for score in value.scores if score > -math.inf]
    assert value.scores[value.best] == max(seen)
    assert [value.weights[key] for key in value.order] == sorted((w for w in value.weights if w), reverse=True)
    values = value.explanation.layers[0].values[0]
    mixture = sum(weight * row for weight, row in zip(value.weights, values, strict=True))
    assert value.mixture == pytest.approx(mixture)
    length = math.sqrt(dot(mixture, mixture) * dot(values[value.best], values[value.best]))
    assert value.likeness == pytest.approx(dot(mixture, values[value.best]) / length)
    for temperature, weight in zip((1.0, 0.5, 0.2, 0.05), value.sharpened, strict=True):
        powers = [math.exp((score - max(seen)) / temperature) for score in seen]
        assert weight == pytest.approx(1 / sum(powers))


def test_stacked_blocks_make_words_alike(tour):
    value, x, known = stacking_of(tour), tour.explanation.source.inputs.x, words(tour)
    for query, row in enumerate(value.weights):
        assert row[: query + 1] == pytest.approx(row_of(x[: query + 1], query)[1])
        assert not row[query + 1 :].any()
    assert (value.likeness is None) == (len(set(known)) == 1)
    for mean in value.likeness or ():
        cosines = [
            dot(x[i], x[j]) / math.sqrt(dot(x[i], x[i]) * dot(x[j], x[j]))
            for i in range(len(x))
            for j in range(len(x))
            if known[i] != known[j]
        ]
        assert mean == pytest.approx(np.mean(cosines))
        rows = [row_of(x, query)[1] for query in range(len(x))]
        x = np.array([sum(weight * vector for weight, vector in zip(row, x, strict=True)) for row in rows])


def test_at_any_distance_the_score_is_the_same_and_the_sum_grows(tour, vectors):
    value, x = distance_of(tour), tour.explanation.source.inputs.x
    rows = vectors.find(["king", "queen"])
    king, queen = vectors.rows([rows["king"], rows["queen"]])
    assert [far.words for far in value.far] == [2, 10, 20, 40]
    for far in value.far:
        sentence = [king, *(x[place % len(x)] for place in range(far.words - 2)), queen]
        scores, weights, total = row_of(sentence, 0)
        assert (far.score, far.total) == pytest.approx((scores[-1], total))
        assert far.weight == pytest.approx(weights[-1])
        assert far.power / far.total == pytest.approx(far.weight)
    assert value.difference < 1e-12
    assert len(value.text.split()) == 20


def wave(place, d):
    """Sines and cosines of a place, a pair of numbers at a time."""
    return [(math.sin, math.cos)[number % 2](place / 10000 ** ((number - number % 2) / d)) for number in range(d)]


def turn(vector, place):
    """Each pair of numbers turned by place · 10000^(−2i/d)."""
    turned = []
    for at in range(0, len(vector), 2):
        angle = place * 10000 ** (-at / len(vector))
        one, other = float(vector[at]), float(vector[at + 1])
        turned += [one * math.cos(angle) - other * math.sin(angle), one * math.sin(angle) + other * math.cos(angle)]
    return turned


def placed(x):
    """Vectors with their waves, which are as long as the vectors on average."""
    waves = [wave(place, len(x[0])) for place in range(len(x))]
    long = sum(math.sqrt(dot(row, row)) for row in x) / sum(math.sqrt(dot(row, row)) for row in waves)
    return [[a + long * b for a, b in zip(*rows, strict=True)] for rows in zip(x, waves, strict=True)]


def test_positions_are_waves_that_tell_places_apart(tour):
    x, value = tour.explanation.source.inputs.x, positions_of(tour)
    n, d = x.shape
    waves = [wave(place, d) for place in range(n)]
    assert np.allclose(value.waves, waves, atol=1e-12)
    assert value.likeness == pytest.approx([dot(waves[value.word], row) / (d / 2) for row in waves])
    assert value.without == pytest.approx(row_of(x, value.word)[1])
    order, there, moved = list(order_of(tour).order), placed(x), placed(x[order_of(tour).order])
    before, after = ([row_of(rows, query)[1] for query in range(n)] for rows in (there, moved))
    assert value.within == pytest.approx(before[value.word])
    differences = [abs(after[i][j] - before[order[i]][order[j]]) for i in range(n) for j in range(n)]
    assert value.difference == pytest.approx(max(differences))


def test_turned_vectors_know_the_distance_alone(tour):
    x, turned = tour.explanation.source.inputs.x, positions_of(tour).turned
    assert (turned is None) == (len(x) == 1)
    if turned is not None:
        q, k = turned.query, turned.key

        def score(q_place, k_place):
            return dot(turn(x[q], q_place), turn(x[k], k_place)) / math.sqrt(len(x[0]))

        assert (turned.here, turned.later) == pytest.approx((score(q, k), score(q + 100, k + 100)), abs=1e-9)
        assert turned.here == pytest.approx(turned.later, abs=1e-9)
        assert turned.together == pytest.approx(dot(x[q], x[k]) / math.sqrt(len(x[0])))


def test_a_mask_is_minus_infinity_before_the_softmax(tour):
    x, value = tour.explanation.source.inputs.x, mask_of(tour)
    n = len(x)
    assert value.word == max(0, min(tour.subject.index, n - 2))
    for query in range(n):
        scores, weights, _ = row_of(x, query)
        masked = [score if key <= query else -math.inf for key, score in enumerate(scores)]
        powers = [math.exp(score) for score in masked]
        expected = (scores, masked, weights, [power / sum(powers) for power in powers])
        for step, row in zip(value.steps, expected, strict=True):
            assert list(step[query]) == pytest.approx(row)
        if query == value.word:
            total = sum(math.exp(score) for score in scores)
            assert (value.total, value.seen) == pytest.approx((total, sum(powers)))
            assert value.left == pytest.approx(sum(weights[: query + 1]))


def test_scores_spread_with_the_numbers_of_a_vector(tour):
    x, value, known = tour.explanation.source.inputs.x, scaling_of(tour), words(tour)
    pairs = [(i, j) for i in range(len(x)) for j in range(len(x))]
    different = [(i, j) for i, j in pairs if known[i] != known[j]] or pairs
    assert [size.d for size in value.sizes] == [1, 4, 16, 64, 200]
    for size in value.sizes:
        cut = x[:, : size.d]
        for divided, scores in ((False, size.plain), (True, size.divided)):
            rows = [row_of(cut, query, divided) for query in range(len(x))]
            every = [rows[i][0][j] for i, j in different]
            mean = sum(every) / len(every)
            spread = math.sqrt(sum((score - mean) ** 2 for score in every) / len(every))
            assert scores.spread == pytest.approx(spread, abs=1e-9)
            assert scores.largest == pytest.approx(sum(max(row[1]) for row in rows) / len(rows))
            assert scores.weights == pytest.approx(rows[value.word][1])


def gaussian(x, word, sigma):
    """K = e^(−‖q − k‖²/2σ²) of each key."""
    squares = [sum((float(a) - float(b)) ** 2 for a, b in zip(x[word], key, strict=True)) for key in x]
    return [math.exp(-square / (2 * sigma**2)) for square in squares]


def test_a_kernel_weighs_keys_by_their_distance(tour):
    x, value = tour.explanation.source.inputs.x, kernel_of(tour)
    usual = math.sqrt(math.sqrt(x.shape[1]))
    assert value.sigmas == pytest.approx([usual / 4, usual / 2, usual, usual * 2, usual * 8])
    assert value.distances == pytest.approx([math.dist(x[value.word], key) for key in x])
    for sigma, weights in zip(value.sigmas, value.weights, strict=True):
        heights = gaussian(x, value.word, sigma)
        assert weights == pytest.approx([height / sum(heights) for height in heights])
    assert value.strip[:, 0] == pytest.approx(gaussian(x, value.word, usual / 4))
    assert value.strip[:, -1] == pytest.approx(gaussian(x, value.word, usual * 8))


def test_keys_of_one_length_have_the_weights_of_the_dot_product(write):
    """The claim at the end of the screen of kernels."""
    tour = tour_of("a b c", open_vectors(str(write(b"a 1 0 0 0\nb 0.6 0.8 0 0\nc 0 0 0.8 -0.6\n"))))
    assert kernel_of(tour).weights[2] == pytest.approx(
        row_of(tour.explanation.source.inputs.x, kernel_of(tour).word)[1]
    )


def test_several_heads_answer_and_w_o_mixes(vectors):
    value = several_of(tour_of(SENTENCES[0], vectors))
    layer, weights = value.explanation.layers[0], explain(SENTENCES[0], vectors, mode="multihead").weights[0]
    assert np.array_equal(value.weights, weights[:, value.word])
    for head, answer in enumerate(value.answers):
        values = layer.values[head]
        assert answer == pytest.approx([dot(value.weights[head], values[:, number]) for number in range(len(answer))])
    with np.load(vectors.folder.with_name("attn-en-heads") / "heads-3.npz") as heads:
        w_o = heads["w_o"]
    joined = [number for answer in value.answers for number in answer]
    assert list(value.joined) == joined
    assert value.output == pytest.approx([dot(joined, w_o[:, number]) for number in range(w_o.shape[1])], rel=1e-6)


@pytest.mark.parametrize(
    ("sentence", "word", "pronoun"),
    [(SENTENCES[0], "he", True), ("It saw her and she ran", "she", True), ("cats like big dogs", None, False)],
)
def test_the_word_that_the_tour_follows(sentence, word, pronoun, vectors):
    tour = tour_of(sentence, vectors)
    assert tour.subject.pronoun == pronoun
    if word is None:
        bits = [-sum(w * math.log2(w) for w in row) for row in tour.explanation.weights[0, 0]]
        word = words(tour)[bits.index(max(bits))]
    assert words(tour)[tour.subject.index] == word


def test_without_king_and_queen_it_is_the_ends_of_the_sentence(write):
    tour = tour_of("b c a", open_vectors(str(write(b"a 1 0\nb 0.5 1\nc 1 2\nking 3 3\n"))))
    assert (distance_of(tour).ends, distance_of(tour).own) == (("b", "a"), True)
    assert distance_of(tour).far[0].score == pytest.approx(0.5 / math.sqrt(2))


@pytest.mark.parametrize(("sentence", "error"), [("", UsageError), ("…!?", AttnError), ("qwzxq", AttnError)])
def test_a_sentence_that_cannot_be_used_is_refused(sentence, error, vectors):
    with pytest.raises(error):
        tour_of(sentence, vectors)
