"""`attn predict --generate`: an answer a token, the text and tokens of all, and what a changed model says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of
from support.places import TESTS

from attncli import predict
from attncli.errors import UsageError
from attncli.models.changes import Changes
from attncli.models.model import open_model
from attncli.models.model_input import ModelInput
from attncli.recipes import continuation

TRANSLATOR = str(TESTS / "oracles" / "translator")
LLAMA = str(TINY / "llama_biased")


def test_each_token_has_an_answer_and_stands_among_the_tokens():
    found = predict("the dog", LLAMA, generate=6, top=3)
    n = len(found.tokens.tokens) - 6
    assert [answer.position for answer in found.predictions] == list(range(n - 1, n + 5))
    assert [answer.top[0] for answer in found.predictions] == list(found.said)
    assert all(len(answer.top) == 3 for answer in found.predictions)
    assert [token.generated for token in found.tokens.tokens] == [False] * n + [True] * 6
    assert [token.id for token in found.tokens.tokens[n:]] == [each.id for each in found.said]
    assert found.text == "the dog"
    assert found.tokens.text == found.text + found.answer
    assert found.logits.shape == (6, 80)
    assert [int(row.argmax()) for row in found.logits] == [each.id for each in found.said]


def test_the_first_answer_is_the_one_without_going_on():
    once, more = predict("the dog is", LLAMA), predict("the dog is", LLAMA, generate=4)
    assert more.predictions[0] == once.predictions[0]
    np.testing.assert_array_equal(more.logits[0], once.logits[0])


def test_every_answer_is_that_of_the_text_so_far():
    """Read again from the beginning; as often as the tokens of the text so far are those that were said."""
    found, checked = predict("the dog", LLAMA, generate=12), 0
    ids, model = [token.id for token in found.tokens.tokens], open_model(LLAMA)
    for answer, each in zip(found.predictions, found.said, strict=True):
        *_, last = model.run(ids[: answer.position + 1])
        scores = model.logits(last.output[-1:])[0]
        assert each.logit == pytest.approx(scores[each.id], abs=2e-5)
        checked += 1
    assert checked == 12


@pytest.mark.parametrize(
    ("target", "answer", "n"),
    [(None, "Anna hat den Hund gesehen", 6), ("Anna hat", " den Hund gesehen", 4)],
)
def test_an_encoder_decoder_says_its_target(target, answer, n):
    found = predict("Anna has seen the dog", TRANSLATOR, target=target, generate=20)
    assert found.answer == answer
    assert len(found.said) == n
    assert found.target.text == (target or "") + answer
    assert found.text == "Anna has seen the dog"
    assert found.target.tokens[-1].special
    assert found.remarks[-1] == f"{n} tokens; the last one, </s>, ends the text"


def test_a_text_ends_where_the_model_has_no_more_positions():
    found = predict("the dog", LLAMA, generate=500)
    n = len(found.tokens.tokens) - len(found.said)
    assert len(found.tokens.tokens) == 65  # the last one needs no position
    assert found.remarks == (f"{65 - n} tokens, not 500: llama_biased takes 64, those before them included",)


def test_drawn_tokens_are_those_of_the_seed():
    texts = [predict("the dog", LLAMA, generate=20, sample=1.5, top_p=0.9, seed=seed).answer for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert texts[0] != predict("the dog", LLAMA, generate=20).answer
    cold = predict("the dog", LLAMA, generate=20, sample=0.001)
    assert cold.answer == predict("the dog", LLAMA, generate=20).answer


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        (LLAMA, {"without": "0.1,1.2"}),
        (LLAMA, {"without": "0.1", "ablate": "mean"}),
        (LLAMA, {"cut": "dog:the"}),
        (TRANSLATOR, {"without": "cross:0.1"}),
        (TRANSLATOR, {"cut": "seen:Anna", "part": "encoder"}),
    ],
)
def test_a_changed_model_goes_on_changed_and_the_unchanged_one_is_asked_in_the_same_places(name, changed):
    text = "Anna has seen the dog" if name == TRANSLATOR else "the dog"
    found = predict(text, name, generate=5, **changed)
    again = predict(text, name, **changed)
    assert found.predictions[0] == again.predictions[0]
    before, plain = found.with_all, predict(text, name)
    assert before.predictions[0].top[0].probability == pytest.approx(plain.predictions[0].top[0].probability, abs=1e-6)
    assert [each.position for each in before.predictions] == [each.position for each in found.predictions]
    ids = [token.id for token in found.answered.tokens]
    model = open_model(name)
    *_, last = model.run(ids[:-1]) if name == LLAMA else model.run_pair(found.tokens.ids, ids[:-1])
    n = len(found.said)
    np.testing.assert_allclose(before.logits, model.logits(last.output[-n:]), rtol=0, atol=2e-5)


def test_a_cut_of_every_token_holds_for_those_that_are_said():
    """`*:dog`: the scores of the last place are those of a text none of whose tokens is shown the word."""
    model = open_model(LLAMA)
    found = predict("the dog", model, generate=5, cut="*:dog")
    text = ModelInput(found.tokens, changes=Changes(cuts=tuple((query, 2) for query in range(8))))
    *_, last = model.layers(text)
    np.testing.assert_allclose(found.logits, model.logits(last.output[2:-1]), rtol=0, atol=2e-5)
    blind = predict("the dog", model, generate=5, cut="dog:dog")
    assert np.abs(found.logits[1] - blind.logits[1]).max() > 1e-3


def test_scores_of_very_long_answers_are_not_kept(monkeypatch):
    monkeypatch.setattr(continuation, "MOST_KEPT", 80 * 5)
    assert predict("the dog", LLAMA, generate=5).logits is not None
    found = predict("the dog", LLAMA, generate=6)
    assert found.logits is None
    assert len(found.predictions) == 6


def test_a_search_that_is_not_done_is_named(tmp_path):
    folder = copy_of("llama_biased", tmp_path / "model")
    (folder / "generation_config.json").write_text(json.dumps({"num_beams": 4, "no_repeat_ngram_size": 3}))
    found = predict("the dog", folder, generate=2)
    said = "the model's folder asks for more than the likeliest token: num_beams 4, no_repeat_ngram_size 3"
    assert found.remarks == (f"{said}; it is not honoured",)


MISTAKES = {
    "a masked model": ("bert", {"generate": 3}, "expected a model that goes on from a text, got bert .*, which fills"),
    "a classifier": ("bert_labels", {"generate": 3}, "expected a model that goes on .*, which says labels"),
    "one that sees all": ("phi-both_ways", {"generate": 3}, "expected a model that goes on from a text"),
    "a word": (
        "gpt2",
        {"generate": 3, "word": "dog"},
        "expected an answer at a word, or a text that goes on, got both",
    ),
    "no token": ("gpt2", {"generate": 0}, "expected a whole number"),
    "a draw without tokens": ("gpt2", {"sample": 1.0}, "expected a number of tokens with it"),
    "a share without a draw": ("gpt2", {"generate": 3, "top_p": 0.9}, "expected a temperature with it"),
    "no temperature": ("gpt2", {"generate": 3, "sample": 0.0}, "expected a number above 0"),
    "more than all": ("gpt2", {"generate": 3, "sample": 1.0, "top_p": 1.5}, "expected a number above 0, up to 1"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case):
    name, options, message = MISTAKES[case]
    model = open_model(TINY / "gpt2")
    if name == "phi-both_ways":
        model = replace(model, shape=replace(model.shape, causal=False))
    elif name != "gpt2":
        model = open_model(TINY / name)
    with pytest.raises(UsageError, match=message):
        predict("the dog", model, **options)
