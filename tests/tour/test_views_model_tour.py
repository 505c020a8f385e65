"""The screens of `attn tour --model`: their size, their claims where a model has such heads and where it has none."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pytest
from support.command import attn
from support.places import TINY

from attncli import open_model
from attncli.analysis.kinds import measure_heads
from attncli.analysis.patterns import induction_pattern
from attncli.tour import MODEL_SCREENS
from attncli.tour.of_model import induction
from attncli.tour.of_model.effects import effects_of
from attncli.tour.of_model.model_tour import model_tour_of
from attncli.tour.page import tour_lines, try_command
from attncli.views.screen import Screen, cells

TEXT = "the dog is very cute and he barks"
ODD = [TEXT, "dog", "dog dog dog", "[red]he[/red] \x1b[31m \u202e注意 كلب", "the dog " * 16]
NUMBERS = range(1, len(MODEL_SCREENS) + 1)
NAMES = [*MODEL_SCREENS]


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def model(request):
    return open_model(str(TINY / request.param))


def shown(tour, number, width=80, **how):
    return [line.plain for line in tour_lines(tour, number, Screen(width, **how), "my-model")]


@pytest.mark.parametrize("sentence", ODD)
def test_no_line_is_wider_than_the_screen(sentence, model):
    tour = model_tour_of(sentence[: 30 if model.name == "gpt2" else None], model)
    for number in NUMBERS:
        for width in (40, 80):
            for how in ({}, {"colours": "256"}, {"accessible": True}, {"encoding": "ascii"}):
                lines = shown(tour, number, width, **how)
                assert max(map(cells, lines)) <= width
                assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", "".join(lines))
                assert not re.search(r"\b(nan|inf|None)\b", " ".join(lines))
                assert how.get("encoding") is None or all(line.isascii() for line in lines)


def with_weights(explanation, weights):
    """The explanation as it would be if every head had these weights [n, n], its kinds measured anew."""
    whole = np.broadcast_to(weights, explanation.weights.shape)
    kinds = measure_heads(whole, explanation.source.special)
    layers = tuple(replace(layer, weights=each) for layer, each in zip(explanation.layers, whole, strict=True))
    return replace(explanation, layers=layers, source=replace(explanation.source, kinds=kinds))


def with_heads(tour, weights):
    return replace(tour, explanation=with_weights(tour.explanation, weights), values={})


@pytest.mark.parametrize(("name", "column"), [("previous", lambda i: max(i - 1, 0)), ("sink", lambda i: 0)])
def test_a_model_with_such_heads_and_one_without_are_told_apart(name, column, model):
    tour, number = model_tour_of(TEXT, model), NAMES.index(name) + 1
    n = len(tour.explanation.sentence.tokens)
    none = " ".join(shown(with_heads(tour, np.full((n, n), 1 / n)), number, 500))
    all_of_them = " ".join(shown(with_heads(tour, np.eye(n)[[column(i) for i in range(n)]]), number, 500))
    assert f"No head of {model.name}" in none
    assert "The nearest is 0.0" in none
    assert "No head" not in all_of_them
    assert "8 of 8 heads" in all_of_them


@pytest.mark.parametrize("number", NUMBERS)
def test_for_screen_readers_it_is_sentences(number, model):
    text = "\n".join(shown(model_tour_of(TEXT, model), number, accessible=True)[3:])
    assert not re.search("[\u2500-\u259f]|\\S   ", text)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_command_names_the_model_and_runs(number, model):
    words = shlex.split(try_command(model_tour_of(TEXT, model), number, str(TINY / model.name)))
    assert words[0] == "attn"
    assert words[-2:] == ["--model", str(TINY / model.name)]
    done = attn(*words[1:])
    assert (done.returncode, done.stderr) == (0, "")


def test_one_screen_by_its_number():
    done = attn("tour", TEXT, "--model", str(TINY / "bert"), "--screen", "2")
    assert done.stdout.startswith(f"attn tour 2 of {len(NAMES)}  The token before\n")
    assert done.stdout.count("attn tour") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "quoted"),
    [
        (["--model", "no-such"], 3, "no-such"),
        (["--model", str(TINY / "bert"), "--screen", str(len(NAMES) + 1)], 2, str(len(NAMES) + 1)),
        (["--model", str(TINY / "bert"), "--vectors", "attn-en"], 2, "attn-en"),
        (["", "--model", str(TINY / "bert")], 2, "''"),
        (["a dog", "--screen", "sink"], 2, "sink"),
        (["a dog", "--model", str(TINY / "bert"), "--screen", "mask"], 2, "mask"),
        (["a dog " * 600, "--model", str(TINY / "bert")], 1, "bert"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted):
    done = attn("tour", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert quoted in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1].startswith("hint: ")


@pytest.mark.parametrize("where", ["nowhere", TEXT, induction.OWN])
def test_induction_is_looked_for_on_the_sentence_and_then_on_a_text_of_its_own(where, model, monkeypatch):
    """On a text of ours only where none is found on the reader's, and said to be none where there is none on either."""
    real = induction.explain_model_with

    def made_up(text, *given):
        explanation = real(text, *given)
        pattern = induction_pattern(np.array([token.row for token in explanation.sentence.tokens]))
        n = len(pattern)
        does = text == f"{where} {where}"
        rows = np.where(pattern.any(axis=1, keepdims=True), pattern, np.eye(n)) if does else np.full((n, n), 1 / n)
        return with_weights(explanation, rows / rows.sum(axis=1, keepdims=True))

    monkeypatch.setattr(induction, "explain_model_with", made_up)
    text = " ".join(shown(model_tour_of(TEXT, model), NAMES.index("induction") + 1, 500))
    assert ("a text of our own" in text) == (where == induction.OWN)
    assert ("An induction head" in text) == (where != "nowhere")
    assert ("Olsson" in text) == (where != "nowhere" and model.shape.causal)
    assert (f"No head of {model.name}" in text) == (where == "nowhere")


@pytest.mark.parametrize(
    ("name", "said"), [("bert_labels", "answers"), ("distilbert_masked", "he [MASK]"), ("distilbert", "it turns")]
)
def test_what_is_watched_is_said(name, said):
    tour = model_tour_of(TEXT, open_model(str(TINY / name)))
    assert said in " ".join(shown(tour, NAMES.index("matters") + 1, 500))
    assert "A small effect does not say" in " ".join(shown(tour, NAMES.index("spare") + 1, 500))


@pytest.mark.parametrize(("effect", "said"), [(1.5, "rises, its probability falls"), (-1.5, "falls, its probability")])
def test_a_logit_and_its_probability_may_part(effect, said):
    """All other logits move too; the first of the shown heads where that outweighs is named."""
    tour = model_tour_of(TEXT, open_model(str(TINY / "gpt2")))
    value = effects_of(tour)
    sure, heads = value.result.probability, value.order
    along = [each._replace(effect=2.0, probability=sure + 0.1) for each in heads[:2]]
    apart = heads[2]._replace(effect=effect, probability=sure - 0.01 * effect)
    tour.values["effects_of"] = replace(value, order=(*along, apart, *heads[3:]))
    text = " ".join(shown(tour, NAMES.index("matters") + 1, 500))
    assert f"All other logits move too: without {apart.name} this one {said}" in text
    tour.values["effects_of"] = replace(value, order=tuple(along * 3))
    assert "All other logits move too." in " ".join(shown(tour, NAMES.index("matters") + 1, 500))
