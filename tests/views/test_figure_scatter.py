"""The figure of heads by their effect: a point a head, named where it matters, and the text as it was typed."""

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.figures import SVG, elements, printed, texts
from support.places import TESTS

from attncli import head_effects
from attncli.views.figure.effects import effects_content
from attncli.views.figure.scatter import Scatter
from attncli.views.screen import Screen
from attncli.views.terminal.effects import correlation

TRANSLATOR = TESTS / "oracles" / "translator"


def content_of(*arguments, **more):
    return effects_content(head_effects(*arguments, **more), "heat", "auto")


def test_a_head_is_a_point_at_its_weight_and_effect():
    effects = head_effects("the dog is", TINY / "gpt2")
    figure = effects_content(effects, "heat", "auto").draw("heat")
    (axes,) = figure.axes
    (points,) = axes.collections
    assert points.get_offsets().tolist() == np.stack([effects.weights, effects.effects], axis=1).tolist()
    assert {text.get_text() for text in axes.texts} <= {head.name for head in effects.heads}
    assert effects.heads[0].name in {text.get_text() for text in axes.texts}


def test_the_text_says_the_answer_and_how_both_agree():
    effects = head_effects("the dog is", TINY / "gpt2", ablate="mean")
    shown = texts(printed(effects_content(effects, "heat", "auto")))
    assert "the dog is" in shown
    (what,) = (text for text in shown if text.startswith("model gpt2 (gpt2, 2 layers × 4 heads)"))
    assert f'answer "{Screen().word(effects.answer)}" at is (3) · ablation mean' in what
    assert correlation(effects) in shown
    assert {"weight", "change of the answer's logit without the head"} <= {*shown}


def test_heads_of_parts_have_signs_and_a_key():
    content = content_of("She has seen the elephant", TRANSLATOR, target="Sie hat")
    shown = texts(printed(content))
    assert {"encoder", "decoder", "cross"} <= {*shown}
    assert "She has seen the elephant" in shown
    assert len(content.draw("heat").axes[0].collections) == 3


@pytest.mark.parametrize(
    ("word", "state"), [(None, "last hidden state, the mean over all tokens"), ("dog", "at dog (2)")]
)
def test_without_an_answer_the_state_is_named(word, state):
    content = content_of("the dog is", TINY / "roberta", word=word)
    assert state in content.what
    assert content.axes[1] == "1 − cosine with and without the head"


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_equal_input_gives_equal_bytes(form):
    content = content_of("the dog is", TINY / "gpt2")
    assert printed(content, form) == printed(content, form)


@pytest.mark.parametrize("text", ["$x^2$ <b>&amp;", "注意 力", "👍🏽 love"])
def test_words_stay_text_as_they_were_typed(text):
    svg = printed(content_of(text, TINY / "gpt2"))
    assert text in texts(svg)
    assert all(each.tag != f"{SVG}image" for each in elements(svg))


def test_names_do_not_lie_on_one_another():
    n = 200
    close = np.random.default_rng(0).normal(0.5, 1e-3, (2, n))
    scatter = Scatter("", "", *close, tuple(f"head {at}" for at in range(n)), ("",) * n, ("x", "y"), most=n)
    figure = scatter.draw("heat")
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert 0 < len(boxes) < n
    assert not any(a.overlaps(b) for at, a in enumerate(boxes) for b in boxes[:at])


def test_one_head_is_a_figure_too():
    content = content_of("the dog is", TINY / "gpt2", layer=0, head=0)
    assert "no rank correlation of weight and effect over the one head" in " ".join(texts(printed(content)))
