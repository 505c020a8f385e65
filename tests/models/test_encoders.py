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
