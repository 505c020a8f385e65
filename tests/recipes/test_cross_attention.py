"""Targets of encoder–decoders: the parts by their tokens, and every recipe on weights between two texts."""

import re
import shutil
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from oracles.tokenizer_folders import BASES
from support.places import TESTS
from tokenizers import Tokenizer

from attncli.analysis.measures import divergence
from attncli.errors import AttnError, UsageError
from attncli.models.model import open_model
from attncli.recipes import model_run
from attncli.recipes.head_ranking import rank_heads
from attncli.recipes.model_comparison import compare_models
from attncli.recipes.model_explaining import explain_model

TINY = TESTS / "oracles" / "tiny"
SOURCE, TARGET = "She sees the big elephant 🐘", "Sie sieht den Elefanten"
STARTS = {"t5": 0, "bart": 2, "marian": 79, "mbart": None, "pegasus": 0, "m2m_100": 2}  # of decoder_start_token_id


@cache
def model(name):
    return open_model(TINY / name)


@cache
def explained(part, **options):
    return explain_model(SOURCE, model("t5"), target=TARGET, part=part, **options)


def tokens_of(name, text):
    return Tokenizer.from_file(str(TINY / name / "tokenizer.json")).encode(text)


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
def test_each_part_has_its_tokens_and_weights(name, part):
    found = explain_model(SOURCE, model(name), target=TARGET, part=part)
    ids, target = tokens_of(name, SOURCE).ids, tokens_of(name, TARGET).ids
    shifted = [target[-1] if STARTS[name] is None else STARTS[name], *target[:-1]]
    layers = model(name).run(ids) if part == "encoder" else model(name).run_pair(ids, shifted, part)
    np.testing.assert_array_equal(found.weights, [layer.attention.weights for layer in layers])
    rows, columns = (ids if part == "encoder" else shifted), (shifted if part == "decoder" else ids)
    assert [token.row for token in found.sentence.tokens] == rows
    assert [token.row for token in found.key_sentence.tokens] == columns
    assert (found.memory is None) == (part != "cross")


def test_a_target_means_its_attention_to_the_source():
    assert explain_model(SOURCE, model("t5"), target=TARGET).memory.text == SOURCE
    assert explained("cross").sentence.text == TARGET


def test_the_shifted_tokens_keep_their_places_in_the_target():
    tokens = explained("decoder").sentence.tokens
    assert tokens[0].special
    assert tokens[0].text == tokens[0].word == "<unk>"
    assert all(TARGET[token.start : token.end] == token.text for token in tokens if not token.special)
    assert [token.index for token in tokens] == [*range(len(tokens))]


def test_the_decoder_sees_no_later_token_and_all_of_the_source():
    assert np.array_equal(explained("decoder").layers[0].visible, np.tri(len(explained("decoder").sentence.tokens)))
    assert explained("cross").layers[0].visible.all()


@pytest.mark.parametrize("part", ["decoder", "cross"])
@pytest.mark.parametrize(
    "options", [{"words": True}, {"hide_special": True}, {"words": True, "hide_first": True}, {"combine": "mean"}]
)
def test_rows_of_reduced_weights_sum_to_one(part, options):
    weights = explained(part, **options).weights
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-6)


def test_words_of_both_texts_are_merged():
    found, whole = explained("cross", words=True), explained("cross")
    keys = [token.text for token in found.key_sentence.tokens]
    assert [token.text for token in found.sentence.tokens][2:] == [
        *TARGET.split()[:3],
        "Elefante",
    ]  # the last is dropped
    assert keys[1:] == SOURCE.split()
    of_word = [token.index for token in whole.sentence.tokens if token.start >= 4 and token.end <= 9]  # sieht
    on_word = [token.index for token in whole.key_sentence.tokens if token.start >= 4 and token.end <= 8]  # sees
    share = whole.weights[:, :, of_word][..., on_word].sum(axis=-1).mean(axis=-1)  # [n_layer, n_head]
    np.testing.assert_allclose(found.weights[:, :, 3, keys.index("sees")], share, atol=1e-6)


