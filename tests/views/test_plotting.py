"""`.plot()` draws one matrix into axes of the user's, or a whole figure; the numbers are those of the value."""

import io

import numpy as np
import pytest
from matplotlib import pyplot, rcParams
from oracles.checkpoints import TINY
from support.treebank_heads import drawn_by_lot

import attncli
from attncli.views.display.plotting import LONGEST_TITLE

BERT, GPT2 = str(TINY / "bert"), str(TINY / "gpt2")


@pytest.fixture(autouse=True)
def closed():
    pyplot.switch_backend("agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def explained():
    return attncli.explain_model("the dog sat on the mat", BERT)


def numbers(axes):
    """The numbers in the cells, by row."""
    cells = sorted((text.get_position()[::-1], text.get_text()) for text in axes.texts)
    return [float(text) for _, text in cells]


def words(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_one_head_is_a_map_with_its_numbers(explained):
    axes = explained.plot(layer=0, head=2)
    shown = explained.weights[0, 2]
    assert np.allclose(numbers(axes), shown.ravel(), atol=0.0051)
    tokens = [token.text for token in explained.sentence.tokens]
    assert words(axes.xaxis) == words(axes.yaxis) == tokens
    assert axes.get_title() == "layer 0, head 2: the dog sat on the mat"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("key", "query")
    assert axes.yaxis_inverted()
    assert pyplot.gcf() is axes.figure  # so that a notebook shows it
    assert len(axes.figure.axes) == 2  # with its scale


def test_without_a_head_it_is_the_mean_of_the_last_layer(explained):
    axes = explained.plot()
    assert np.allclose(numbers(axes), explained.weights[-1].mean(axis=0).ravel(), atol=0.0051)
    assert axes.get_title().startswith("layer 1, mean of 4 heads")
    whole = explained.plot(layer=0)
    assert np.allclose(numbers(whole), explained.weights[0].mean(axis=0).ravel(), atol=0.0051)


def test_it_draws_into_axes_that_are_given(vectors, explained):
    figure, (left, right) = pyplot.subplots(1, 2)
    assert attncli.explain("a dog", vectors).plot(left) is left
    assert explained.plot(ax=right, layer=1, head=0, kind="arcs") is right
    assert figure.axes == [left, right]  # no scale beside them
    assert len(numbers(left)) == 4
    assert right.collections
    assert [text.get_text() for text in right.texts] == [token.text for token in explained.sentence.tokens]
    figure.savefig(io.BytesIO())


def test_numbers_and_words_give_way_in_small_axes(explained):
    axes = pyplot.figure(figsize=(8, 6)).add_axes((0.4, 0.4, 0.05, 0.05))
    explained.plot(axes, layer=0, head=0)
    assert not axes.texts
    assert len(words(axes.xaxis)) < 8


def test_a_mask_a_memory_and_one_word(vectors):
    causal = attncli.explain("a cute dog", vectors, mask="causal")
    assert len(numbers(causal.plot())) == 6
    crossed = attncli.explain("a dog", vectors, memory="the cat sleeps").plot()
    assert (words(crossed.yaxis), words(crossed.xaxis)) == (["a", "dog"], ["the", "cat", "sleeps"])
    row = attncli.explain("a cute dog", vectors, word="dog")
    assert len(numbers(row.plot())) == 3


def test_words_of_others_are_no_formulas_and_have_fonts(vectors):
    text = r"the $\frac{dog$ $x^2$ כלב \x1b[31m dog " + "very " * 30
    axes = attncli.explain(text, vectors).plot()
    axes.figure.savefig(io.BytesIO())  # a broken formula, or a sign without a font, would be an error or a warning
    assert "$" in axes.get_title()
    assert len(axes.get_title()) <= LONGEST_TITLE


def test_the_settings_of_matplotlib_stay_as_they_were(explained):
    before = dict(rcParams)
    explained.plot(), attncli.lens("the dog", GPT2).plot()
    assert dict(rcParams) == before


@pytest.mark.parametrize(
    ("made", "axes"),
    [
        (lambda: attncli.compare("a dog", against="dot"), 2),
        (lambda: attncli.head_effects("the dog", GPT2), 1),
        (lambda: attncli.lens("the dog", GPT2), 1),
        (lambda: attncli.align("the dog", "le chien"), 1),
        (lambda: attncli.similar("a dog", "a cat"), 1),
        (lambda: drawn_by_lot(2, 3, ["nsubj"]), 1),
    ],
)
def test_other_values_are_drawn_whole(made, axes):
    drawn = np.atleast_1d(made().plot())
    assert len(drawn) >= axes
    assert pyplot.gcf() is drawn[0].figure
    pyplot.gcf().savefig(io.BytesIO())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"layer": 2}, "layer=2"),
        ({"head": 4}, "head=4"),
        ({"kind": "heatmap"}, "kind='heatmap'"),
    ],
)
def test_a_layer_head_or_kind_that_is_not_there(explained, arguments, reason):
    with pytest.raises(attncli.UsageError, match=reason):
        explained.plot(**arguments)


@pytest.mark.parametrize(
    ("made", "reason", "hint"),
    [
        (lambda: pyplot.subplots(1, 2)[1], "type ndarray", "axes[0]"),
        (lambda: [*pyplot.subplots(1, 2)[1]], "type list", "axes[0]"),
        (pyplot.figure, "type Figure", "pyplot.subplots()"),
        (lambda: 3, "type int", "pyplot.subplots()"),
        (lambda: pyplot.figure().add_subplot(projection="3d"), "three dimensions", "pyplot.subplots()"),
    ],
)
def test_anything_but_axes_is_refused(explained, made, reason, hint):
    with pytest.raises(attncli.UsageError, match=f"ax: expected axes of matplotlib, got .*{reason}") as error:
        explained.plot(made())
    assert hint in error.value.hint


def test_a_whole_figure_takes_neither_axes_nor_a_layer(vectors):
    compared = attncli.compare("a dog", vectors, against="dot")
    with pytest.raises(attncli.UsageError, match="ax: expected no axes"):
        compared.plot(pyplot.subplots()[1])
    with pytest.raises(attncli.UsageError, match="layer=0: expected none: a Comparison is drawn whole"):
        compared.plot(layer=0)


def test_a_value_without_a_figure_says_so():
    with pytest.raises(attncli.AttnError, match="a HeadRanking has no figure") as error:
        attncli.rank_heads("the dog", BERT, pattern="next").plot()
    assert error.value.hint == "its numbers: .to_frame()"
