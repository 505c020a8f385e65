"""What is taken along of a page: its state in the address, pictures, numbers, and the command that makes them."""

import csv
import io
import json
import shlex
import xml.etree.ElementTree as Tree

import numpy as np
import pytest
from oracles.checkpoints import TINY
from oracles.sentences import words
from support.chromium import needs_chromium
from support.command import attn
from test_page import TOKENS
from test_views_pages import explained

import attncli
from attncli import compare, explain
from attncli.models.model import open_model
from attncli.recipes.model_comparison import compare_swap
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings
from attncli.views.page.command import command_of

pytestmark = needs_chromium
SENTENCE = "Bark is very cute and he is a dog"
BERT = TINY / "bert"
SETTLED = "setTimeout(arguments[0], SETTLED + 100)"
STATE = """const { source, show, layer, head, combine, scale, way } = state;
return [{ source, show, layer, head, combine, scale, way }, state.pins.map(({ query }) => query)];"""
KEEP = """window.blobs = []; window.names = [];
URL.createObjectURL = (blob) => { blobs.push(blob); return "#"; };
HTMLAnchorElement.prototype.click = function () { names.push(this.download); };"""
READ = """const done = arguments[arguments.length - 1];
blobs.at(-1).arrayBuffer().then((bytes) => done([names.at(-1), blobs.at(-1).type, [...new Uint8Array(bytes)]]));"""


def address(browser):
    browser.driver.execute_async_script(SETTLED)
    return browser.run("return location.hash")


def at_address(browser, tmp_path, hash_):
    browser.driver.get("about:blank")
    browser.driver.get((tmp_path / "page.html").as_uri() + hash_)
    return browser.run(STATE)


def taken(browser, what):
    """The name, the kind and the bytes of what a button saves."""
    browser.run(KEEP)
    browser.all(f"[data-take={what}]")[0].click()
    name, kind, read = browser.driver.execute_async_script(
        "const wait = (done) => (blobs.length ? done() : setTimeout(() => wait(done), 20));"
        f"const last = arguments[arguments.length - 1]; wait(() => ((...arguments) => {{ {READ} }})(last));"
    )
    return name, kind, bytes(read)


def test_a_link_shows_the_same_again(show, tmp_path):
    browser = show(explain_model(SENTENCE, BERT))
    for switch, value in (("layer", 1), ("head", 2), ("scale", "row")):
        browser.choose(switch, value)
    browser.run("togglePin(6)")
    browser.run("togglePin(3)")
    said = address(browser)
    assert said == "#layer=1&head=2&colours=row&pin=6,3"
    before = browser.run(STATE)
    assert at_address(browser, tmp_path, said) == before


@pytest.mark.parametrize(
    "hash_",
    [
        "#layer=9&head=x&pin=-1,99,1e9,0.5,&colours=evil&__proto__=1&direction=up",
        "#pin",
        "#&&=&%",
        "#source=7&show=difference",
    ],
)
def test_an_address_that_says_nothing_changes_nothing(show, tmp_path, hash_):
    browser = show(explain_model(SENTENCE, BERT))
    before = browser.run(STATE)
    assert at_address(browser, tmp_path, hash_) == before


def test_an_address_that_is_typed_is_followed(show):
    browser = show(explain_model(SENTENCE, BERT))
    browser.run("location.hash = '#layer=0&head=1&pin=4'")
    browser.settle()
    state, pins = browser.run(STATE)
    assert (state["layer"], state["head"], pins) == (0, 1, [4])
    assert browser.texts("#pins .badge") == ["1"]