def test_hidden_tokens_are_left_out_on_both_sides():
    found = explained("cross", hide_special=True)
    assert not any(token.special for sentence in found.sentences for token in sentence.tokens)


def test_norms_are_of_the_values_of_the_source():
    found, layer = explained("cross", combine="norm", layer=1), explained("cross").layers[1]
    w_o = [*model("t5").layers(_given())][1].w_o.reshape(4, -1, model("t5").shape.d_model)
    f = layer.values @ w_o  # [n_head, n_key, d_model]
    sums = np.einsum("hij,hjd->ijd", layer.weights, f)  # [n_query, n_key, d_model]
    np.testing.assert_allclose(found.weights[0, 0], np.linalg.norm(sums, axis=-1), atol=1e-5)


def _given():
    from attncli.recipes.model_input import read_input
    from attncli.settings.model import check_model_settings

    return read_input(SOURCE, model("t5"), check_model_settings(target=TARGET))


@pytest.mark.parametrize("combine", ["rollout", "flow"])
def test_no_path_goes_through_layers_between_two_texts(combine):
    with pytest.raises(UsageError, match="attention of a text to itself") as caught:
        explained("cross", combine=combine)
    assert caught.value.hint == "take another part: part='decoder'"
    assert explained("decoder", combine=combine).weights.shape[:2] == (1, 1)


def test_no_token_of_another_text_is_a_neighbour():
    kinds = explained("cross").source.kinds
    assert not np.any([kinds.previous, kinds.next, kinds.same])
    assert np.any(explained("decoder").source.kinds.same)


def test_the_context_of_a_target_is_of_the_source():
    row = explained("cross").context[2]
    assert row.itself is None
    texts = [token.text for token in explained("cross").key_sentence.tokens]
    assert [texts[each.key] for each in row.ranked] == [each.text for each in row.ranked]


def test_heads_are_ranked_from_the_target_to_the_source():
    ranking = rank_heads(SOURCE, model("t5"), target=TARGET, from_="sieht", to="sees")
    whole = explained("cross").weights
    best = ranking.heads[0]
    assert ranking.memory.text == SOURCE
    assert ranking.sentence.text == TARGET
    of_pair = whole[:, :, list(ranking.from_)][..., list(ranking.to)].sum(axis=-1).mean(axis=-1)
    assert best.score == pytest.approx(of_pair.max())
    assert of_pair[best.layer, best.head] == of_pair.max()
    assert len(ranking.heads) == of_pair.size  # of the decoder, which has more layers than the encoder


def test_patterns_are_of_one_text():
    with pytest.raises(UsageError, match="attention of a text to itself"):
        rank_heads(SOURCE, model("t5"), target=TARGET, pattern="previous")
    assert rank_heads(SOURCE, model("t5"), target=TARGET, part="decoder", pattern="previous").heads[0].score <= 1


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
def test_a_changed_source_is_compared_part_by_part(part):
    found = compare_models(SOURCE, model("t5"), swap="big=small", target=TARGET, part=part)
    first = [each.divergence for each in found.heads if each.layer == 0]
    assert max(first) == 0 if part == "decoder" else max(first) > 0  # what the decoder reads is the same
    assert found.texts == ((TARGET,) if part == "decoder" else (TARGET,) * (part == "cross") + found.texts[-2:])


def test_other_pieces_are_compared_by_the_words_of_both_texts():
    found = compare_models(SOURCE, model("t5"), swap="big=enormous", target=TARGET)
    p, q = (np.stack(list(_by_typed_words(each))) for each in (found.baseline, found.other))
    apart = [each.divergence for each in found.heads]
    np.testing.assert_allclose(apart, divergence(p, q).mean(axis=-1).ravel(), atol=1e-6)
    assert found.words == tuple(TARGET.split())


