"""Arrays of a checkpoint that are there twice, under another name, or that its config has no use for."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from safetensors.numpy import load_file, save_file

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import read_config
from attncli.models.encoder_decoder import EncoderDecoder
from attncli.models.families import FAMILIES, read_family
from attncli.models.model import open_model
from attncli.models.pack import Pack

IDS = [5, 9, 2, 7]
WORDS = "embeddings.word_embeddings.weight"


def hidden(model):
    """The last hidden state [n, d_model]."""
    return model.final([layer.output for layer in model.run(IDS)][-1])


@pytest.fixture
def rewritten(tmp_path):
    """A tiny checkpoint whose arrays, by their bare names, were changed."""

    def rewritten(tiny, change, **config):
        folder = with_config(copy_of(tiny, tmp_path / "model"), **config)
        arrays = {}
        for path in folder.glob("*.safetensors"):
            arrays |= {name: array.copy() for name, array in load_file(path).items()}
            path.unlink()
        (folder / "model.safetensors.index.json").unlink(missing_ok=True)
        names = read_family(read_config(TINY / tiny)).names
        arrays = {names.bare(name): array for name, array in arrays.items()}
        change(arrays)
        save_file(arrays, folder / "model.safetensors")
        return folder

    return rewritten


TIED = {
    "gpt2": ("wte.weight", "lm_head.weight"),
    **dict.fromkeys(("llama", "gemma2", "gemma3_text"), ("embed_tokens.weight", "lm_head.weight")),
    "roberta": (WORDS, "lm_head.decoder.weight"),
    "xlm-roberta": (WORDS, "lm_head.decoder.weight"),
    "xlm-roberta-xl": (WORDS, "lm_head.decoder.weight"),
    "deberta": (WORDS, "cls.predictions.decoder.weight"),
    "deberta-v2": (WORDS, "cls.predictions.decoder.weight"),
    "nomic_bert": (WORDS, "cls.predictions.decoder.weight"),
    "electra": (WORDS, "generator_lm_head.weight"),
    "distilbert": (WORDS, "vocab_projector.weight"),
    "albert": (WORDS, "predictions.decoder.weight"),
    "mpnet": (WORDS, "lm_head.decoder.weight"),
}


@pytest.mark.parametrize("tiny", TIED)
def test_tied_weights_that_were_saved_once_under_the_other_name(rewritten, tiny):
    embedding, output = TIED[tiny]

    def rename(arrays):
        arrays[output] = arrays.pop(embedding)

    model = open_model(rewritten(tiny, rename, tie_word_embeddings=True))
    np.testing.assert_array_equal(hidden(model), hidden(open_model(TINY / tiny)))
    assert model.parameters == open_model(TINY / tiny).parameters
    assert model.warnings == ()


@pytest.mark.parametrize(("tiny", "tie"), [("gpt2", False), ("llama", False), ("distilbert", False)])
def test_weights_that_are_not_tied_stand_for_nothing_else(rewritten, tiny, tie):
    embedding, output = TIED[tiny]

    def rename(arrays):
        arrays[output] = arrays.pop(embedding)

    with pytest.raises(ResourceError, match=f"no array '{embedding}'"):
        open_model(rewritten(tiny, rename, tie_word_embeddings=tie))


@pytest.mark.parametrize("prefix", ["bert.", "model.", "model.bert."])
@pytest.mark.parametrize(
    "name", [WORDS, "encoder.layer.1.output.LayerNorm.weight", "encoder.layer.0.output.dense.bias"]
)
def test_two_arrays_under_one_name_are_refused_unless_they_are_the_same(rewritten, prefix, name):
    def twice(arrays):
        arrays[prefix + name] = arrays[name].copy()

    model = open_model(rewritten("xlm-roberta", twice))
    np.testing.assert_array_equal(hidden(model), hidden(open_model(TINY / "xlm-roberta")))
    path = model.folder / "model.safetensors"
    arrays = {name: array.copy() for name, array in load_file(path).items()}
    save_file(arrays | {prefix + name: arrays[name] + 1}, path)
    with pytest.raises(ResourceError, match="two arrays under one name"):
        open_model(model.folder)


def test_two_arrays_of_two_shards_under_one_name_are_refused(tmp_path):
    folder = copy_of("roberta", tmp_path / "model")
    one, two, *_ = sorted(folder.glob("*.safetensors"))
    arrays = {name: array.copy() for name, array in load_file(two).items()}
    name, array = next(iter(load_file(one).items()))
    save_file(arrays | {name: array + 1}, two)
    with pytest.raises(ResourceError, match="two arrays under one name"):
        open_model(folder)


def test_the_first_files_of_bert_beside_todays_names_are_refused(rewritten):
    def both(arrays):
        arrays["embeddings.LayerNorm.gamma"] = arrays["embeddings.LayerNorm.weight"] * 2

    with pytest.raises(ResourceError, match="two arrays under one name"):
        open_model(rewritten("electra", both))


UNUSED = {
    "biases that the config denies": ("llama", "layers.0.self_attn.q_proj.bias", 32),
    "biases that the family has not": ("llama", "layers.1.mlp.up_proj.bias", 24),
    "a norm of the queries": ("llama", "layers.0.self_attn.q_norm.weight", 8),
    "a table of distances": ("electra", "encoder.layer.0.attention.self.distance_embedding.weight", 8),
    "a gate": ("gpt2", "h.1.attn.gate.weight", 16),
    "a norm of the embedding": ("gpt2", "ln_emb.weight", 16),
    "a norm of the queries of every head": ("phi", "layers.0.self_attn.q_layernorm.weight", 8),
    "a second norm of a block": ("falcon_one_norm", "h.0.ln_mlp.weight", 16),
    "another text's attention": ("xlm-roberta", "encoder.layer.0.crossattention.self.query.bias", 16),
}


@pytest.mark.parametrize("case", UNUSED)
def test_arrays_that_are_not_used_are_named_and_change_nothing(rewritten, case):
    tiny, name, size = UNUSED[case]
    model = open_model(rewritten(tiny, lambda arrays: arrays.update({name: np.full(size, 3, np.float32)})))
    (said,) = model.warnings
    assert said == f"arrays of the model's files that its config.json has no use for are left out: {name}"
    np.testing.assert_array_equal(hidden(model), hidden(open_model(TINY / tiny)))


def test_heads_poolers_and_buffers_need_no_word(rewritten):
    more = ["pooler.dense.weight", "classifier.weight", "lm_head.bias", "cls.predictions.bias", "qa_outputs.weight"]
    more += ["embeddings.position_ids", "embeddings.token_type_ids", "score.weight", "bert.pooler.dense.bias"]
    model = open_model(rewritten("electra", lambda arrays: arrays.update(dict.fromkeys(more, np.ones(3, np.float32)))))
    assert model.warnings == ()


def test_many_arrays_that_are_not_used_are_one_short_line(rewritten):
    names = [f"\x1b]0;{number}\n{'x' * 1000}" for number in range(1000)]
    model = open_model(rewritten("llama", lambda arrays: arrays.update(dict.fromkeys(names, np.ones(1, np.float32)))))
    (said,) = model.warnings
    assert len(said) < 400
    assert "\x1b" not in said
    assert said.endswith("and 997 more")


class Asked:
    """The arrays of a checkpoint, and which of them were asked for with which shape."""

    def __init__(self, tensors):
        self.tensors, self.shapes = tensors, {}

    def __contains__(self, name):
        return name in self.tensors

    def __getitem__(self, name):
        self.shapes[name] = self.tensors[name].shape
        return self.tensors[name]

    def rows(self, name, indices):
        self.shapes[name] = self.tensors.shape(name)
        return self.tensors.rows(name, indices)


OTHERS = {"llama_biased", "mixtral_stacked", "deberta-v2_conv", "modernbert_biased"}


@pytest.mark.parametrize("tiny", sorted({path.name for path in TINY.iterdir()} & (set(FAMILIES) | OTHERS)))
def test_a_family_takes_the_arrays_that_it_lists(tiny):
    model = open_model(TINY / tiny)
    family, asked = model._family, Asked(model._tensors)
    pack = Pack.of([IDS, *([token] for token in range(2, 40))])  # each of the experts is given one
    x = family.embed(asked, pack)
    for number in range(model.shape.n_layer):
        x = family.layer(asked, number, x, pack).output
    memory = family.final(asked, x)
    if isinstance(family, EncoderDecoder):
        memory, x = family.memory(asked, memory, pack), family.embed_target(asked, pack)
        for number in range(family.decoder_shape.n_layer):
            x = family.decode(asked, number, x, pack, memory).cross.output
        family.final_target(asked, x)
    assert dict(family.arrays()) == {
        name: shape for name, shape in asked.shapes.items() if not family.names.is_buffer(name)
    }


def test_the_notes_of_a_model_are_in_its_json(rewritten, capfd):
    from attncli.cli.app import run

    folder = rewritten("llama", lambda arrays: arrays.update({"ln_emb.weight": np.ones(3, np.float32)}))
    run(["explain", "the dog", "--model", str(folder), "--json"])
    assert "ln_emb.weight" in json.loads(capfd.readouterr().out)["warnings"][0]
