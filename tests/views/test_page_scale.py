"""The scales of the page in a browser: the same ends and shares as in Python, on the numbers that the page holds."""

import numpy as np
import pytest
from support.chromium import needs_chromium
from test_visible_cells import words

from attncli import compare, explain
from attncli.settings.explanation import SCALES
from attncli.views.scale import color_scale, signed_scale

pytestmark = needs_chromium
ALIKE = ("name", "bottom", "beyond", "signed", "said")
SENTENCE = "Bark is very cute and he is a dog"


def shown(browser):
    """The numbers [n, m] of the page, NaN where hidden, their scale, and their shares."""
    numbers, scale, shares, m = browser.run("""
        const n = Array.from(view.weights, (each) => Number.isNaN(each) ? null : each);
        const shares = Array.from(view.weights, (each, i) => shareOf(Math.floor(i / view.keys.length), each));
        return [n, view.scale, shares, view.keys.length];""")
    given = np.array([np.nan if each is None else each for each in numbers], float)
    return given.reshape(-1, m), scale, np.reshape(shares, (-1, m))


@pytest.mark.parametrize(
    ("sentence", "options"),
    [
        (SENTENCE, {}),
        (SENTENCE, {"mask": ("causal",)}),
        (SENTENCE, {"exclude_self": True}),
        (SENTENCE, {"memory": "Bark barks"}),
        ("dog", {}),
        (words(60), {}),
    ],
    ids=["short", "causal", "without itself", "two sentences", "one word", "long"],
)
def test_the_page_has_the_scales_of_python(show, vectors, sentence, options):
    browser = show(explain(sentence, vectors, **options))
    assert browser.run("return state.scale") == "auto"
    for name in SCALES:
        browser.choose("scale", name)
        numbers, scale, shares = shown(browser)
        expected = color_scale(name, [numbers], crossed="memory" in options)
        np.testing.assert_allclose(shares, expected.shares(numbers), atol=1e-12)
        assert scale["top"] == pytest.approx(expected.top)
        assert [scale[key] for key in ALIKE] == [getattr(expected, key) for key in ALIKE]
        said = f"{browser.text('#least')} to {browser.text('#most')}"
        assert said.replace(" ,", ",") == expected.legend.removeprefix("colours from ")


@pytest.mark.parametrize("name", SCALES)
def test_differences_have_the_signed_scales_of_python(show, vectors, name):
    browser = show(compare(SENTENCE, vectors, against=("cosine",)))
    browser.choose("source", "1")
    browser.choose("show", "difference")
    browser.choose("scale", name)
    numbers, scale, shares = shown(browser)
    expected = signed_scale(name, [numbers])
    np.testing.assert_allclose(shares, expected.shares(numbers), atol=1e-12)
    assert (scale["top"], scale["said"]) == (pytest.approx(expected.top), expected.said)
    if name == "auto":
        row, column = expected.cell[1:]
        queries = browser.run("return view.queries")
        assert browser.text("#most").endswith(f"the largest: {queries[row]} → {queries[column]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_differences_have_the_colour_of_the_paper(show, vectors, scheme):
    browser = show(compare(SENTENCE, vectors, against=("cosine",)), scheme=scheme)
    browser.choose("source", "1")
    browser.choose("show", "difference")
    middle = browser.run("return coloursNow().papers[127]")
    assert min(middle) > 250 if scheme == "light" else max(middle) < 60
