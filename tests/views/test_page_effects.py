"""The page of heads by their effect: a map of them, in which a switch outlines those that matter."""

import json
import re

import pytest
from oracles.checkpoints import TINY
from support.chromium import needs_chromium
from support.command import attn
from support.places import TESTS

from attncli.models.model import open_model
from attncli.recipes.head_effects import head_effects_with
from attncli.settings.model import check_model_settings
from attncli.views.page import effects_page

TRANSLATOR = TESTS / "oracles" / "translator"


def effects_of(text, folder, **settings):
    return head_effects_with(text, open_model(folder), check_model_settings(**settings), explained=True)


def data_of(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("text", "folder", "settings", "part"),
    [
        ("the dog is", TINY / "gpt2", {"ablate": "mean"}, None),
        ("the dog is", TINY / "roberta", {"layer": 1}, None),
        ("She has seen the elephant", TRANSLATOR, {"target": "Sie hat"}, "cross"),
        ("She has seen the elephant", TRANSLATOR, {"target": "Sie hat", "part": "decoder"}, "decoder"),
    ],
)
def test_the_page_has_the_effects_of_its_heads(text, folder, settings, part):
    effects = effects_of(text, folder, **settings)
    record = data_of(effects_page(effects))
    (source,) = record["sources"]
    found = {(each.layer, each.head): each for each in effects.heads if each.part == part}
    most = max(abs(each.effect) for each in effects.heads)
    for row, layer in enumerate(source["layers"]):
        for column, head in enumerate(source["heads"]):
            each = found[layer, head]
            assert record["effects"]["effects"][row][column] == round(each.effect, 6)
            assert record["effects"]["weights"][row][column] == round(each.weight, 6)
            assert record["effects"]["matter"][row][column] == (abs(each.effect) > most / 4)
    assert f"{effects.rank_correlation:+.3f}" in record["effects"]["hint"]


def test_the_command_writes_it(tmp_path):
    path = tmp_path / "effects.html"
    done = attn("heads", "the dog is", "--model", str(TINY / "gpt2"), "--by", "effect", "-o", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert data_of(path.read_text())["effects"]["effects"]


@needs_chromium
def test_a_switch_outlines_the_heads_that_matter(show):
    effects = effects_of("the dog is", TINY / "gpt2")
    browser = show(effects)
    most = max(abs(each.effect) for each in effects.heads)
    by_place = sorted(effects.heads, key=lambda each: (each.layer, each.head))
    shown = [f"{each.effect:+.2f}".replace("-", "−").replace("−0.00", "+0.00") for each in by_place]
    assert browser.texts("#map button") == shown
    assert len(browser.all("#map .matters")) == sum(abs(each.effect) > most / 4 for each in effects.heads)
    browser.all("#outline")[0].click()
    assert browser.all("#map .matters") == []


@needs_chromium
def test_a_head_of_the_map_is_shown(show):
    browser = show(effects_of("the dog is", TINY / "gpt2"))
    browser.all("#map button")[6].click()
    assert browser.text("#map [aria-current]") == browser.texts("#map button")[6]
    assert [browser.all(f"#{each}")[0].get_attribute("value") for each in ("layer", "head")] == ["1", "2"]


@needs_chromium
def test_other_pages_have_no_such_map(show, vectors):
    from attncli import explain

    browser = show(explain("a dog barks", vectors))
    assert not browser.all("#effects")[0].is_displayed()
