"""The similarity of two texts by a model: every pooling, sums over tokens and words, words left out one by one."""

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.encoders import encoder_folder

from attncli import open_model, similar
from attncli.errors import UsageError
from attncli.models.text_encoder import TextEncoder

A, B = "Stop the dogs, he is cute!", "the dog barks."
SUMS = ["mean", "weightedmean", "mean_sqrt_len_tokens", "mean+weightedmean"]
OTHERS = ["cls", "max", "lasttoken", "cls+mean"]


def states(model, ids):
    """The last hidden state of one text, in a pass of its own."""
    *_, last = model.run(ids, dtype=np.float64)
    return model.final(last.output.astype(np.float64))


def pooled(output, mode):
    """The vector of an output `[n, d]`, written out."""
    n = len(output)
    of_mode = {
        "mean": output.mean(axis=0),
        "weightedmean": sum((i + 1) * h for i, h in enumerate(output)) / sum(range(1, n + 1)),
        "mean_sqrt_len_tokens": output.sum(axis=0) / np.sqrt(n),
        "cls": output[0],
        "max": output.max(axis=0),
        "lasttoken": output[-1],
    }
    return np.concatenate([of_mode[each] for each in mode.split("+")])


def compared(p, q, function="cosine"):
    if function in ("euclidean", "manhattan"):
        return -np.linalg.norm(p - q, ord=2 if function == "euclidean" else 1)
    return p @ q if function == "dot" else p @ q / (np.linalg.norm(p) * np.linalg.norm(q))


@pytest.mark.parametrize("function", ["cosine", "dot", "euclidean", "manhattan"])
@pytest.mark.parametrize("mode", [*SUMS, *OTHERS])
def test_the_value_is_that_of_the_pooled_texts(tmp_path, mode, function):
    model = open_model(encoder_folder(tmp_path / "m", mode, similarity_fn_name=function))
    found = similar(A, B, model=model)
    p, q = (pooled(states(model, model.read(text).ids), mode) for text in (A, B))
    assert found.value == pytest.approx(compared(p, q, function), abs=1e-6)
    assert (found.pooling, found.function) == (mode, function)
    assert found.exact == (mode in SUMS and function in ("cosine", "dot"))
    if found.exact:
        assert found.contributions.shape == (len(found.tokens), len(found.other_tokens))
        assert found.contributions.sum() == pytest.approx(found.value, rel=1e-9, abs=1e-9)
        assert found.left_out is None
    else:
        assert (found.contributions, found.special, found.ranked, found.against) == (None, None, (), ())
        assert found.left_out is not None


@pytest.mark.parametrize("normal", [False, True])
def test_normal_vectors_make_a_cosine_of_the_dot_product(tmp_path, normal):
    folder = encoder_folder(tmp_path / "m", "mean", normal=normal, similarity_fn_name="dot")
    found, cosine = similar(A, B, model=folder), similar(A, B, model=TINY / "bert")
    assert (found.value == pytest.approx(cosine.value, abs=1e-12)) is normal
    assert found.contributions.sum() == pytest.approx(found.value, rel=1e-12)
    assert found.function == "dot"


def test_a_folder_that_says_nothing_is_pooled_by_the_mean():
    found = similar(A, B, model=TINY / "bert")
    assert (found.pooling, found.function, found.kind, found.name) == ("mean", "cosine", "model", "bert")
    assert found.remarks == ("the folder says nothing about pooling: the mean over all tokens is taken",)


def test_special_tokens_are_summed_and_not_ranked():
    found = similar(A, B, model=TINY / "bert", top=1000)
    special = [token.special for token in found.tokens], [token.special for token in found.other_tokens]
    assert [sum(each) for each in special] == [2, 2]
    own = found.contributions[~np.array(special[0])][:, ~np.array(special[1])]
    assert found.special == pytest.approx(found.value - own.sum(), abs=1e-12)
    assert len(found.ranked) + len(found.against) == own.size
    assert sum(each.share for each in (*found.ranked, *found.against)) == pytest.approx(own.sum(), abs=1e-12)


@pytest.mark.parametrize("model", ["bert", "gpt2", "t5", "roberta", "bart"])
def test_words_are_sums_over_their_pieces(model):
    whole, merged = (similar(A, B, model=TINY / model, words=words) for words in (False, True))
    assert merged.value == whole.value
    assert [token.pieces for side in merged.sentences for token in side.tokens if len(token.pieces) > 1]
    starts = [np.cumsum([0, *(len(token.pieces) for token in side.tokens)])[:-1] for side in merged.sentences]
    summed = np.add.reduceat(np.add.reduceat(whole.contributions, starts[0], axis=0), starts[1], axis=1)
    np.testing.assert_allclose(merged.contributions, summed, atol=1e-12)
    assert merged.contributions.sum() == pytest.approx(merged.value, abs=1e-9)
    assert (merged.special is None) == (model == "gpt2")


