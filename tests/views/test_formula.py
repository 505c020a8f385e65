"""Every score beside its formula: the terms that are printed come to it, within their own rounding, wherever it stands.

The screens are parsed; what stands in a row is put into the formula of the head as it is written above the row.
"""

import json
import re
from itertools import cycle

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from support.chromium import needs_chromium

import attncli.recipes.explaining as explaining
from attncli import compare, explain
from attncli.attention.attend import attend
from attncli.attention.score_terms import Scoring
from attncli.attention.similarity import method_of
from attncli.explore.panels import steps_lines
from attncli.explore.state import Ask, State
from attncli.explore.view import View
from attncli.recipes.model_explaining import explain_model
from attncli.settings.explanation import METHODS
from attncli.tour import lookup, projecting
from attncli.tour.tour import tour_of
from attncli.views.formula import formula_of
from attncli.views.records.json import explanation_json
from attncli.views.records.rows import explanation_rows
from attncli.views.screen import Screen
from attncli.views.terminal.close_up import close_up_lines
from attncli.views.terminal.heading import names

BARK = "Bark is very cute and he is a dog"
FILE = "data/attn-en-heads/heads-3.npz"
KINDS = [
    {"mode": "self"},
    {"mode": "self", "projections": "random"},
    {"mode": "qkv"},
    {"mode": "multihead"},
    {"mode": "multihead", "heads": 8},
    {"mode": "multihead", "projections": "random"},
    {"mode": "multihead", "heads": 2, "projections": "identity"},
    {"mode": "multihead", "projections": FILE},
]
BESIDES = [
    {},
    {"temperature": 0.05},
    {"temperature": 3, "mask": ["causal"]},
    {"layers": 2, "mask": ["window:2"]},
    {"memory": "the cat sat on a mat"},
    {"positions": "sinusoidal", "exclude_self": False},
    {"temperature": 1e-3, "exclude_self": True},
]
METHODS_OF_FILE = ("dot", "scaled", "cosine")
CASES = [
    {**kind, **besides, "method": method}
    for (kind, method), besides in zip(
        ((kind, method) for kind in KINDS for method in METHODS), cycle(BESIDES), strict=False
    )
    if kind.get("projections") != FILE or method in METHODS_OF_FILE
]
NUMBER = r"-?\d+\.\d+(?:e[+-]\d+)?"
WORKED = re.compile(
    rf"\(?(?P<similarity>{NUMBER})(?: / (?P<divisor>\(\d+·√\d+\)|√\d+|{NUMBER}|\d+))?"
    rf"(?: (?P<position>[+-] {NUMBER}))?\)?(?: / (?P<temperature>\S+))? = (?P<score>{NUMBER})"
)


def value_of(text):
    """A divisor as written, `√64` or `(2·√64)` or a number, or a temperature; 1 where there is none."""
    times, root, number = re.fullmatch(r"\(?(?:(\d+)·)?(√?)(\S+?)\)?", text or "1").groups()
    return int(times or 1) * (float(number) ** 0.5 if root else float(number))


def half(text):
    """How far a number may be from what it was rounded from."""
    digits, _, power = text.partition("e")
    return 0.5 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def adds_up(row, divisor, temperature):
    """Whether score = (similarity / divisor + position) / temperature within the rounding of what is printed."""
    d, t, position = value_of(divisor), value_of(temperature), row.get("position") or "0"
    computed = (float(row["similarity"]) / d + float(position)) / t
    rounding = (half(row["similarity"]) / abs(d) + half(position) * (position != "0")) / t + half(row["score"])
    return abs(computed - float(row["score"])) <= rounding + 2e-6 * abs(computed)


def similarities(method, layer, query):
    """The similarity of a query with all keys, written out, `[n_head, n_key]`."""
    q, k = layer.queries[:, query, None].astype(float), layer.keys.astype(float)  # [n_head, 1, d], [n_head, n_key, d]
    given = layer.scoring.parameters
    if method == "kernel":
        return -((q - k) ** 2).sum(-1)
    if method == "general":
        return np.einsum("hid,hde,hje->hj", q, given["general_w"], k)
    if method == "additive":
        inner = np.tanh(q @ given["additive_w_q"] + k @ given["additive_w_k"])
        return np.einsum("hja,ha->hj", inner, given["additive_u"])
    products = (q * k).sum(-1)
    lengths = np.linalg.norm(q, axis=-1) * np.linalg.norm(k, axis=-1)
    return products / np.where(lengths == 0, 1, lengths) if method == "cosine" else products


