"""Encoders beyond BERT's kin: the keys of their configs that change the numbers, and values that are refused."""

import json
from base64 import b64decode

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of

from attncli.attention.positions import as_by_offset, offset_scores
from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.families import read_family
from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model
from attncli.views.page.data import page_data


def family_of(name, **changes):
    """The family of a tiny folder's config with changes; None takes a key out."""
    config = json.loads((TINY / name / "config.json").read_text()) | changes
    return read_family(Config({key: value for key, value in config.items() if value is not None}))


REFUSED = [
    ("mpnet", {"relative_attention_num_buckets": 31}, "relative_attention_num_buckets in config.json: expected at lea"),
    ("mpnet", {"max_position_embeddings": 2}, "max_position_embeddings in config.json: expected more than 2 positions"),
    ("albert", {"num_hidden_layers": 1025}, "num_hidden_layers in config.json: expected at most 1,024 blocks"),
    ("albert", {"inner_group_num": 400}, "inner_group_num in config.json: expected at most 1,024 blocks"),
    ("albert", {"embedding_size": 0}, "embedding_size in config.json: expected a positive integer"),
    ("xlm-roberta-xl", {"pad_token_id": -1}, "pad_token_id in config.json: expected the id of a token"),
    ("deberta", {"talking_head": True}, "talking_head in config.json: expected false"),
    ("deberta", {"pos_att_type": ["c2p", "p2p"]}, "pos_att_type in config.json: expected some of c2p, p2c"),
    ("deberta", {"max_relative_positions": 1.5}, "max_relative_positions in config.json: expected an integer"),
    ("deberta-v2", {"pos_att_type": ""}, "pos_att_type in config.json: expected some of c2p, p2c"),
    ("deberta-v2", {"position_buckets": 1}, "position_buckets in config.json: expected at least 2"),
    ("deberta-v2", {"norm_rel_ebd": "batch"}, "norm_rel_ebd in config.json: expected 'none' or 'layer_norm'"),
    ("deberta-v2", {"attention_head_size": 8}, "attention_head_size in config.json: expected hidden_size / num"),
    ("deberta-v2_conv", {"conv_kernel_size": 4}, "conv_kernel_size in config.json: expected an odd number"),
    ("deberta-v2_conv", {"conv_groups": 3}, "conv_groups in config.json: expected a divisor of hidden_size 16"),
    ("deberta-v2_conv", {"conv_act": "mish"}, "conv_act in config.json: expected one of the activations"),
    ("modernbert", {"layer_types": ["full_attention"]}, "layer_types in config.json: expected a list of 3 names"),
    ("modernbert", {"global_attn_every_n_layers": 0}, "global_attn_every_n_layers in config.json: expected a positive"),
    ("modernbert", {"local_attention": "128"}, "local_attention in config.json: expected a positive integer"),
    ("modernbert", {"rope_parameters": {"rope_theta": 1.0}}, "rope_parameters in config.json: expected an object for"),
    ("nomic_bert", {"prenorm": True}, "prenorm in config.json: expected False"),
    ("nomic_bert", {"activation_function": "gelu"}, "activation_function in config.json: expected 'swiglu'"),
    ("nomic_bert", {"rotary_scaling_factor": 2}, "rotary_scaling_factor in config.json: expected null"),
    ("nomic_bert", {"qkv_proj_bias": True}, "qkv_proj_bias in config.json: expected False"),
    ("mpnet", {"hidden_act": "mish"}, "hidden_act in config.json: expected one of the activations"),
]


@pytest.mark.parametrize(("name", "changes", "said"), REFUSED)
def test_what_is_not_supported_is_said_by_name_and_value(name, changes, said):
    with pytest.raises(ResourceError) as raised:
        family_of(name, **changes)
    assert raised.value.message.startswith(said)
    assert raised.value.message.endswith(f"got {next(iter(changes.values()))!r}")


def test_mpnet_counts_positions_from_two_and_leaves_padding_at_one():
    found = family_of("mpnet", pad_token_id=5).positions(np.array([[0, 1, 5, 1], [6, 7, 8, 9]]))
    assert found.tolist() == [[2, 1, 3, 1], [2, 3, 4, 5]]


@pytest.mark.parametrize("name", ["deberta", "deberta-v2", "deberta-v2_conv", "mpnet"])
def test_the_terms_of_a_score_add_up_to_it(name):
    model = open_model(TINY / name)
    for layer in model.run(range(2, 22)):
        terms = layer.scoring.terms(layer.queries, layer.keys, range(20))
        assert terms.positional.all()
        np.testing.assert_allclose(terms.scores, layer.attention.scores, rtol=0, atol=2e-6)
        some = layer.scoring.of_heads([2]).terms(layer.queries[[2]][:, [7, 3]], layer.keys[[2]], [7, 3])
        np.testing.assert_allclose(some.scores, terms.scores[2:3, [7, 3]], rtol=1e-12)


def test_additions_of_a_whole_text_are_said_by_key_and_offset():
    added, places = np.random.default_rng(0).standard_normal((3, 5, 5)), np.arange(5)
    np.testing.assert_array_equal(offset_scores(as_by_offset(added), places, places), added)


def test_the_page_has_the_additions_of_a_text():
    explanation = explain_model("the dog barks", TINY / "deberta-v2", layer=0, head=1)
    (data,) = page_data({"text": explanation})["sources"]
    packed, n = b64decode(data["terms"][0][0]["position"]), len(explanation.sentence.tokens)
    found = offset_scores(np.frombuffer(packed, "<f4").reshape(n, -1), *[np.arange(n)] * 2)
    np.testing.assert_allclose(found, explanation.layers[0].terms(range(n)).position[0], rtol=1e-6)


def test_the_groups_of_albert_are_run_equally_often():
    family = family_of("albert", num_hidden_layers=5)
    names = [family.block(number).output_norm.name.split(".")[2:5:2] for number in range(family.shape.n_layer)]
    assert ["".join(each) for each in names] == ["00", "01"] * 3 + ["10", "11"] * 2
    assert len(list(family.arrays())) == 7 + 4 * 16


def test_modernbert_sees_all_in_every_third_block_and_64_tokens_to_each_side_in_the_others():
    config = {"model_type": "modernbert", "hidden_size": 32, "num_attention_heads": 2, "num_hidden_layers": 10**9}
    family = read_family(Config(config | {"intermediate_size": 8}))
    found = [family.block(number).attention for number in range(5)]
    assert [each.window for each in found] == [None, (64, 64), (64, 64), None, (64, 64)]
    assert [each.rotary.base for each in found] == [160_000, 10_000, 10_000, 160_000, 10_000]
    assert family.block(0).attention_norm is None
    assert family.shape.positions == 8192


def test_nomic_bert_reads_the_names_of_its_authors(tmp_path):
    config = {"model_type": "nomic_bert", "n_embd": 16, "n_head": 2, "n_layer": 2, "n_inner": 24, "n_positions": 64}
    config |= {"layer_norm_epsilon": 1e-3, "rotary_emb_base": 50, "head_dim": 12, "type_vocab_size": 3}
    config |= {"activation_function": "swiglu", "rotary_scaling_factor": None, "prenorm": False, "causal": False}
    folder = copy_of("nomic_bert", tmp_path / "model")
    (folder / "config.json").write_text(json.dumps(config))
    model, same = open_model(folder), open_model(TINY / "nomic_bert")
    assert (model.warnings, model.shape) == ((), same.shape)
    for ours, theirs in zip(model.run([5, 9, 2]), same.run([5, 9, 2]), strict=True):
        np.testing.assert_array_equal(ours.output, theirs.output)
