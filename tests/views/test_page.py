"""The page as a file: what is in it decodes to the numbers it was made of, and nothing in it can act."""

import base64
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.sentences import LONGEST
from support.command import attn
from support.places import TESTS
from test_views_pages import HOSTILE, explained

from attncli import compare, explain
from attncli.analysis.kinds import KINDS, name_of
from attncli.errors import AttnError
from attncli.recipes.explanation import Explanation, Layer
from attncli.recipes.model_explaining import explain_model
from attncli.views.page import comparison_page, explanation_page
from attncli.views.page.data import page_data
from attncli.views.page.frame import PARTS, digest, json_block
from attncli.views.page.kinds import KIND_SENTENCES
from attncli.views.page.packing import FULL, SMALL, about, packed_scores, packing_of
from attncli.views.palette import contrast

SENTENCE = "Bark is very cute and he is a dog"
CASES = [{}, {"mode": "multihead", "layers": 2}, {"mask": ["causal", "window:2"]}, {"memory": "the cat sat"}]
TOKENS = [
    *("<script>alert(1)</script>", '"onmouseover="alert(1)', "</title><img/src=x/onerror=alert(1)>", "</script>"),
    *("<!--", "{{x}}", "$policy", "__proto__", "\u202eevil", "\x1b[31m", "&lt;"),
]


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of each element of the head, script and style."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.blocks, self.text, self._inside = [], [], "", None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._inside = tag
        if tag in ("script", "style"):
            self.blocks.append((tag, dict(attributes), ""))

    def handle_endtag(self, tag):
        self._inside = None

    def handle_data(self, text):
        if self._inside in ("script", "style"):
            tag, attributes, before = self.blocks[-1]
            self.blocks[-1] = (tag, attributes, before + text)
        else:
            self.text += text

    @property
    def data(self):
        return next(json.loads(text) for _, attributes, text in self.blocks if attributes.get("id") == "data")


def decoded(text, kind="<u2"):
    return np.frombuffer(base64.b64decode(text), kind)


def weights_of(source, packing, shape):
    """Weights `[n_layer, n_head, n_query, n_key]` anew from a source, NaN where hidden."""
    codes = np.stack([[decoded(head, packing.dtype) for head in layer] for layer in source["weights"]])
    shares = np.where(codes > packing.levels, np.nan, codes / packing.levels)
    return (shares * np.array(source["units"])[..., None]).reshape(shape)


@pytest.mark.parametrize("packing", [FULL, SMALL])
@pytest.mark.parametrize("settings", CASES)
def test_weights_come_back_within_the_error_that_the_page_states(vectors, settings, packing, monkeypatch):
    monkeypatch.setattr("attncli.views.page.packing.MOST_FULL_BYTES", 1e9 if packing is FULL else 0)
    explanation = explain(SENTENCE, vectors, **settings)
    (source,) = page_data({"": explanation})["sources"]
    back = weights_of(source, packing, explanation.weights.shape)
    stated = float(re.search(r"at most (0\.\d+)", about([explanation], packing))[1])
    np.testing.assert_array_equal(np.isnan(back), np.isneginf(explanation.scores))
    assert np.abs(np.nan_to_num(back) - explanation.weights).max() <= stated
    assert stated <= {FULL: 7.7e-6, SMALL: 0.002}[packing]


@pytest.mark.parametrize("settings", [*CASES, {"method": "dot"}])
def test_scores_come_back_within_a_step_of_their_rows_range(vectors, settings):
    explanation = explain(SENTENCE, vectors, **settings)
    (source,) = page_data({"": explanation})["sources"]
    codes, ranges = (decoded(source[name][0][0], kind) for name, kind in (("scores", "<u2"), ("ranges", "<f8")))
    scores, (low, high) = explanation.scores[0, 0], ranges.reshape(-1, 2).T[..., None]  # [n_query, n_key], [n_query, 1]
    codes = codes.reshape(scores.shape)
    back = np.where(codes > 65534, -np.inf, low + (high - low) * codes / 65534)
    np.testing.assert_allclose(back, scores, rtol=0, atol=float((high - low).max()) / 65534)