def rows_of(lines):
    """The rows of each head's table as records, by the columns of its header; the bars stand under no name."""
    tables, header = [], []
    for line in lines:
        first, *rest = line.split() or [""]
        if first == "key":
            header = rest[:-1]
            tables.append([])
        elif header and first.isdigit():
            tables[-1].append({"key": int(first), **dict(zip(header, rest[1:], strict=False))})
        else:
            header = []
    return tables


def check_worked(formula):
    """The formula with its numbers, as a row of its own."""
    if formula:
        row = {**formula.groupdict(), "position": (formula["position"] or "").replace(" ", "")}
        assert adds_up(row, formula["divisor"], formula["temperature"])


def check_row(row, formula, true, score):
    """The similarity is the true one, and the row adds up to the score that stands in it, which is the true one."""
    assert abs(float(row["similarity"]) - true) <= 1.01 * half(row["similarity"]) + 1e-6
    assert abs(float(row["score"]) - score) <= 1.01 * half(row["score"])
    assert adds_up(row, formula and formula["divisor"], formula and formula["temperature"])


def check(lines, explanation, query, method):
    """Every row of a close-up, with the formula of its head."""
    layer, text = explanation.layers[-1], " ".join(" ".join(lines).split())
    true, tables = similarities(method, layer, query), rows_of(lines)
    worked = re.findall(r"the highest is \S+ with \S+: (.+?) 2 softmax", text)
    assert len(tables) == len(worked) == len(layer.queries)
    for head, table in enumerate(tables):
        scores, formula = layer.scores[head, query], WORKED.fullmatch(worked[head])
        check_worked(formula)
        seen = [row for row in table if row["score"] != "·"]
        assert len(seen) == (scores > -np.inf).sum()
        for row in seen:
            row["similarity"] = row.get(method_of(method).short, row["score"])
            check_row(row, formula, true[head, row["key"]], scores[row["key"]])


def named(case):
    return " ".join(f"{name}={value}" for name, value in case.items())


@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_row_of_the_close_up_adds_up(vectors, case):
    explanation = explain(BARK, vectors, **case)
    lines = [line.plain for line in close_up_lines(explanation, explanation.steps(5), Screen(200))]
    check(lines, explanation, 5, case["method"])


@pytest.mark.parametrize(
    ("sentence", "mode", "query", "key", "products"),
    [(BARK, "multihead", 0, 8, {0: 2.728, 2: -2.329}), ("I love my cat", "qkv", 3, 2, {0: -3.039})],
)
def test_the_scores_that_were_beside_a_wrong_formula(vectors, sentence, mode, query, key, products):
    explanation = explain(sentence, vectors, mode=mode)
    terms = explanation.steps(query).terms
    for head, product in products.items():
        assert terms.similarity[head, 0, key] / 8 == pytest.approx(product, abs=5e-4)
        assert terms.scores[head, 0, key] == pytest.approx(explanation.scores[0, head, query, key])
        assert "temperature" in formula_of(terms, head).text


@pytest.mark.parametrize("case", CASES[::5], ids=named)
def test_the_sentences_for_screen_readers_add_up(vectors, case):
    explanation = explain(BARK, vectors, **case)
    lines = close_up_lines(explanation, explanation.steps(5), Screen(10_000, accessible=True))
    formula, head, true = None, -1, similarities(case["method"], explanation.layers[-1], 5)
    places = {name: i for i, name in enumerate(names(explanation.key_sentence, Screen(accessible=True)))}
    for line in (line.plain for line in lines):
        if line.startswith("A score is "):
            head, words = head + 1, re.sub(r"(\d+ times )?the square root of ", "√", line.rstrip("."))
            found = [re.search(rf"divided by {which}([\d.√]+)", words) for which in ("", "the temperature ")]
            formula = dict(zip(("divisor", "temperature"), (each and each[1] for each in found), strict=True))
        elif found := re.match(
            rf"(.+?): (?:{method_of(case['method']).spoken} (\S+), )?(?:position (\S+), )?score (\S+),", line
        ):
            word, similarity, position, score = found.groups()
            row = {"similarity": similarity or score, "score": score} | ({"position": position} if position else {})
            key = places[word]
            check_row(row, formula, true[head, key], explanation.layers[-1].scores[head, 5, key])
    assert head == len(true) - 1


