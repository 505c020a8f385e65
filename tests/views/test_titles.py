"""The title, the plain sentences and the explorer's header: every setting that is not the default, in each of them."""

import pytest
from support.places import TINY

from attncli import explain, explain_model
from attncli.explore.header import title_lines
from attncli.explore.state import Ask, State
from attncli.explore.view import View
from attncli.settings.explanation import check_settings
from attncli.views.screen import Screen
from attncli.views.terminal.accessible import explain_sentences
from attncli.views.terminal.heading import title

KERNEL = {"method": "kernel", "sigma": 2.0, "projections": "random", "seed": 7, "positions": "sinusoidal"}
SEVERAL = {"mode": "multihead", "heads": 2, "layers": 2, "mask": ["causal", "window:2"], "exclude_self": True}
#: A setting, and its words in the title, in a sentence, and in the header.
WORDS = {
    "mode": ("mode multihead", "mode multihead", "mode multihead × 2"),
    "method": ("method kernel",) * 3,
    "heads": ("heads 2", "2 heads", "× 2"),
    "layers": ("layers 2", "2 layers", "layers 2"),
    "projections and seed": ("projections random (seed 7)",) * 3,
    "mask": ("mask causal + window:2",) * 3,
    "exclude_self": ("itself excluded", "no word attending to itself", "itself excluded"),
    "temperature": ("temperature 0.5",) * 3,
    "sigma": ("sigma 2",) * 3,
    "positions": ("positions sinusoidal",) * 3,
    "vectors": ("vectors attn-en (50,000 × 200)", "vectors attn-en", "vectors attn-en"),
}


def text_of(lines):
    return " ".join(" ".join(line.plain.replace("\xa0", " ") for line in lines).split())


@pytest.fixture(scope="module")
def shown():
    """The three forms of an explanation with every setting, and those of one with the defaults."""
    forms = []
    for settings in ({**KERNEL, **SEVERAL, "temperature": 0.5}, {}):
        explanation, screen = explain("the dog and the cat", **settings), Screen(400)
        view = View(State(Ask("the dog and the cat", check_settings(**settings))), explanation, screen)
        sentences = explain_sentences(explanation, Screen(400, accessible=True))
        forms.append(
            [text_of(each) for each in (title("x", explanation, screen), sentences, title_lines(view, 400, 1))]
        )
    return forms


@pytest.mark.parametrize("name", WORDS)
def test_every_setting_is_in_every_form(shown, name):
    for form, words in zip(shown[0], WORDS[name], strict=True):
        assert words in form


@pytest.mark.parametrize("label", ["heads", "layers", "projections", "seed", "itself", "sigma", "positions"])
def test_the_default_is_in_none(shown, label):
    assert not any(f"{label} " in form.partition("Sentence:")[0] for form in shown[1])


def test_the_choice_of_a_model_is_in_both_forms():
    chosen = {"layer": "0,1", "head": 2, "combine": "mean", "words": True, "hide_special": True, "hide_first": True}
    explanation = explain_model("the dog", TINY / "bert", **chosen)
    for form in (title("x", explanation, Screen(400)), explain_sentences(explanation, Screen(400, accessible=True))):
        for words in (
            "layer 0,1",
            "head 2",
            "combine mean",
            "pieces merged into words",
            "special hidden",
            "first token hidden",
        ):
            assert words in text_of(form)