@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("mode", ["mean", "weightedmean", "max", "cls", "lasttoken"])
def test_leaving_out_is_a_plain_loop(tmp_path, mode, words):
    model = open_model(encoder_folder(tmp_path / "m", mode))
    found = similar(A, B, model=model, leave_one_out=True, words=words)
    ids = [list(model.read(text).ids) for text in (A, B)]
    vectors = [pooled(states(model, each), mode) for each in ids]
    for side, sentence in enumerate(found.sentences):
        at = 0
        for token, change in zip(sentence.tokens, found.left_out[side], strict=True):
            kept = ids[side][:at] + ids[side][at + len(token.pieces) :]
            at += len(token.pieces)
            if token.special:
                assert np.isnan(change)
                continue
            without = compared(pooled(states(model, kept), mode), vectors[1 - side])
            assert change == pytest.approx(without - compared(*vectors), abs=2e-6)


def test_a_dropped_word_takes_its_pieces_with_it():
    apart, merged = (similar(A, B, model=TINY / "bert", drop=["dogs", "b:dog"], words=words) for words in (False, True))
    assert [(each.text, each.tokens) for each in apart.dropped] == [("a", (4, 5)), ("b", (2,))]
    assert [(each.text, each.tokens) for each in merged.dropped] == [("a", (3,)), ("b", (2,))]
    for each, other in zip(apart.dropped, merged.dropped, strict=True):
        assert each.similarity == pytest.approx(other.similarity, abs=1e-12)
        assert each.change == pytest.approx(each.similarity - apart.value, abs=1e-15)


def test_a_special_token_stays():
    with pytest.raises(UsageError, match=r"drop='a:0': expected a word, got a special token"):
        similar(A, B, model=TINY / "bert", drop="a:0")


PROMPTS = {"query": "he is ", "passage": "the dog "}


@pytest.mark.parametrize(
    ("prompt", "default", "texts"),
    [
        (None, None, (A, B)),
        (None, "query", (f"he is {A}", f"he is {B}")),
        ("", "query", (A, B)),
        ("passage", "query", (f"the dog {A}", f"the dog {B}")),
        ("query,passage", None, (f"he is {A}", f"the dog {B}")),
        ("query,", None, (f"he is {A}", B)),
    ],
)
def test_a_prompt_stands_in_front(tmp_path, prompt, default, texts):
    model = open_model(encoder_folder(tmp_path / "m", "mean", prompts=PROMPTS, default_prompt_name=default))
    found = similar(A, B, model=model, prompt=prompt)
    assert found.value == similar(*texts, model=TINY / "bert").value
    assert (found.text.text, found.other.text) == texts


def test_a_prompt_may_be_read_and_not_pooled(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", prompts=PROMPTS, include_prompt=False)
    model, texts = open_model(folder), (f"he is {A}", f"he is {B}")
    found = similar(A, B, model=model, prompt="query", drop="dogs")
    p, q = (pooled(states(model, model.read(text).ids)[3:], "mean") for text in texts)  # [CLS] he is
    assert found.value == pytest.approx(compared(p, q), abs=1e-6)
    assert not found.contributions[:3].any()
    assert not found.contributions[:, :3].any()
    ids = model.read(texts[0]).ids
    left = pooled(states(model, ids[:6] + ids[8:])[3:], "mean")  # without dog ##s
    assert found.dropped[0].similarity == pytest.approx(compared(left, q), abs=1e-6)


def test_an_unknown_prompt_is_refused(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", prompts=PROMPTS)
    with pytest.raises(UsageError, match="prompt='quer': expected the name of a prompt of m") as caught:
        similar(A, B, model=folder, prompt="quer")
    assert caught.value.hint == "did you mean query?"


def test_a_text_is_cut_to_the_tokens_of_the_folder(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", texts={"max_seq_length": 6})
    found = similar(A, B, model=folder)
    assert [token.text for token in found.tokens] == ["[CLS]", "St", "op", "the", "dog", "[SEP]"]
    whole = len(open_model(folder).read(A).ids)
    assert f"the model was given a part of the first text: 6 of {whole} tokens" in found.warnings


def test_texts_are_read_in_lower_case(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", model="roberta", texts={"do_lower_case": True})
    found = similar("THE Dog", B, model=folder)
    assert found.value == similar("the dog", B, model=TINY / "roberta").value
    assert found.text.text == "THE Dog"
    assert "".join(token.text for token in found.tokens if not token.special) == "THEDog"


def test_many_texts_go_through_in_packs():
    encoder = TextEncoder.of(open_model(TINY / "bert"))
    inputs = [encoder.read(text) for text in (A, B, "he is", A, "dogs!")]
    for given, output in zip(inputs, encoder.outputs(inputs, np.float64), strict=True):
        np.testing.assert_allclose(output, states(encoder.model, given.tokens.ids), atol=2e-6)


@pytest.mark.parametrize("long", [1, 2**13])
def test_the_passes_without_a_word_are_counted(tmp_path, monkeypatch, long):
    from attncli.recipes import pooled_tokens
    from attncli.recipes.text_similarity import similar_by_model
    from attncli.settings.similarity import check_similarity

    monkeypatch.setattr(pooled_tokens, "LONG", long)
    heard = []
    model = open_model(encoder_folder(tmp_path / "m", "cls"))
    found = similar_by_model(A, B, check_similarity(), model, progress=lambda *each: heard.append(each))
    words = sum(not token.special for side in found.sentences for token in side.tokens)
    assert heard == [("running m", done, words) for done in range(1, words + 1)] * (long == 1)