@pytest.mark.parametrize("case", [case for case in CASES if "temperature" in case][::4], ids=named)
def test_the_explorers_pane_adds_up(vectors, case):
    explanation = explain(BARK, vectors, **case)
    for head in range(explanation.weights.shape[1]):
        view = View(State(Ask(BARK), query=5, head=head), explanation, Screen(200))
        check([line.plain for line in steps_lines(view, 200, 99)], view.selection, 5, case["method"])


@pytest.mark.parametrize(
    "name", ["gpt2", "llama", "mistral", "qwen3", "bert", "distilbert", "mpnet", "deberta", "deberta-v2"]
)
def test_a_models_close_up_adds_up(name):
    explanation = explain_model(BARK, TINY / name, layer=[1], word="1")
    lines = [line.plain for line in close_up_lines(explanation, explanation.steps(3), Screen(200))]
    check(lines, explanation, 3, "scaled")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "q·k / √d_k"),
        ({"scale_attn_by_inverse_layer_idx": True}, "q·k / (2·√d_k)"),
        ({"scale_attn_weights": False}, "q·k"),
    ],
)
def test_the_scales_of_gpt2_stand_in_the_formula(tmp_path, changes, text):
    folder = with_config(copy_of("gpt2", tmp_path / "model"), **changes)
    explanation = explain_model(BARK, folder, layer=[1], word="3")
    assert formula_of(explanation.layers[0].terms([3]), 0).text == text
    lines = [line.plain for line in close_up_lines(explanation, explanation.steps(3), Screen(200))]
    check(lines, explanation, 3, "scaled")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "q·k / √(3·d_k) + position"),
        ({"pos_att_type": "c2p"}, "q·k / √(2·d_k) + position"),
        ({"pos_att_type": None}, "q·k / √d_k"),
    ],
)
def test_the_divisor_of_deberta_counts_its_terms(tmp_path, changes, text):
    folder = with_config(copy_of("deberta-v2", tmp_path / "model"), **changes)
    explanation = explain_model(BARK, folder, layer=[1], word="3")
    assert formula_of(explanation.layers[0].terms([3]), 0).text == text
    lines = [line.plain for line in close_up_lines(explanation, explanation.steps(3), Screen(200))]
    check(lines, explanation, 3, "scaled")


@pytest.mark.parametrize(
    ("scale", "text"), [(None, "q·k / √d_k"), (1.0, "q·k"), (0.25, "q·k / 4"), (1 / 40, "q·k / 40")]
)
@pytest.mark.parametrize("softcap", [None, 2.0])
def test_any_scale_and_cap_of_attend_has_its_formula(scale, text, softcap):
    q, k = np.random.default_rng(0).standard_normal((2, 2, 3, 5))
    scoring = Scoring(scale=scale, softcap=softcap, temperature=np.array([1.0, 0.5]))
    terms = scoring.terms(q, k, range(3))
    np.testing.assert_allclose(terms.scores, attend(q, k, k, **scoring.arguments).scores, rtol=1e-12)
    assert formula_of(terms, 0).text == (f"2·tanh({text} / 2)" if softcap else text)
    assert formula_of(terms, 1).text == formula_of(terms, 0).text + " / temperature"


@pytest.mark.parametrize("case", [{"mode": "multihead"}, {"method": "kernel", "mask": ["causal"]}], ids=named)
def test_the_close_up_of_a_long_text_is_the_same(vectors, case, monkeypatch):
    short = explain(BARK, vectors, **case)
    monkeypatch.setattr(explaining, "MAX_BYTES", 0)
    found = explain(BARK, vectors, **case).close_up(5).terms
    np.testing.assert_allclose(found.scores, short.close_up(5).terms.scores)


@pytest.mark.parametrize("case", CASES[2::7], ids=named)
def test_the_terms_of_the_json_come_to_its_scores(vectors, case):
    record = json.loads(explanation_json(explain(BARK, vectors, **case), full=True, precision=12))
    for terms, scores in zip(record["terms"], record["scores"], strict=True):
        position = 0 if terms["position"] is None else np.array(terms["position"])
        divisor, temperature = (np.array(terms[name])[:, None, None] for name in ("divisor", "temperature"))
        computed = (np.array(terms["similarity"]) / divisor + position) / temperature
        given = np.array(scores, dtype=float)
        np.testing.assert_allclose(np.where(np.isnan(given), np.nan, computed), given, rtol=1e-6, atol=1e-9)