def _by_typed_words(explanation):
    """Weights over the words between spaces, `[n_head, 4, 6]` of each layer, summed and averaged in loops."""
    places = [
        [[t.index for t in each.tokens if not t.special and start <= t.start < end] for start, end in spans(each.text)]
        for each in (explanation.sentence, explanation.key_sentence)
    ]
    for layer in explanation.weights:
        words = np.array([[[head[np.ix_(i, j)].sum(1).mean() for j in places[1]] for i in places[0]] for head in layer])
        yield words / words.sum(axis=-1, keepdims=True)


def spans(text):
    """From the end of the word before, since a space may be a token, to the end of each word."""
    ends = [0, *(match.end() for match in re.finditer(r"\S+", text))]
    return list(pairwise(ends))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "bert",
            {"target": TARGET},
            "target='Sie sieht den Elefanten': expected a model with an encoder and a decoder",
        ),
        ("bert", {"part": "cross"}, "expected a model with an encoder and a decoder, got bert"),
        ("t5", {"part": "cross"}, "part='cross': expected a target with it"),
        ("t5", {"part": "middle", "target": TARGET}, "expected one of encoder, decoder, cross"),
        ("t5", {"target": " "}, "expected a sentence, got an empty text"),
        ("t5", {"target": 3}, "expected a text"),
        ("t5", {"target": TARGET, "layer": 3}, "expected 0 to 2, the 3 layers of t5"),
        ("t5", {"target": TARGET, "part": "encoder", "layer": 2}, "expected 0 to 1, the 2 layers of t5"),
        ("t5", {"target": TARGET, "word": "sees"}, "expected a known word of this sentence"),
    ],
)
def test_mistakes_are_named(name, options, message):
    with pytest.raises(UsageError) as caught:
        explain_model(SOURCE, model(name), **options)
    assert message in str(caught.value)


def test_a_target_has_as_many_tokens_as_the_decoder_has_positions():
    with pytest.raises(AttnError, match="tokens for bart, which takes"):
        explain_model(SOURCE, model("bart"), target="the " * 1000)


def test_texts_are_marked_with_their_languages(tmp_path):
    folder = shutil.copytree(TINY / "mbart", tmp_path / "mbart")
    (folder / "tokenizer.json").write_text(BASES["mbart"][0]().to_str())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "MBartTokenizer"}')
    found = explain_model("the dog", folder, target="the dog", source_lang="fr_XX", target_lang="de_DE")
    assert [found.key_sentence.tokens[-1].word, found.sentence.tokens[0].word] == ["fr_XX", "de_DE"]


@pytest.mark.parametrize("options", [{"source_lang": "en_XX"}, {"target": TARGET, "target_lang": "de_DE"}])
def test_a_language_that_a_model_does_not_mark_is_named(options):
    setting = [*options][-1]
    with pytest.raises(UsageError, match=f"{setting}='{options[setting]}': the model marks no text"):
        explain_model(SOURCE, model("t5"), **options)


def test_the_language_of_a_target_needs_a_target():
    with pytest.raises(UsageError, match="target_lang='de_DE': expected a target with it"):
        explain_model(SOURCE, model("t5"), target_lang="de_DE")


@pytest.mark.parametrize("part", ["decoder", "cross"])
def test_memory_is_also_that_of_the_layers_that_run_before(monkeypatch, part):
    n, heads = len(model("t5").read(SOURCE).tokens), model("t5").shape.n_head
    needed = 8 * heads * n * n  # of the encoder's layers, more than any of the part
    monkeypatch.setattr(model_run, "memory", lambda: needed - 1)
    with pytest.raises(AttnError, match=rf"{heads} heads of a layer over {n} tokens"):
        explain_model(SOURCE, model("t5"), target="Hund", part=part, combine="mean")
    monkeypatch.setattr(model_run, "memory", lambda: needed)
    assert explain_model(SOURCE, model("t5"), target="Hund", part=part, combine="mean")
