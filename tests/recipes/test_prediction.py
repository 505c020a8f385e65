"""`attn predict`: the places that are answered, the order of tokens and labels, and the numbers of the model itself."""

from dataclasses import replace

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from support.places import TESTS

from attncli import compare_models, lens, predict
from attncli.errors import AttnError, ResourceError, UsageError
from attncli.models.changes import UNCHANGED
from attncli.models.model import open_model
from attncli.models.pack import Pack

TRANSLATOR = TESTS / "oracles" / "translator"


def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def last_logits(model, ids, target=None):
    *_, last = model.run(ids) if target is None else model.run_pair(ids, target)
    return model.logits(last.output)


@pytest.mark.parametrize("name", ["gpt2", "llama_biased", "gemma2", "granite", "opt"])
def test_a_decoder_answers_behind_its_last_token(name):
    model = open_model(TINY / name)
    found = predict("the dog is", model, top=7)
    ids = found.tokens.ids
    scores = last_logits(model, ids)[-1]
    (answer,) = found.predictions
    assert answer.position == len(ids) - 1
    assert [each.id for each in answer.top] == np.argsort(-scores, kind="stable")[:7].tolist()
    for each in answer.top:
        assert each.logit == pytest.approx(scores[each.id], abs=1e-6)
        assert each.probability == pytest.approx(softmax(scores.astype(float))[each.id], abs=1e-7)
    np.testing.assert_allclose(found.probabilities.sum(axis=-1), 1)
    assert found.logits.shape == (1, model.vocabulary)


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("bert", "the [MASK] is a [MASK]", [2, 5]),
        ("roberta_masked", "the <mask> is", [3]),
        ("distilbert_masked", "[MASK]", [1]),
    ],
)
def test_a_masked_model_fills_every_mask(name, text, places):
    model = open_model(TINY / name)
    found = predict(text, model, top=3)
    scores = last_logits(model, found.tokens.ids)
    assert [each.position for each in found.predictions] == places
    for answer in found.predictions:
        assert found.tokens.tokens[answer.position].id == model.mask.id
        assert answer.top[0].id == scores[answer.position].argmax()
    assert found.masked


@pytest.mark.parametrize(
    ("target", "read"),
    [(None, ["<pad>"]), ("Sie hat", ["<pad>", "Sie", "hat"]), ("Sie hat den", ["<pad>", "Sie", "hat", "den"])],
)
def test_an_encoder_decoder_continues_its_target(target, read):
    found = predict("She has seen the elephant", str(TRANSLATOR), target=target)
    assert [token.text or token.piece for token in found.target.tokens] == read
    assert found.predictions[0].position == len(read) - 1
    expected = ["Sie", "hat", "den", "Elefanten"]
    assert found.predictions[0].top[0].token.strip() == expected[len(read) - 1]


def test_an_answer_may_be_as_long_as_the_vocabulary():
    found = predict("the dog", TINY / "gpt2", top=10**6)
    (answer,) = found.predictions
    assert sorted(each.id for each in answer.top) == list(range(288))
    assert sum(each.probability for each in answer.top) == pytest.approx(1)


