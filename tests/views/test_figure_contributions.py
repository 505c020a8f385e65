"""The figure of heads by their contribution: a point a head and a feed-forward, at its layer and its share."""

import pytest
from oracles.checkpoints import TINY
from support.command import attn
from support.figures import printed, texts

from attncli import head_contributions
from attncli.views.figure.contributions import contributions_content
from attncli.views.screen import Screen
from attncli.views.terminal.contributions import sum_of


def test_a_head_is_a_point_at_its_layer_and_share():
    found = head_contributions("the dog is", TINY / "gpt2")
    content = contributions_content(found, "heat", "auto")
    heads, fed = content.draw("heat").axes[0].collections
    assert heads.get_offsets().tolist() == [[each.layer, each.contribution] for each in found.heads]
    added = [each for each in found.parts if each.part == "feed_forward"]
    assert fed.get_offsets().tolist() == [[each.layer, each.contribution] for each in added]


def test_the_text_says_the_answer_and_the_sum():
    found = head_contributions("the dog is", TINY / "gpt2")
    shown = texts(printed(contributions_content(found, "heat", "auto")))
    assert {"the dog is", "layer", "share of the answer's logit", "head", "feed-forward"} <= {*shown}
    assert sum_of(found) in shown
    assert any(f'answer "{Screen().word(found.answer)}" at is (3)' in text for text in shown)


def test_heads_of_parts_have_signs_of_their_own():
    found = head_contributions("the dog is", TINY / "t5", target="a dog")
    assert {"decoder", "cross", "feed-forward"} <= {*texts(printed(contributions_content(found, "heat", "auto")))}


@pytest.mark.parametrize("form", ["svg", "png"])
def test_it_is_saved_by_the_ending(form, tmp_path):
    path = tmp_path / f"shares.{form}"
    done = attn("heads", "the dog is", "--model", str(TINY / "gpt2"), "--by", "contribution", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert path.stat().st_size > 1000
