"""Encoders beyond BERT's kin: the keys of their configs that change the numbers, and values that are refused."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY

from attncli.errors import ResourceError
from attncli.models.checkpoint.config import Config
from attncli.models.families import read_family


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


def test_the_groups_of_albert_are_run_equally_often():
    family = family_of("albert", num_hidden_layers=5)
    names = [family.block(number).output_norm.name.split(".")[2:5:2] for number in range(family.shape.n_layer)]
    assert ["".join(each) for each in names] == ["00", "01"] * 3 + ["10", "11"] * 2
    assert len(list(family.arrays())) == 7 + 4 * 16