PAGES = [
    {"mode": "multihead"},
    {"mode": "multihead", "heads": 8, "layers": 2, "temperature": 2},
    {"mode": "qkv", "method": "kernel", "mask": ["causal"]},
    {"mode": "multihead", "memory": "the cat sat on a mat", "method": "additive"},
    {"method": "cosine", "temperature": 0.05, "positions": "sinusoidal"},
    {},
]


def check_page(browser, explanation, query, method):
    """The rows of the page's table for a pinned word, in the layer and head that are shown."""
    layer, head = (int(browser.run("return state[arguments[0]]", name)) for name in ("layer", "head"))
    block = explanation.layers[layer]
    true, scores = similarities(method, block, query)[head], block.scores[head, query]
    said = re.sub("−", "-", browser.texts("#three li")[0])
    formula = WORKED.search(said.partition(" with ")[2])
    check_worked(formula)
    header = browser.texts("#row thead tr:last-child th")
    rows = browser.run(
        "return [...document.querySelectorAll('#row tbody tr')].map((r) => [...r.children].map((c) => c.textContent))"
    )
    places = {name: i for i, name in enumerate(names(explanation.key_sentence, Screen()))}
    assert len(rows) == len(scores)
    for cells in rows:
        row, key = dict(zip(header, cells, strict=True)), places[cells[0]]
        if row["score"] != "hidden":
            row["similarity"] = row.get(method_of(method).short, row["score"])
            assert float(row["similarity"]) == pytest.approx(true[key], abs=2e-3, rel=1e-4)
            assert float(row["score"]) == pytest.approx(scores[key], abs=1e-3)
            assert adds_up(row, formula and formula["divisor"], formula and formula["temperature"])


@needs_chromium
@pytest.mark.parametrize("case", PAGES, ids=named)
def test_every_row_of_the_page_adds_up(show, vectors, case):
    explanation = explain(BARK, vectors, **case)
    browser = show(explanation)
    browser.run("togglePin(5)")
    for layer in range(len(explanation.layers)):
        browser.run(f"state.layer = {layer}; redraw()")
        for head in range(explanation.weights.shape[1]):
            browser.run(f"state.head = {head}; redraw()")
            check_page(browser, explanation, 5, case.get("method", "scaled"))


@needs_chromium
def test_a_page_of_methods_has_the_formula_of_each(show, vectors):
    comparison = compare(BARK, vectors, mode="qkv")
    browser = show(comparison)
    for source, method in enumerate(comparison.methods):
        browser.run(f"state.source = {source}; state.pins = [{{query: 5, slot: 0}}]; redraw()")
        check_page(browser, method.explanation, 5, method.method)


def test_the_tour_writes_out_the_scores_of_both_words(vectors):
    tour = tour_of(BARK, vectors)
    lines = " ".join(line.plain for line in projecting.parts(tour, Screen(500))[-1])
    worked = [WORKED.search(each) for each in lines.split(" gets ")[1:]]
    assert [float(each["score"]) for each in worked] == pytest.approx(
        [projecting.projecting_of(tour).asking, projecting.projecting_of(tour).asked], abs=0.006
    )
    for each in worked:
        check_worked(each)


def test_the_rows_of_the_tours_look_up_add_up(vectors):
    tour = tour_of(BARK, vectors)
    lines = [line.plain for line in lookup.parts(tour, Screen(100))[1]]
    divisor, temperature = re.search(r"/ (√\d+) \+ position\) / ([\d.]+);", lines[-1]).groups()
    assert len(lines) == 1 + len(tour.explanation.sentence.tokens)  # the heads of the columns, the others, the remark
    for line in lines[1:-1]:
        _, similarity, position, score, *_ = line.split()
        assert adds_up({"similarity": similarity, "position": position, "score": score}, divisor, temperature)


@pytest.mark.parametrize("case", [{"mode": "multihead", "mask": ["causal"]}, {"method": "kernel", "temperature": 2}])
def test_the_terms_of_a_csv_come_to_its_scores(vectors, case):
    header, *rows = explanation_rows(explain(BARK, vectors, **case))
    assert sum(row[[*header].index("score")] is not None for row in rows) > 40
    for row in (dict(zip(header, row, strict=True)) for row in rows):
        if row["score"] is not None:
            computed = (row["similarity"] / row["divisor"] + row["position"]) / row["temperature"]
            assert computed == pytest.approx(row["score"])