def test_the_table_has_the_numbers_that_are_shown(show, vectors):
    explanation = explain(SENTENCE, vectors, mask="causal")  # with a word that is there twice
    name, kind, content = taken(show(explanation), "csv")
    assert (name, kind) == ("attn-layer-0-head-0.csv", "text/csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    own = list(csv.DictReader(io.StringIO(attn("explain", SENTENCE, "--mask", "causal", "--format", "csv").stdout)))
    places = [
        [tuple(row[name] for name in ("layer", "head", "query", "query_text", "key", "key_text")) for row in table]
        for table in (rows, own)
    ]
    assert places[0] == places[1]
    hidden = explanation.scores[0, 0].ravel() == -np.inf
    assert [each["weight"] == "" for each in rows] == hidden.tolist()
    weights = [float(each["weight"] or 0) for each in rows]
    np.testing.assert_allclose(weights, explanation.weights[0, 0].ravel(), atol=1e-5)


def texts_in_table(browser, name):
    return [row[name] for row in csv.DictReader(io.StringIO(taken(browser, "csv")[2].decode()))]


def test_the_table_has_words_and_pieces_as_the_command_writes_them(show, vectors):
    assert texts_in_table(show(explain_model("dogs", BERT)), "key_text")[:4] == ["[CLS]", "dog", "s", "[SEP]"]
    crossed = show(explain("a dog", vectors, memory="the the cat"))
    assert texts_in_table(crossed, "key_text")[:3] == ["the", "the", "cat"]
    assert texts_in_table(crossed, "query_text")[::3] == ["a", "dog"]


def test_words_of_strangers_are_text_in_pictures_and_cells_in_tables(show):
    browser = show(explained(" ".join(['=1+1,"x"', *TOKENS])))
    rows = list(csv.reader(io.StringIO(taken(browser, "csv")[2].decode())))
    assert {len(row) for row in rows} == {7}
    assert rows[1][3] == '=1+1,"x"'
    svg = Tree.fromstring(taken(browser, "svg")[2])
    assert {each.tag.rpartition("}")[2] for each in svg.iter()} == {"svg", "rect", "text"}


@pytest.mark.parametrize(("n", "image"), [(9, False), (44, False), (60, True), (150, True)])
def test_pictures_have_a_cell_a_rectangle_or_many_in_one_image(show, n, image):
    browser = show(explained(words(n)))
    name, kind, content = taken(browser, "svg")
    svg = Tree.fromstring(content)
    tags = [each.tag.rpartition("}")[2] for each in svg.iter()]
    assert tags.count("image") == image
    assert (tags.count("rect") > n * n) == (not image)
    assert kind == "image/svg+xml"
    assert len(content) < 400_000
    name, kind, content = taken(browser, "png")
    assert (name, kind, content[:4]) == ("attn-layer-0-head-0.png", "image/png", b"\x89PNG")


def test_pictures_are_on_paper_whatever_the_scheme_of_the_page(show, vectors):
    browser = show(compare(SENTENCE, vectors, against=["dot"]))
    browser.choose("show", "difference")
    light = taken(browser, "svg")[2]
    media = {"media": "screen", "features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.cdp("Emulation.setEmulatedMedia", **media)
    browser.settle()
    assert browser.run("return DARK.matches")
    assert taken(browser, "svg")[2] == light


WIDEST = """const { width, items } = pictureOf();
return width - Math.max(...items.filter((each) => each.text && !each.turn && each.anchor === "start")
  .map((each) => each.x + widthOf(each.text, each.size)));"""


def test_pictures_are_wide_enough_for_their_title_and_legend(show, vectors):
    browser = show(compare("characteristically internationalisation", vectors, against=["dot"]))
    browser.choose("show", "difference")
    assert browser.run(WIDEST) >= 12


def run(command):
    name, *typed = shlex.split(command)[1:]
    return attn(name, "--json", *typed)


def test_the_command_makes_the_head_that_is_shown(show, monkeypatch):
    explanation = explain_model("-he is a 'dog'", BERT)
    browser = show(explanation)
    browser.choose("layer", 1)
    browser.choose("head", 2)
    browser.run("togglePin(3)")
    command = browser.run("return commandNow()")
    monkeypatch.chdir(TINY)
    done = run(command.replace("--model bert", "--model ./bert"))
    assert done.returncode == 0, command
    record = json.loads(done.stdout)
    shown = explanation.layers[1].weights[2]
    np.testing.assert_allclose(record["weights"][0][0], shown, atol=1e-6)
    assert record["word"]["query"] == 3


@pytest.mark.parametrize(
    "settings", [{}, {"mask": ["causal", "window:2"], "mode": "multihead"}, {"memory": "a cat", "method": "dot"}]
)
def test_the_command_of_vectors_makes_the_same(vectors, settings):
    explanation = explain("it's a dog", vectors, **settings)
    command = command_of(explanation)
    done = run(" ".join(["attn", "explain", command["text"], *command["options"]]))
    np.testing.assert_allclose(np.array(json.loads(done.stdout)["weights"]), explanation.weights, atol=1e-6)


def test_differences_have_the_command_of_the_comparison(show, vectors):
    browser = show(compare(SENTENCE, vectors, against=["dot"]))
    browser.choose("show", "difference")
    done = run(browser.run("return commandNow()"))
    assert [each["method"] for each in json.loads(done.stdout)["methods"]] == ["scaled", "dot"]
    browser = show(compare_swap(SENTENCE, open_model(str(BERT)), "he=she", check_model_settings()))
    assert "attn compare" in browser.run("return commandNow()")
    assert " --swap he=she --layer " in browser.run("return commandNow()")


def test_the_command_is_copied_or_shown(show, vectors):
    browser = show(explain(SENTENCE, vectors))
    browser.run(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: (t) => { window.copied = t; } } })"
    )
    browser.all("[data-take=command]")[0].click()
    browser.settle()
    assert browser.run("return copied") == f'attn explain "{SENTENCE}"'
    assert browser.text("#taken") == f'Copied: attn explain "{SENTENCE}"'


def test_weights_of_a_file_have_the_command_that_shows_them(show, tmp_path, monkeypatch):
    weights = np.load(TINY.parent / "given.npz")["weights"]
    np.savez(tmp_path / "my weights.npz", weights=weights)
    browser = show(attncli.show(tmp_path / "my weights.npz", combine="none"))
    browser.choose("layer", 1)
    browser.choose("head", 2)
    browser.run("togglePin(3)")
    record = json.loads(run(browser.run("return commandNow()")).stdout)
    np.testing.assert_allclose(record["weights"][0][0], weights[1, 2], atol=1e-6)
    assert (record["settings"]["layer"], record["settings"]["word"]) == ([1], "3")
    assert "Weights alone were given" in browser.text("#steps")
    browser = show(attncli.show(weights))
    assert not browser.all("[data-take=command]")[0].is_displayed()  # arrays in memory have none
    assert browser.all("[data-take=csv]")[0].is_displayed()
