"""Query and key of a pinned pair on the page, a dimension each: their products add up to the similarity."""

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.sentences import words
from support.chromium import needs_chromium
from test_views_pages import explained

from attncli import explain
from attncli.recipes.model_explaining import explain_model
from attncli.views.page.data import page_data

SENTENCE = "Bark is very cute and he is a dog"
THREE = """const [query, key] = arguments;
pinRow(query);
point({ query, key });
return threeOf(query, key);"""


def source_of(explanation):
    return page_data({"": explanation})["sources"][0]


@pytest.mark.parametrize(
    ("settings", "there"),
    [({}, True), ({"method": "dot"}, True), ({"mode": "multihead"}, True)]
    + [({"method": method, "mode": "qkv"}, False) for method in ("cosine", "additive", "kernel", "general")],
)
def test_they_are_there_where_a_score_is_made_of_products(vectors, settings, there):
    assert (source_of(explain(SENTENCE, vectors, **settings))["dimensions"] is not None) == there


def test_many_tokens_have_none():
    assert source_of(explained(words(64)))["dimensions"] is not None
    assert source_of(explained(words(65)))["dimensions"] is None


@needs_chromium
@pytest.mark.parametrize("model", ["bert", "llama", "gpt2"])
def test_of_a_model_the_products_add_up_to_the_score(show, model):
    explanation = explain_model(SENTENCE, TINY / model)
    layer = explanation.layers[1]
    browser = show(explanation)
    browser.choose("layer", 1)
    browser.choose("head", 1)
    q, k, products = (np.array(row) for row in browser.run(THREE, 5, 2))
    np.testing.assert_allclose(products, q * k)
    shared = len(layer.queries) // len(layer.keys)
    np.testing.assert_allclose(q, layer.queries[1, 5], atol=np.abs(layer.queries[1]).max() / 30_000)
    np.testing.assert_allclose(k, layer.keys[1 // shared, 2], atol=np.abs(layer.keys).max() / 30_000)
    assert products.sum() / np.sqrt(len(q)) == pytest.approx(layer.scores[1, 5, 2], abs=2e-3)


@needs_chromium
def test_the_sum_and_the_largest_parts_are_said(show, vectors):
    explanation = explain(SENTENCE, vectors, method="dot")
    browser = show(explanation)
    assert browser.text("#dimensions-said") == "Pin a word to see them."
    _, _, products = browser.run(THREE, 5, 8)
    browser.settle()
    said = browser.text("#dimensions-said")
    assert said.startswith(f"“he” · “dog” = {explanation.scores[0, 0, 5, 8]:.2f}; most in dimensions ")
    assert f" {int(np.argmax(np.abs(products)))}: " in said
    browser.run("point(null)")
    browser.settle()
    assert browser.text("#dimensions-said") == said  # the pair that was pointed at last
