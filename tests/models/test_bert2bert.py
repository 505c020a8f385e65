"""Two BERTs as an encoder–decoder: arrays that both share, the start of a target, and configs that are refused."""

import json
import shutil

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, safetensors, with_config

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.families import read_family
from attncli.models.model import open_model

SIZES = {
    **{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": 80},
    **{"intermediate_size": 12, "max_position_embeddings": 16, "type_vocab_size": 2},
}
DECODER = {**SIZES, "is_decoder": True, "add_cross_attention": True}
CONFIG = {"model_type": "encoder-decoder", "encoder": SIZES, "decoder": DECODER, "decoder_start_token_id": 4}


def numbers():
    """Random arrays of a model by name, those of the encoder the decoder's."""
    random, arrays = np.random.default_rng(0), {}
    for name, shape in read_family(Config(CONFIG)).arrays():
        arrays[name] = random.normal(size=shape).astype(np.float32)
    twins = {name.replace("encoder.", "decoder.", 1): name for name in arrays if name.startswith("encoder.")}
    return arrays | {twin: arrays[name] for twin, name in twins.items()}


def saved(folder, arrays, **changes):
    """A model with these arrays."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "model.safetensors").write_bytes(safetensors({name: ("F32", x) for name, x in arrays.items()}))
    shutil.copy(TINY / "encoder-decoder" / "tokenizer.json", folder)
    return with_config(folder, **changes)


def weights(model):
    """The attention of every part on one source and one target."""
    cross = [layer.attention.weights for layer in model.run_pair([5, 6, 7], [4, 8])]
    return [*(layer.attention.weights for layer in model.run([5, 6, 7])), *cross]


@pytest.mark.parametrize("missing", ["encoder.", "decoder."])
def test_arrays_that_encoder_and_decoder_share_are_stored_once(tmp_path, missing):
    arrays = numbers()
    twin = {"encoder.": "decoder.", "decoder.": "encoder."}[missing]
    halved = {
        name: x
        for name, x in arrays.items()
        if not (name.startswith(missing) and name.replace(missing, twin, 1) in arrays)
    }
    assert len(halved) < len(arrays)
    whole, half = (
        open_model(saved(tmp_path / name, given, tie_encoder_decoder=True))
        for name, given in (("whole", arrays), ("half", halved))
    )
    assert not half.warnings
    for ours, theirs in zip(weights(half), weights(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ResourceError, match=r"layers|no array"):
        open_model(saved(tmp_path / "apart", halved))


def test_a_bert_that_decodes_alone_is_refused(tmp_path):
    folder = with_config(copy_of("bert", tmp_path / "it"), is_decoder=True, add_cross_attention=True)
    with pytest.raises(ResourceError, match="expected an encoder"):
        open_model(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder": None}, "encoder in config.json: expected an object, got no such key"),
        ({"decoder": []}, "decoder in config.json: expected an object, got []"),
        ({"decoder": DECODER | {"model_type": "gpt2"}}, "model_type in decoder of config.json: expected one of bert"),
        ({"encoder": SIZES | {"model_type": "vit"}}, "got 'vit'"),
        ({"encoder": SIZES | {"model_type": "xlm-roberta-xl"}}, "got 'xlm-roberta-xl'"),
        ({"encoder": SIZES | {"model_type": ["bert"]}}, "got ['bert']"),
        ({"encoder": SIZES | {"is_decoder": True}}, "expected an encoder"),
        ({"decoder": DECODER | {"add_cross_attention": False}}, "add_cross_attention in decoder of config.json"),
        (
            {"decoder": DECODER | {"is_decoder": False}},
            "is_decoder in decoder of config.json: expected true, got False",
        ),
        ({"decoder": DECODER | {"hidden_size": 10**30}}, "hidden_size in decoder of config.json"),
        ({"decoder": DECODER | {"cross_attention_hidden_size": 6}}, "cross_attention_hidden_size in decoder of"),
        ({"decoder": DECODER | {"position_embedding_type": "relative_key"}}, "position_embedding_type"),
    ],
)
def test_a_config_of_other_models_is_refused_by_name_and_value(changes, said):
    with pytest.raises(ResourceError) as raised:
        read_family(Config({name: value for name, value in (CONFIG | changes).items() if value is not None}))
    assert said in raised.value.message


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({}, 4),
        ({"decoder_start_token_id": None, "bos_token_id": 7}, 7),
        ({"decoder_start_token_id": None, "decoder": DECODER | {"decoder_start_token_id": 6}}, 6),
        ({"decoder_start_token_id": None, "decoder": DECODER | {"bos_token_id": 9}}, 9),
    ],
)
def test_the_decoder_starts_with_the_token_of_the_config(changes, first):
    assert read_family(Config(CONFIG | changes)).shifted([5, 6]) == (first, 5)


def test_a_config_without_a_start_has_no_shifted_target():
    family = read_family(Config(CONFIG | {"decoder_start_token_id": None}))
    with pytest.raises(ResourceError, match=r"decoder_start_token_id in config.json: expected the id of a token"):
        family.shifted([5, 6])


def test_a_config_of_an_earlier_transformers_has_no_unknown_key(tmp_path):
    kept = {"tf_legacy_loss": False, "pruned_heads": {}, "cross_attention_hidden_size": None, "num_beams": 1}
    changes = {"encoder": {**kept, **SIZES}, "decoder": {**kept, **DECODER}, "tie_word_embeddings": False}
    assert not open_model(saved(tmp_path / "it", numbers(), **changes)).warnings
