"""Texts that are read some tokens at a time: every layer gives the numbers of the whole text, in every family."""

from dataclasses import replace

import numpy as np
import pytest
from models.test_logits import NAMES, opened

from attncli.attention.score_terms import Scoring
from attncli.models.blocks.offsets import Buckets, Slopes
from attncli.models.changes import Changes, HeadName
from attncli.models.families import FAMILIES
from attncli.models.generating import Reading
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack
from attncli.models.past import Heads, Kept, OutgrownError, Past

TOKENS = np.random.default_rng(5).integers(2, 60, 40)
SOURCE = np.random.default_rng(6).integers(2, 60, 9)
STEPS = (7, 1, 1, 3, 1, 12, 1, 14)
ENCODERS = """bert roberta xlm-roberta camembert electra xlm-roberta-xl distilbert mpnet albert modernbert nomic_bert
    deberta deberta-v2"""
#: Of these the angles change with the length of a text, from so many tokens on.
LENGTHWISE = {
    **dict.fromkeys(("cohere-dynamic", "llama-dynamic", "llama-longrope", "phi3", "phi3-factor", "phi3-first"), 16)
}


def runner(model, dtype=np.float64):
    """From a pack, of targets where there is a decoder, to the layers; None of a model that has nothing to read on."""
    if model.has_decoder:
        memory = model.memory(Pack.of([SOURCE]), dtype)
        return lambda pack: model.run_targets(pack, memory, "cross", dtype)
    return (lambda pack: model.run_pack(pack, dtype)) if model.shape.causal else None


DECODERS = [name for name in NAMES if (model := opened(name)).has_decoder or model.shape.causal]


def in_steps(run, ids, past, steps=STEPS):
    """Each layer's output `[n, d_model]` on tokens that are read some at a time."""
    outputs, first = [], 0
    for n in steps:
        part = ids[first : first + n]
        outputs.append([layer.output for layer in run(replace(Pack.of([part]), past=past))])
        past, first = past.after(part[None]), first + n
    return [np.concatenate(layer) for layer in zip(*outputs, strict=True)]


@pytest.mark.parametrize("name", DECODERS)
def test_hidden_states_with_a_past_are_those_of_the_whole_text(name):
    run = runner(opened(name))
    if most := LENGTHWISE.get(name):
        with pytest.raises(OutgrownError):
            in_steps(run, TOKENS, Past.none(np.float64), (most, 1))
    ids, steps = (TOKENS[:16], (5, 1, 8, 2)) if most else (TOKENS, STEPS)
    whole = [layer.output for layer in run(Pack.of([ids]))]
    for found, expected in zip(in_steps(run, ids, Past.none(np.float64), steps), whole, strict=True):
        scale = np.abs(expected).max()
        projected = name.startswith("opt")  # its embeddings go through a linear layer in float32
        np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=1e-6 if projected else 1e-13)


def test_every_family_of_decoders_is_among_them():
    assert {opened(name).family for name in DECODERS} == {*FAMILIES} - {*ENCODERS.split()}


@pytest.mark.parametrize("name", ["gpt2", "falcon_rw", "t5", "gemma2"])
def test_scores_and_weights_with_a_past_are_the_last_rows_of_those_of_the_whole_text(name):
    run, past = runner(opened(name)), Past.none(np.float64)
    whole = [layer.heads[0] for layer in run(Pack.of([TOKENS[:20]]))]
    [*run(replace(Pack.of([TOKENS[:17]]), past=past))]
    later = replace(Pack.of([TOKENS[17:20]]), past=past.after(TOKENS[None, :17]))
    for found, expected in zip([layer.heads[0] for layer in run(later)], whole, strict=True):
        for mine, its in zip(found.attention, expected.attention, strict=True):
            np.testing.assert_allclose(mine, its[:, :, 17:], rtol=0, atol=1e-13)
        np.testing.assert_allclose(found.keys, expected.keys, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["gpt2", "opt", "m2m_100"])
def test_several_texts_of_one_length_are_read_on_together(name):
    model = opened(name)
    texts = np.random.default_rng(1).integers(2, 60, (3, 9))
    if model.has_decoder:
        memory = model.memory(Pack.of([SOURCE, SOURCE[::-1], SOURCE + 1]), np.float64)
        run = lambda pack: model.run_targets(pack, memory, "cross", np.float64)  # noqa: E731
    else:
        run = lambda pack: model.run_pack(pack, np.float64)  # noqa: E731
    past = Past.none(np.float64, b=3)
    [*run(replace(Pack.of(texts[:, :6]), past=past))]
    found = [layer.output for layer in run(replace(Pack.of(texts[:, 6:]), past=past.after(texts[:, :6])))]
    whole = [layer.output.reshape(3, 9, -1)[:, 6:].reshape(9, -1) for layer in run(Pack.of(texts))]
    np.testing.assert_allclose(found[-1], whole[-1], rtol=0, atol=1e-6)


