"""The page of the types of models is that of the families as they are now, with differences that were measured."""

import re

import families_table
import pytest
from oracles.checkpoints import TINY

from attncli.models.checkpoint.config import read_config
from attncli.models.families import FAMILIES

RUN = "run python tests/families_table.py"
STORED = families_table.stored()
TYPES = [read_config(path.parent).values["model_type"] for path in sorted(TINY.glob("*/expected.npz"))]


def test_the_page_and_the_readme_are_those_of_the_families():
    page, readme = families_table.PAGE.read_text(), families_table.README.read_text()
    assert families_table.with_count(families_table.with_table(page)) == page, RUN
    assert families_table.with_count(readme) == readme, RUN
    assert len(families_table.COUNT.findall(page + readme)) == 2


def test_every_checkpoint_was_measured():
    assert {each: row["checkpoints"] for each, row in STORED.items()} == {each: TYPES.count(each) for each in TYPES}, (
        RUN
    )


@pytest.mark.parametrize("model_type", FAMILIES)
def test_every_type_has_a_paper(model_type):
    assert re.search(r"\((?=[A-Z]).*\b\d{4}", families_table.paper_of(model_type))


@pytest.mark.parametrize("model_type", STORED)
def test_no_difference_is_larger_than_rounding(model_type):
    assert STORED[model_type]["weights"] <= 2e-6
    assert STORED[model_type]["hidden"] <= 2e-5
    assert STORED[model_type]["logits"] <= 2e-5


@pytest.mark.parametrize("name", ["bert", "gpt2", "llama"])
def test_a_difference_measured_again_is_about_the_same(name):
    _, weights, hidden = zip(*families_table.differences(TINY / name), strict=True)
    assert max(weights) <= 4 * STORED[name]["weights"]
    assert max(hidden) <= 4 * STORED[name]["hidden"]
    assert max(families_table.logit_differences(TINY / name), default=0) <= 4 * STORED[name]["logits"]