def test_equal_scores_stand_in_the_order_of_their_ids(tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = copy_of("gpt2", tmp_path / "m")
    path = next(folder.glob("*.safetensors"))
    arrays = {name: array.copy() for name, array in load_file(path).items()}
    arrays["lm_head.weight"] = np.zeros((288, 16), "f4")
    save_file(arrays, path)
    (answer,) = predict("the dog", folder).predictions
    assert [each.id for each in answer.top] == [0, 1, 2, 3, 4]


def test_a_classifier_says_its_labels():
    model = open_model(TINY / "bert_labels")
    found = predict("the dog", model)
    *_, last = model.run(found.tokens.ids)
    scores = model.class_logits(found.tokens.ids, last.output)
    assert [each.label for each in found.labels] == [model.labels[row] for row in np.argsort(-scores)]
    assert [each.probability for each in found.labels] == pytest.approx(sorted(softmax(scores), reverse=True), abs=1e-6)
    assert (found.predictions, found.logits) == ((), None)
    np.testing.assert_array_equal(found.label_logits, scores)


def test_the_one_score_of_a_reranker_is_a_probability_by_the_logistic_function():
    (label,) = predict("the dog", TINY / "roberta_labels").labels
    assert label.label == "LABEL_0"
    assert label.probability == pytest.approx(1 / (1 + np.exp(-label.logit)))


@pytest.mark.parametrize(
    ("piece", "of_bytes", "text"),
    [
        ("Ġthe", True, " the"),
        ("Ċ", True, "\n"),
        ("Ã¼", True, "ü"),
        ("ðŁ", True, r"\xf0\x9f"),
        ("<｜end▁of｜>", True, "<｜end▁of｜>"),
        ("▁the", False, " the"),
        ("<0x0A>", False, "\n"),
        ("<0xC3>", False, r"\xc3"),
        ("##s", False, "##s"),
        ("\udcff", False, "?"),
    ],
)
def test_a_token_is_shown_as_its_text(piece, of_bytes, text):
    from attncli.models.checkpoint.token_text import piece_text

    assert piece_text(piece, of_bytes) == text


def test_which_tokenizers_spell_bytes_is_seen():
    texts = {name: open_model(TINY / name) for name in ("gpt2", "llama", "bert", "marian")}
    found = {name: [model.token_text(id) for id in model.read("a dog").ids] for name, model in texts.items()}
    assert found["gpt2"] == ["a", " dog"]
    assert found["llama"] == ["<s>", " a", " dog"]
    assert found["bert"] == ["[CLS]", "a", "dog", "[SEP]"]


def test_a_closing_token_that_answers_is_named(tmp_path):
    folder = with_config(copy_of("gpt2", tmp_path / "m"), eos_token_id=0)
    assert predict("the dog", folder).remarks == ()
    (remark,) = predict("the dog<|endoftext|>", folder).remarks
    assert remark.startswith("the last token is <|endoftext|>, which ends texts")


@pytest.mark.parametrize(
    ("name", "text", "error", "said", "hint"),
    [
        ("bert", "the dog", UsageError, r"expected \[MASK\] in the place of each word to find", "of France"),
        ("bert", "the <mask>", UsageError, r"expected \[MASK\]", "of France"),
        ("modernbert", "the dog", AttnError, "its tokenizer has no mask token", "attn explain"),
        ("llama", "the dog", ResourceError, "llama has no output layer", "attn explain"),
        ("gpt2", " ", UsageError, "' '", ""),
        ("gpt2", "dog " * 500, AttnError, "tokens for gpt2, which takes", "shorten"),
    ],
)
def test_a_mistake_is_named(name, text, error, said, hint):
    with pytest.raises(error, match=said) as raised:
        predict(text, TINY / name)
    assert hint in (raised.value.hint or "")


def test_a_target_is_for_encoder_decoders():
    with pytest.raises(UsageError, match="expected a model with an encoder and a decoder"):
        predict("the dog", TINY / "gpt2", target="the cat")
    with pytest.raises(UsageError, match="target_lang"):
        predict("the dog", TINY / "gpt2", target_lang="de")


def test_a_change_stands_beside_the_unchanged_answer():
    model = open_model(TINY / "gpt2")
    plain = predict("the dog is", model)
    changed = predict("the dog is", model, without=["0.1", "1.3"], ablate="mean", top=3)
    np.testing.assert_array_equal(changed.with_all.logits, plain.logits)
    assert changed.with_all.predictions[0].top == plain.predictions[0].top[:3]
    assert np.abs(changed.logits - plain.logits).max() > 1e-3
    first = changed.predictions[0].top[0]
    assert changed.before(0, first.id) == pytest.approx(plain.probabilities[0, first.id])
    assert plain.with_all is None
    assert plain.before(0, first.id) is None


def test_a_change_of_a_classifier_stands_beside_its_labels():
    plain, changed = (predict("the dog is", TINY / "bert_labels", cut=cut) for cut in ((), "*:dog"))
    assert changed.with_all.labels == plain.labels
    assert {each.label for each in changed.labels} == {each.label for each in plain.labels}
    for each in changed.labels:
        assert changed.label_before(each) == next(
            label.probability for label in plain.labels if label.label == each.label
        )
    assert np.abs(changed.label_logits - plain.label_logits).max() > 1e-4


@pytest.mark.parametrize(
    ("part", "cut"), [(None, "hat:hat"), ("decoder", "hat:hat"), ("cross", "*:elephant"), ("encoder", "the:elephant")]
)
def test_a_cut_is_of_the_part_that_is_named(part, cut):
    """The same passes by the arrays that the model hides."""
    model = open_model(TRANSLATOR)
    found = predict("She has seen the elephant", model, target="Sie hat", cut=cut, part=part)
    source, target = found.tokens, found.target
    query, key = cut.split(":")
    rows = [token.index for token in (source if part == "encoder" else target).tokens if query in ("*", token.text)]
    columns = [
        token.index for token in (source if part in ("encoder", "cross") else target).tokens if key == token.text
    ]
    n_query = len((source if part == "encoder" else target).tokens)
    n_key = len((source if part in ("encoder", "cross") else target).tokens)
    hidden = np.zeros((n_query, n_key), bool)
    hidden[np.ix_(rows, columns)] = True
    sources, targets = Pack.of_pairs([source.ids], [target.ids])
    sources = replace(sources, hidden=hidden) if part == "encoder" else sources
    targets = replace(targets, hidden=hidden) if part in (None, "decoder") else targets
    across = hidden if part == "cross" else None
    *_, last = model.run_pairs(sources, targets, "decoder", np.float64, UNCHANGED, across)
    expected = model.logits(last.output[-1:].astype(np.float32))
    np.testing.assert_allclose(found.logits, expected, rtol=0, atol=2e-5)
    assert np.abs(found.logits - found.with_all.logits).max() > 1e-2


@pytest.mark.parametrize(
    ("name", "text", "word", "positions"),
    [
        ("gpt2", "the dog is", "dog", [2]),
        ("gpt2", "Bark is", "Bark", [3]),  # the last of its pieces
        ("bert", "the dog barks", "barks", [3, 4]),  # each of its pieces in its place
        ("bert", "the [MASK] is", "0", [0]),
    ],
)
def test_a_word_is_answered_where_it_is_named(name, text, word, positions):
    model = open_model(TINY / name)
    found = predict(text, model, word=word)
    assert [each.position for each in found.predictions] == positions
    scores = last_logits(model, found.tokens.ids)
    np.testing.assert_allclose(found.logits, scores[positions], rtol=0, atol=1e-5)


def test_more_scores_than_there_is_memory_are_refused(monkeypatch):
    monkeypatch.setattr("attncli.recipes.answering.memory", lambda: 12 * 288 * 3)
    assert predict("the dog", TINY / "gpt2").predictions
    with pytest.raises(AttnError, match=r"expected scores of at most .* got .* places × 288 tokens"):
        lens("the dog is cute", TINY / "gpt2", every=True)


def test_labels_are_of_whole_texts():
    with pytest.raises(UsageError, match=r"word='dog': expected a model that says tokens, got bert_labels"):
        predict("the dog", TINY / "bert_labels", word="dog")


def test_both_sides_of_a_comparison_say_their_answers():
    found = compare_models("the dog is", TINY / "gpt2", swap="dog=cat", without="0.1")
    for text, answer in zip(("the dog is", "the cat is"), found.answers, strict=True):
        alone = predict(text, TINY / "gpt2", without="0.1")
        assert answer.text == text
        assert answer.predictions == alone.predictions
        np.testing.assert_array_equal(answer.with_all.logits, alone.with_all.logits)


def test_a_side_without_an_answer_leaves_the_answers_out():
    assert compare_models("the dog is", TINY / "bert", swap="dog=cat").answers == ()  # no mask
    assert compare_models("the dog is", TINY / "llama", swap="dog=cat").answers == ()  # no output layer
    assert len(compare_models("the [MASK] is a dog", TINY / "bert", swap="dog=cat").answers) == 2
    assert len(compare_models("the dog", TINY / "bert_labels", TINY / "bert").answers) == 0


def test_the_cuts_of_a_comparison_are_of_the_part_that_it_compares():
    how = {"target": "Sie hat", "cut": "*:elephant"}
    found = compare_models("She has seen the elephant", TRANSLATOR, swap="elephant=cat", **how)
    alone = predict("She has seen the elephant", TRANSLATOR, part="cross", **how)
    np.testing.assert_allclose(found.answers[0].logits, alone.logits, atol=1e-6)