def test_padding_in_the_past_has_no_position():
    """M2M-100 and RoBERTa count the tokens that are no padding."""
    family = opened("m2m_100")._family
    past = replace(Past.none(), ids=np.array([[5, family.padding, 7]]))
    pack = replace(Pack.of([[8, family.padding, 9]]), past=past)
    assert pack.counted(family.positions).tolist() == [family.padding + n for n in (3, 0, 4)]


def test_keys_are_kept_in_memory_that_grows_and_no_number_is_lost():
    kept, rng, dtype = Kept(), np.random.default_rng(0), np.float32
    keys, values = rng.standard_normal((1, 2, 300, 4)).astype(dtype), rng.standard_normal((1, 2, 300, 3)).astype(dtype)
    for start, end in ((0, 10), (10, 11), (11, 200), (200, 300)):
        new = Heads(keys[:, :, start:end], values[:, :, start:end])
        found = kept.read_on(start, new, dtype)
        np.testing.assert_array_equal(found.keys, keys[:, :, :end])
        np.testing.assert_array_equal(found.values, values[:, :, :end])
    again = kept.read_on(5, Heads(keys[:, :, 5:6], values[:, :, 5:6]), dtype)  # back to an earlier place
    np.testing.assert_array_equal(again.keys, keys[:, :, :6])


def test_the_source_is_projected_once():
    model, asked = opened("marian"), []
    memory = model.memory(Pack.of([SOURCE]))
    block = model._family.decoder_block(0).cross.key.name
    read = model._tensors.__class__.__getitem__

    def counting(self, name):
        asked.append(name)
        return read(self, name)

    past = Past.none()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model._tensors.__class__, "__getitem__", counting)
        for at in range(3):
            pack = replace(Pack.of([TOKENS[at : at + 1]]), past=replace(past, ids=TOKENS[None, :at]))
            [*model.run_targets(pack, memory)]
    assert asked.count(f"{block}.weight") == 1


BIASES = {
    "slopes": Slopes(6),
    "rounded slopes": Slopes(6, scale=0.5, rounded=True),
    "buckets": Buckets("table", 8, 20, 6, causal=True),
}


@pytest.mark.parametrize("case", BIASES)
def test_additions_of_the_last_queries_are_those_of_all(case):
    tensors = {"table.weight": np.random.default_rng(0).standard_normal((8, 6)).astype(np.float32)}
    bias, n = BIASES[case], 23
    by_offset = bias(tensors, n)
    by_key = by_offset if by_offset.ndim == 3 else np.repeat(by_offset[:, None], n, axis=1)
    every = Scoring(by_offset=by_key).position(np.arange(n), n)
    np.testing.assert_array_equal(bias.between(tensors, 19, n), every[:, 19:])


CHANGED = {
    "a head is taken away": ("gpt2", {"heads": (HeadName("encoder", 0, 1),)}),
    "by the mean of all tokens": ("gpt2", {"heads": (HeadName("encoder", 0, 1),), "ablate": "mean"}),
    "words are cut apart": ("llama_untied", {"cuts": ((3, 1), (12, 1), (12, 4))}),
    "angles change with the length": ("llama-longrope", {}),
    "of a target": ("bart", {"heads": (HeadName("decoder", 0, 1), HeadName("cross", 1, 0)), "cuts": ((2, 1),)}),
    "of a source": ("bart", {"heads": (HeadName("encoder", 0, 1),), "ablate": "mean"}),
    "a target from a source": ("bart", {"cuts": ((2, 1), (9, 3)), "part": "cross"}),
}


class Text:
    """As many tokens as ids, as far as a forward pass is concerned."""

    def __init__(self, ids):
        self.ids, self.tokens, self.segments = tuple(ids), (None,) * len(ids), None


@pytest.mark.parametrize("case", CHANGED)
def test_a_changed_pass_that_is_read_on_is_that_of_the_whole_text(case):
    name, how = CHANGED[case]
    model, how = opened(name), dict(how)
    part = how.pop("part", "decoder" if model.has_decoder else "encoder")

    def given(n):
        own = Text(TOKENS[:n])
        texts = (Text(SOURCE), own) if model.has_decoder else (own, None)
        cuts = tuple(cut for cut in how.get("cuts", ()) if cut[0] < n)
        return ModelInput(*texts, part, changes=Changes(**{**how, "cuts": cuts}))

    reading = Reading(model, given(20))
    for first, end in ((0, 11), (11, 12), (12, 19), (19, 20)):
        found = reading.read(TOKENS[first:end].tolist())
        *_, last = model.layers(given(end))
        np.testing.assert_allclose(found, last.output[first:], rtol=0, atol=2e-5 * np.abs(last.output).max())
