"""The pooling of a folder: damaged files and modules that are not honoured are refused in one line that names them."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY, safetensors
from oracles.similarity_folders import whole

from attncli import open_model
from attncli.errors import ResourceError
from attncli.models.checkpoint.pooling_files import read_pooling
from attncli.models.pooling import Pooling

DENSE, POOLING, SETTINGS = "2_Dense/config.json", "1_Pooling/config.json", "config_sentence_transformers.json"
OF_TEXTS, WEIGHTS = "sentence_bert_config.json", "2_Dense/model.safetensors"


class Shape:
    d_model = 16


class Encoder:
    shape = Shape


def pooling_of(folder):
    return read_pooling(folder, Encoder)


def changed(folder, name, value):
    """The folder with a file that has other keys, or other bytes, or another module at a place."""
    path = folder / name
    if isinstance(value, bytes):
        path.write_bytes(value)
    elif isinstance(value, dict):
        found = (json.loads(path.read_text()) if path.exists() else {}) | value
        path.write_text(json.dumps({key: each for key, each in found.items() if each != "gone"}))
    else:
        path.write_text(json.dumps(value))
    return folder


def modules(*kinds):
    """modules.json of the folder `identity` with other classes behind the model."""
    own = ("sentence_transformers.base.Transformer", *kinds)
    return [{"path": f"{i}_{kind.rpartition('.')[2]}" if i else "", "type": kind} for i, kind in enumerate(own)]


OWN = "sentence_transformers.models"
ARRAY = ("F32", np.ones((8, 16)))
REFUSED = [
    ("modules.json", b"{}", "expected a list of 1 to 32 modules"),
    ("modules.json", [], "expected a list of 1 to 32 modules"),
    ("modules.json", [{"path": "", "type": "x"}] * 33, "expected a list of 1 to 32 modules"),
    ("modules.json", [7], "has the module 7: expected its type"),
    ("modules.json", [{"path": "", "type": 7}], "expected its type, and its path inside"),
    ("modules.json", [{"path": "", "type": "x"}, {"path": "../x", "type": f"{OWN}.Pooling"}], "its path inside"),
    ("modules.json", [{"path": "", "type": "x"}, {"path": "/x", "type": f"{OWN}.Pooling"}], "its path inside"),
    ("modules.json", [{"path": "", "type": "x"}, {"path": "x" * 300, "type": f"{OWN}.Pooling"}], "File name too long"),
    ("modules.json", modules(f"{OWN}.WordWeights", f"{OWN}.Pooling"), "has a module 'WordWeights': expected Pooling"),
    ("modules.json", modules(f"{OWN}.Pooling", f"{OWN}.CNN"), "has a module 'CNN': expected Pooling, then Dense"),
    ("modules.json", modules("mine.Pooling"), "has a module 'mine.Pooling': expected Pooling"),
    ("modules.json", modules(f"{OWN}.Dense"), "has a module 'Dense' in this place"),
    ("modules.json", modules(f"{OWN}.Pooling", f"{OWN}.Pooling"), "has a module 'Pooling' in this place"),
    ("modules.json", modules(f"{OWN}.Pooling", f"{OWN}.Normalize", f"{OWN}.Dense"), "'Dense' in this place"),
    ("modules.json", modules(f"{OWN}.Pooling", f"{OWN}.LayerNorm"), "2_LayerNorm/config.json' does not exist"),
    (POOLING, b"", "cannot read"),
    (POOLING, {"pooling_mode": "median"}, "pooling_mode in 1_Pooling/config.json: expected one of cls, max, mean"),
    (POOLING, {"pooling_mode": []}, "expected one of cls, max, mean"),
    (POOLING, {"pooling_mode": ["mean", {}]}, "expected one of cls, max, mean"),
    (POOLING, {"pooling_mode": ["mean"] * 7}, "expected one of cls, max, mean"),
    (POOLING, {"embedding_dimension": 17}, "expected 16, the size of the model's output, got 17"),
    (POOLING, {"pooling_mode": "gone", "pooling_mode_max_tokens": "yes"}, "expected true or false, got 'yes'"),
    (POOLING, {"include_prompt": 2}, "include_prompt in 1_Pooling/config.json: expected true or false"),
    (POOLING, {"pooling_mode": ["mean", "max"]}, "in_features in 2_Dense/config.json: expected 32"),
    (DENSE, {"in_features": 10**300}, "expected a positive integer"),
    (DENSE, {"out_features": 2**39}, "linear.weight has shape [8, 16]: expected [549755813888, 16]"),
    (DENSE, {"out_features": 0}, "out_features in 2_Dense/config.json: expected a positive integer, got 0"),
    (DENSE, {"bias": True}, "no array 'linear.bias'"),
    (DENSE, {"bias": "no"}, "expected true or false"),
    (DENSE, {"use_residual": True}, "no array 'residual.weight'"),
    (DENSE, {"activation_function": "os.system"}, "expected one of torch.nn.modules.linear.Identity"),
    (DENSE, {"activation_function": ["torch"]}, "expected one of torch.nn.modules.linear.Identity"),
    (DENSE, {"module_input_name": "token_embeddings"}, "expected sentence_embedding, got 'token_embeddings'"),
    (DENSE, {"module_output_name": "other"}, "module_output_name in 2_Dense/config.json: expected sentence_embedding"),
    (WEIGHTS, b"\x80\x02}q\x00.", "is a Python pickle"),
    (WEIGHTS, b"\x80" * 20, "is no whole safetensors file"),
    (WEIGHTS, safetensors({"linear.weight": ("F32", np.full((8, 16), np.nan))}), "has a NaN or an infinity"),
    (WEIGHTS, safetensors({"weight": ARRAY}), "no array 'linear.weight'"),
    (SETTINGS, b"[]", "expected a JSON object"),
    (SETTINGS, {"similarity_fn_name": "maxsim"}, "expected one of cosine, dot, euclidean, manhattan, got 'maxsim'"),
    (SETTINGS, {"similarity_fn_name": {}}, "expected one of cosine, dot, euclidean, manhattan, got {}"),
    (SETTINGS, {"prompts": ["query: "]}, "prompts in identity/config_sentence_transformers.json: expected at most 256"),
    (SETTINGS, {"prompts": {"query": 7}}, "texts of at most 16,384 characters by short names"),
    (SETTINGS, {"prompts": {"x" * 101: ""}}, "characters by short names"),
    (SETTINGS, {"prompts": {"query": "x" * 2**15}}, "texts of at most 16,384 characters by short names"),
    (SETTINGS, {"default_prompt_name": "quary"}, "expected the name of one of its prompts, got 'quary'"),
    (SETTINGS, {"default_prompt_name": []}, "expected the name of one of its prompts, got []"),
    (SETTINGS, {"truncate_dim": -1}, "truncate_dim in identity/config_sentence_transformers.json: expected a positive"),
    (OF_TEXTS, {"max_seq_length": 0}, "max_seq_length in identity/sentence_bert_config.json: expected a positive"),
    (OF_TEXTS, {"do_lower_case": "yes"}, "expected true or false, got 'yes'"),
    (OF_TEXTS, {"transformer_task": "fill-mask"}, "expected feature-extraction, got 'fill-mask'"),
    (OF_TEXTS, {"module_output_name": "scores"}, "expected token_embeddings, got 'scores'"),
]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED, ids=[f"{n}-{r[:30]}" for n, _, r in REFUSED])
def test_a_file_that_is_not_as_expected_is_refused(tmp_path, name, value, reason):
    folder = whole("identity", tmp_path)
    with pytest.raises(ResourceError) as caught:
        pooling_of(changed(folder, name, value))
    assert reason in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500


def test_weights_of_another_kind_are_named(tmp_path):
    folder = whole("tanh", tmp_path)
    (folder / WEIGHTS).rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(ResourceError, match=r"has pytorch_model\.bin: .*; expected model\.safetensors"):
        pooling_of(folder)


def test_numbers_that_overflow_are_refused(tmp_path):
    folder = whole("residual", tmp_path)
    damaged = safetensors({"linear.weight": ("F64", np.ones((16, 16))), "linear.bias": ("F64", np.ones(16))})
    with pytest.raises(ResourceError, match="F64, which is not supported"):
        pooling_of(changed(folder, WEIGHTS, damaged))
    dense = pooling_of(whole("identity", tmp_path)).dense[0]._replace(weight=np.full((8, 16), 1e300))
    for pool in (Pooling(dense=(dense,)).pooled, Pooling(dense=(dense,)).shares):
        with pytest.raises(ResourceError, match="the layers behind pooling give a NaN or an infinity"):
            pool(np.full((2, 16), 1e30))


def test_a_folder_that_says_nothing_is_pooled_by_the_mean(tmp_path):
    found = pooling_of(TINY / "bert")
    assert (found.name, found.similarity, found.exact, found.max_tokens) == ("mean", "cosine", True, None)
    assert "the mean" in found.said
    alone = pooling_of(changed(whole("mean", tmp_path), "modules.json", modules()))
    assert (alone.name, alone.said) == ("mean", found.said)


def test_the_pooling_of_a_model_in_a_folder_of_its_own(tmp_path):
    folder = whole("oldest", tmp_path)
    model = open_model(folder)
    assert model.folder == folder / "0_BERT"
    assert read_pooling(model.folder, model).name == "max+mean_sqrt_len_tokens"
    (folder / "other").mkdir()
    assert pooling_of(folder / "other").said  # the modules.json above it names another


def test_settings_that_change_nothing_or_that_are_not_honoured(tmp_path):
    folder = changed(whole("mean", tmp_path), SETTINGS, {"truncate_dim": 99, "default_prompt_name": "query"})
    changed(folder, SETTINGS, {"prompts": "gone"})
    asked = {"tokenizer_args": {"padding_side": "left"}, "config_args": {}, "config_kwargs": {"rope_theta": 1}}
    found = pooling_of(changed(folder, OF_TEXTS, asked))
    assert (found.truncate_dim, found.default_prompt) == (None, None)
    assert found.warnings == (
        "tokenizer_args {'padding_side': 'left'} of mean/sentence_bert_config.json is not honoured",
        "config_kwargs {'rope_theta': 1} of mean/sentence_bert_config.json is not honoured",
    )


@pytest.mark.parametrize(("length", "most"), [(24, 24), (10**30, None), (1e30, None), (0, None), ("x", None)])
def test_the_longest_text_is_that_of_the_tokenizer_where_no_other_is_named(tmp_path, length, most):
    folder = changed(whole("mean", tmp_path), "tokenizer_config.json", {"model_max_length": length})
    assert pooling_of(folder).max_tokens == most
    assert pooling_of(changed(folder, OF_TEXTS, {"max_seq_length": 7})).max_tokens == 7
