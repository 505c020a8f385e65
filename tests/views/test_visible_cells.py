"""The share of the cells of a picture that differ at a glance from those of weight 0, on real attention.

Two public texts: Lincoln at Gettysburg, 1863, and the first lines of Melville's Moby-Dick, 1851.
"""

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from support.colour import apart

from attncli import explain, explain_model
from attncli.views.palette import CIVIDIS, CIVIDIS_256, interpolate, rgb_of_256
from attncli.views.scale import color_scale

TEXT = """Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in
Liberty, and dedicated to the proposition that all men are created equal. Now we are engaged in a great
civil war, testing whether that nation, or any nation so conceived and so dedicated, can long endure. We are
met on a great battle-field of that war. We have come to dedicate a portion of that field, as a final
resting place for those who here gave their lives that that nation might live. It is altogether fitting and
proper that we should do this. But, in a larger sense, we can not dedicate, we can not consecrate, we can
not hallow this ground. The brave men, living and dead, who struggled here, have consecrated it, far above
our poor power to add or detract. The world will little note, nor long remember what we say here, but it can
never forget what they did here. It is for us the living, rather, to be dedicated here to the unfinished
work which they who fought here have thus far so nobly advanced. It is rather for us to be here dedicated to
the great task remaining before us, that from these honored dead we take increased devotion to that cause
for which they gave the last full measure of devotion, that we here highly resolve that these dead shall not
have died in vain, that this nation, under God, shall have a new birth of freedom, and that government of
the people, by the people, for the people, shall not perish from the earth. Call me Ishmael. Some years ago,
never mind how long precisely, having little or no money in my purse, and nothing particular to interest me
on shore, I thought I would sail about a little and see the watery part of the world."""
PAPERS = {
    "truecolor": lambda shares: [interpolate(CIVIDIS, share) for share in shares],
    "256": lambda shares: [rgb_of_256(CIVIDIS_256[round(share * 8)]) for share in shares],
}


def visible(weights, scale="auto", papers=PAPERS["truecolor"]):
    """The share of the cells whose colour is more than ΔE 10 from that of a weight of 0."""
    shares = color_scale(scale, [weights]).shares(weights)
    levels, which = np.unique(np.round(shares, 2), return_inverse=True)
    return np.mean((apart(papers(levels.tolist()), papers([0.0])) > 10)[which])


def words(n):
    return " ".join(TEXT.split()[:n])


@pytest.mark.parametrize("colours", PAPERS)
@pytest.mark.parametrize("n", [60, 300])
def test_most_of_self_attention_can_be_seen(n, colours):
    weights = explain(words(n)).weights[0, 0]
    assert visible(weights, papers=PAPERS[colours]) >= 0.85
    assert visible(weights, "fixed", PAPERS[colours]) < 0.1  # the scale makes the difference


@needs_minilm
@pytest.mark.parametrize("colours", PAPERS)
@pytest.mark.parametrize("n", [60, 300])
def test_most_of_a_head_of_a_model_can_be_seen(n, colours):
    weights = explain_model(words(n), MINILM, layer=0, head=0).weights[0, 0]
    assert visible(weights, papers=PAPERS[colours]) >= 0.6
    assert visible(weights, "fixed", PAPERS[colours]) < 0.1