def test_scores_at_the_end_of_the_numbers_stay_finite():
    _, ranges = packed_scores(np.array([[1e308, -1e308, -np.inf], [2.0, 2.0, 2.0], [-np.inf] * 3]))
    np.testing.assert_array_equal(decoded(ranges, "<f8").reshape(3, 2), [[-1e308, 1e308], [2, 2], [0, 0]])


def test_the_script_and_the_style_are_the_only_ones_that_may_act(vectors):
    page = Page(explanation_page(explain(SENTENCE, vectors)))
    policy = next(each["content"] for tag, each in page.elements if each.get("http-equiv"))
    digests = {tag: digest(text) for tag, attributes, text in page.blocks if "type" not in attributes}
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        assert f"{name} '{digests[tag]}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert sum(tag == "script" for tag, _ in page.elements) == 2
    assert not [each for _, each in page.elements if "style" in each or any(name.startswith("on") for name in each)]


def test_nothing_is_named_that_lies_elsewhere(vectors):
    html = explanation_page(explain(SENTENCE, vectors))
    assert set(re.findall(r"\w+://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}
    assert not [each for _, each in Page(html).elements if {"src", "href", "action", "srcset"} & set(each)]


def test_words_of_strangers_are_text():
    html = explanation_page(explained(" ".join(TOKENS), unknown=("</script>",)))
    plain = " ".join(f"w{i}" for i in range(len(TOKENS)))
    page, same = Page(html), Page(explanation_page(explained(plain, unknown=("w3",))))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in same.elements]
    shown = [name.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b") for name in TOKENS if name != "</script>"]
    assert page.data["sources"][0]["queries"] == shown
    assert all(name in page.text for name in shown)
    assert not set("\x1b\u202e\x07\x9b\udcff") & set(explanation_page(explained(HOSTILE)))


def test_the_data_hold_nothing_that_ends_their_block():
    record = {"</script>": ["<!--", "&amp;", "\u2028\u2029", "注意"]}
    block = json_block(record)
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == record


@pytest.mark.parametrize("settings", CASES)
def test_without_script_the_first_matrix_is_there_as_a_table(vectors, settings):
    explanation = explain(SENTENCE, vectors, **settings)
    html = explanation_page(explanation)
    cells = re.findall(r"<td>(.+?)</td>", html)
    first = explanation.layers[0]
    shown = np.where(first.scores[0] == -np.inf, "hidden", np.char.mod("%.3f", first.weights[0]))
    assert cells == shown.ravel().tolist()
    heads = [each["scope"] for tag, each in Page(html).elements if tag == "th"]
    assert (heads.count("row"), heads.count("col")) == first.weights.shape[1:]


BERT = str(TESTS / "oracles" / "tiny" / "bert")


@pytest.mark.parametrize(
    ("arguments", "switch", "names"),
    [
        (["explain", SENTENCE], "Method", ["scaled"]),
        (["explain", SENTENCE, "--model", BERT, "--layer", "0"], "Model", ["scaled"]),
        (["compare", SENTENCE, "--against", "dot"], "Method", ["scaled", "dot"]),
        (["compare", SENTENCE, "--model", BERT, "--swap", "he=she"], "Sentence", ["he", "she"]),
        (["compare", SENTENCE, "--model", BERT, "--against-model", BERT], "Model", ["bert", "bert (the other)"]),
    ],
)
def test_every_command_that_explains_writes_a_page(tmp_path, arguments, switch, names):
    done = attn(*arguments, "-o", tmp_path / "page.html")
    assert (done.returncode, done.stdout) == (0, "")
    record = Page((tmp_path / "page.html").read_text(encoding="utf-8")).data
    assert (record["switch"], [each["name"] for each in record["sources"]]) == (switch, names)
    assert attn(*arguments, "--format", "html").stdout == (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_page_of_methods_has_a_source_for_each(vectors):
    comparison = compare(SENTENCE, vectors, against=["dot", "cosine"])
    record = Page(comparison_page(comparison)).data
    assert record["switch"] == "Method"
    assert [each["name"] for each in record["sources"]] == ["scaled", "dot", "cosine"]


@pytest.mark.parametrize(("n", "per_weight"), [(120, 2 * 2 * 4 / 3), (200, 2 * 2 * 4 / 3)])
def test_the_file_grows_by_the_bytes_that_the_page_states(vectors, n, per_weight):
    sizes = [len(explanation_page(explain("dog " * m, vectors)).encode()) for m in (n, 2 * n)]
    assert "2 bytes a weight" in about([explain("dog", vectors)], FULL)
    grown = (sizes[1] - sizes[0]) / (3 * n * n)
    assert per_weight <= grown < per_weight + 150 / n  # besides the weights, each word takes some


@pytest.mark.parametrize("path", sorted(PARTS.glob("*.[hcj]*")), ids=lambda path: path.name)
def test_its_parts_stay_readable_in_one_sitting(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 220
    assert max(map(len, lines)) <= 130


def schemes():
    """The colours by their names in the light and the dark scheme of the style."""
    blocks = re.findall(r":root \{(.+?)\}", (PARTS / "page.css").read_text(), re.DOTALL)
    light, dark, paper = (dict(re.findall(r"--([\w]+): #([0-9a-f]{3,6})", block)) for block in blocks)
    return {"light": light, "dark": light | dark, "print": light | paper}


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_can_be_read_and_lines_be_seen_in_every_scheme(scheme):
    colours = {name: rgb(text) for name, text in schemes()[scheme].items()}
    for paper in ("paper", "card", "bar"):
        assert all(contrast(colours[ink], colours[paper]) >= 4.5 for ink in ("ink", "dim"))
    hues = [colours[f"hue{i}"] for i in range(6)]
    assert all(contrast(hue, colours["card"]) >= 4.5 for hue in hues)  # names and numbers on badges


def rgb(text):
    text = text if len(text) == 6 else "".join(2 * digit for digit in text)
    return tuple(bytes.fromhex(text))


def sized(layers, heads, n):
    """An explanation of so many heads over n tokens, whose matrices take no memory."""
    weights, nothing = np.broadcast_to(np.float32(0), (heads, n, n)), np.empty((heads, n, 0))
    layer = Layer(0, tuple(range(heads)), nothing[0], weights[0] == 0, *(nothing,) * 4, scores=weights, weights=weights)
    return Explanation(None, None, (layer,) * layers)


@pytest.mark.parametrize(
    ("layers", "heads", "n", "packing"),
    [(1, 1, 512, FULL), (6, 12, 250, FULL), (6, 12, 512, SMALL), (12, 12, 512, SMALL)],
)
def test_what_would_be_large_is_packed_smaller(layers, heads, n, packing):
    assert packing_of([sized(layers, heads, n)]) is packing


def test_what_stays_too_large_is_refused():
    with pytest.raises(AttnError, match="the page of these heads would take some 96 MB, the limit is 64") as refused:
        packing_of([sized(24, 12, 512)])
    assert refused.value.hint.startswith("choose some: layer='L' head='H'")


@needs_minilm
def test_the_longest_input_of_a_model_takes_a_byte_a_weight():
    from attncli.recipes.model_explaining import explain_model

    explanation = explain_model(LONGEST, MINILM)
    html = explanation_page(explanation)
    assert explanation.weights.size * 4 / 3 < len(html) < explanation.weights.size * 4 / 3 + 200_000
    assert "1 byte a weight" in html
    assert Page(html).data["sources"][0]["scores"] is None


PROFILES = [*np.eye(5), *-np.eye(5)]  # all on one of the measures of `head_names`, or nothing


def test_every_kind_and_name_of_a_head_is_explained():
    assert set(KINDS) | {name_of(profile) for profile in PROFILES} == set(KIND_SENTENCES)


def test_rows_not_worked_out_are_no_zeros_in_the_table():
    long = " ".join(["the dog ran"] * 12)
    page = explanation_page(explain_model(long, TINY / "bert", combine="flow", word="2"))
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("not worked out") == 37 * 38
