"""Every value shows itself in Python: one line, a screen, a page, a table, a dictionary, and a file as of `-o`."""

import csv
import io
import json
import re
import sys
from base64 import b64decode
from dataclasses import fields, replace
from html.parser import HTMLParser
from operator import attrgetter
from types import SimpleNamespace

import jsonschema
import numpy as np
import pandas
import pytest
from matplotlib.image import imread
from oracles.checkpoints import TINY
from support.command import attn
from support.treebank_heads import drawn_by_lot

import attncli
from attncli.corpus.searching import by_words
from attncli.settings.similarity import check_similarity
from attncli.views.display import notebook, still
from attncli.views.formats import FORMATS, LINES, offered
from attncli.views.records.schemas import schema_of

BERT, GPT2 = str(TINY / "bert"), str(TINY / "gpt2")
HOSTILE = 'the "><script>alert(1)</script></iframe> dog\x1b[31m &quot; sat'


def searched(vectors):
    texts = ["the cat sleeps", "a dog barks", "rain falls"]
    searcher = by_words("the dog", vectors, check_similarity(), texts)
    searcher.add(1, texts)
    return searcher.result()


#: A value of every public type, and the line that it is in.
MADE = {
    "Explanation": (
        lambda v: attncli.explain("Bark is cute", v),
        "'Bark is cute': 1 layer × 1 head, 3 × 3 words, attn-en",
    ),
    "Comparison": (
        lambda v: attncli.compare("a dog", v, against="dot"),
        "'a dog': scaled, dot, attn-en",
    ),
    "ModelComparison": (
        lambda v: attncli.compare_models("the dog", BERT, swap="dog=cat"),
        "'the dog' / 'the cat': 8 heads, bert",
    ),
    "HeadRanking": (
        lambda v: attncli.rank_heads("the dog", BERT, pattern="previous"),
        "'the dog': 8 heads by previous, bert",
    ),
    "HeadEffects": (lambda v: attncli.head_effects("the dog", GPT2), "'the dog': 8 heads by effect, gpt2"),
    "HeadContributions": (
        lambda v: attncli.head_contributions("the dog", GPT2),
        "'the dog': 8 heads by contribution, gpt2",
    ),
    "Prediction": (lambda v: attncli.predict("the dog", GPT2), "'the dog': 1 answer, gpt2"),
    "Lens": (lambda v: attncli.lens("the dog", GPT2), "'the dog': 2 layers × 1 place, gpt2"),
    "Alignment": (
        lambda v: attncli.align("the dog", "le chien"),
        "'the dog' / 'le chien': 2 × 2 words, 2 links, attn-world",
    ),
    "Similarity": (
        lambda v: attncli.similar("a dog", "a dog", v),
        "'a dog' / 'a dog': cosine 1.000, 2 × 2 words, attn-en",
    ),
    "TextSearch": (searched, "'the dog': 3 of 3 lines, attn-en"),
    "TreebankHeads": (
        lambda v: drawn_by_lot(2, 3, ["nsubj", "det"]),
        "'/x/en.conllu': 2 relations, 2 layers × 3 heads, model <b>",
    ),
}
NAMES = [*MADE]


@pytest.fixture(scope="module")
def values(vectors):
    return {name: make(vectors) for name, (make, _) in MADE.items()}


@pytest.fixture
def many(vectors):
    """The weights of 40 words."""
    return attncli.explain(" ".join(["dog cat tree house river"] * 8), vectors)


def test_every_record_shows_itself():
    assert {*LINES} - {"WholeTour"} == {*NAMES}  # a tour is no value of Python's


@pytest.mark.parametrize("name", NAMES)
def test_a_value_is_one_line(values, name):
    assert repr(values[name]) == f"<{name} {MADE[name][1]}>"


def test_a_line_shortens_and_escapes_text(vectors):
    line = repr(attncli.explain(f"{HOSTILE} " + "dog " * 99, vectors))
    assert len(line) < 130
    assert line.isprintable()
    assert "…'" in line


def test_a_value_of_a_subclass_shows_itself_likewise(values, tmp_path):
    class Mine(attncli.Explanation):
        pass

    explained = values["Explanation"]
    mine = Mine(**{each.name: getattr(explained, each.name) for each in fields(explained)})
    assert repr(mine) == repr(explained).replace("<Explanation", "<Mine")
    assert (str(mine), mine.to_dict()) == (str(explained), explained.to_dict())
    assert mine._repr_html_().replace("Mine", "Explanation") == explained._repr_html_()
    pandas.testing.assert_frame_equal(mine.to_frame(), explained.to_frame())
    for value, name in ((mine, "mine.csv"), (explained, "its.csv")):
        value.save(tmp_path / name)
    assert (tmp_path / "mine.csv").read_bytes() == (tmp_path / "its.csv").read_bytes()


def test_models_and_vectors_are_one_line(vectors):
    assert repr(attncli.open_model(BERT)) == "<Model 'bert': bert, 2 layers × 4 heads, 5,710 parameters>"
    assert repr(vectors) == "<Vectors 'attn-en': 50000 words, 200 dimensions>"


@pytest.mark.parametrize("name", NAMES)
def test_the_screen_is_text_of_80_cells_without_colours(values, name, monkeypatch):
    monkeypatch.setenv("COLUMNS", "44")
    monkeypatch.setenv("FORCE_COLOR", "1")
    lines = str(values[name]).splitlines()
    assert "\x1b" not in "".join(lines)
    assert 44 < max(map(len, lines)) <= 80
    assert lines[0].startswith("attn " if name != "TextSearch" else "lines  the most alike")


@pytest.mark.parametrize("name", NAMES)
def test_the_dictionary_is_the_json_of_the_schema(values, name):
    record = values[name].to_dict()
    assert record == json.loads(FORMATS["json"].view(type(values[name]))(values[name]))
    jsonschema.validate(record, schema_of(record["schema"].removeprefix("attn.")), jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "Explanation"])
def test_a_frame_has_the_rows_of_the_csv(values, name):
    head, *rows = FORMATS["csv"].view(type(values[name]))(values[name])
    frame = values[name].to_frame()
    assert [*frame.columns] == [*head]
    assert [tuple(None if pandas.isna(each) else each for each in row) for row in frame.itertuples(index=False)] == rows


@pytest.mark.parametrize("settings", [{}, {"layer": [1], "head": [1, 3]}, {"combine": "rollout"}, {"words": True}])
def test_the_frame_of_an_explanation_has_the_rows_of_the_csv(settings):
    explained = attncli.explain_model("the dog sat", BERT, **settings)
    head, *rows = FORMATS["csv"].view(attncli.Explanation)(explained)
    frame = explained.to_frame()
    order = [frame.columns.get_loc(name) for name in head[:8]]
    shown = [tuple(None if pandas.isna(row[place]) else row[place] for place in order) for row in frame.to_numpy()]
    assert shown == [row[:8] for row in rows]


def test_the_frame_of_an_explanation():
    explained = attncli.explain_model("the dog sat", BERT)
    frame = explained.to_frame()
    assert [*frame.columns] == ["layer", "head", "query", "key", "query_text", "key_text", "score", "weight"]
    assert len(frame) == explained.weights.size
    tokens = [token.text for token in explained.sentence.tokens]
    for row in frame.sample(20, random_state=1).itertuples():
        assert row.weight == explained.weights[row.layer, row.head, row.query, row.key]
        assert row.score == explained.scores[row.layer, row.head, row.query, row.key]
        assert (row.query_text, row.key_text) == (tokens[row.query], tokens[row.key])
    assert (frame.groupby(["layer", "head", "query"]).weight.sum() - 1).abs().max() < 1e-6


def test_the_frame_of_a_combination_and_of_a_mask_has_scores_of_nothing(vectors):
    rollout = attncli.explain_model("the dog", BERT, combine="rollout").to_frame()
    assert rollout.score.isna().all()
    assert rollout.score.dtype == rollout.weight.dtype == "float64"
    causal = attncli.explain("a dog", vectors, mask="causal").to_frame()
    assert causal.score.isna().tolist() == [False, True, False, False]


def test_without_pandas_the_hint_is_the_command_that_brings_it(values, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(attncli.ResourceError, match="a data frame needs the package pandas") as error:
        values["Explanation"].to_frame()
    assert "pip install 'pandas>=" in error.value.hint


CALLS = {
    "Explanation": ["explain", "Bark is cute"],
    "Comparison": ["compare", "a dog", "--against", "dot"],
    "HeadEffects": ["heads", "the dog", "--model", GPT2, "--by", "effect"],
    "Alignment": ["align", "the dog", "le chien"],
    "Prediction": ["predict", "the dog", "--model", GPT2],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_file_has_the_bytes_of_the_option(values, name, tmp_path):
    assert {*FORMATS} == {*offered("Alignment"), *offered("Explanation")}
    drawn = {"svg", "pdf", "png"} if name != "Alignment" else {"pdf"}  # one value is drawn, which takes a second
    for form in {*offered(name)} - drawn:
        saved, written = tmp_path / f"saved.{form}", tmp_path / f"written.{form}"
        values[name].save(saved)
        done = attn(*CALLS[name], "-q", "-o", written)
        assert (done.returncode, done.stderr) == (0, "")
        assert saved.read_bytes() == written.read_bytes(), form
    assert not [*tmp_path.glob(".attn*")]


def test_the_rows_of_a_file_are_those_of_the_frame(values, tmp_path):
    values["HeadRanking"].save(str(tmp_path / "x.csv"))
    head, *rows = csv.reader((tmp_path / "x.csv").read_text().splitlines())
    assert head == ["sentence", *values["HeadRanking"].to_frame().columns]
    assert len(rows) == 8


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x.docx", r"path='.*x.docx': expected an ending among .txt, .json, .csv, .npz"),
        ("x", "expected an ending among"),
        ("", "expected a file, got a folder"),
        ("no such/x.html", "cannot write"),
        (f"{'x' * 300}.html", "cannot write .*: File name too long"),
        ("a\0b.html", "no null character"),
    ],
)
def test_a_file_that_cannot_be_written_is_an_error(values, tmp_path, name, reason):
    with pytest.raises(attncli.AttnError, match=reason) as error:
        values["Explanation"].save(tmp_path / name)
    assert not [*tmp_path.iterdir()]
    if "cannot write" in reason:
        assert error.value.hint == "choose another file: .save('FILE')"


def test_the_empty_name_is_none_of_a_folder(values):
    with pytest.raises(attncli.UsageError, match="path='': expected an ending among"):
        values["Explanation"].save("")


def test_hints_on_files_name_the_method(values, monkeypatch):
    monkeypatch.setattr("attncli.views.records.json.MOST_BYTES", 10)
    with pytest.raises(attncli.AttnError, match="JSON") as error:
        values["Alignment"].to_dict()
    assert ".save('FILE.npz')" in error.value.hint


def test_a_file_stays_as_it_was_where_writing_fails(values, tmp_path, monkeypatch):
    (tmp_path / "x.npz").write_text("before")

    def fail(stream, arrays):
        stream.write(b"half")
        raise attncli.AttnError("no more")

    monkeypatch.setattr("attncli.files.npz.write_npz", fail)
    with pytest.raises(attncli.AttnError, match="no more"):
        values["Explanation"].save(tmp_path / "x.npz")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x.npz", "before")]


class Elements(HTMLParser):
    """The elements of markup with their attributes, and its text."""

    def __init__(self, markup):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


PAGED = [name for name in NAMES if name in FORMATS["html"].views]


@pytest.mark.parametrize("name", PAGED)
def test_a_notebook_shows_the_page_in_a_frame_without_rights(values, name):
    shown = Elements(values[name]._repr_html_())
    (_, _), (_, frame), (_, line) = shown.found
    assert [tag for tag, _ in shown.found] == ["style", "iframe", "p"]
    assert line == {"class": "tex2jax_ignore mathjax_ignore"}  # no dollars of a sentence are a formula
    assert repr(values[name]) in shown.text  # where frames are taken away
    assert frame["sandbox"] == "allow-scripts allow-downloads"
    assert frame["srcdoc"] == FORMATS["html"].view(type(values[name]))(values[name], "auto")
    assert {*frame} == {"class", "title", "sandbox", "style", "srcdoc"}  # no id: several of them stand on a page


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PAGED])
def test_a_value_without_a_page_shows_its_screen(values, name):
    shown = Elements(values[name]._repr_html_())
    assert {tag for tag, _ in shown.found} <= {"pre", "span"}
    assert shown.text.split()[0] in ("attn", "lines")
    assert all({*attributes} <= {"style", "dir", "tabindex"} for _, attributes in shown.found)


def test_a_kernel_shows_nothing_but_the_value(values, tmp_path, monkeypatch):
    outputs = []
    ranking, alone = values["HeadRanking"], values["HeadRanking"]._repr_html_()
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)  # Rich shows there every line that it prints
    monkeypatch.setattr("rich.jupyter.display", lambda *output: outputs.append(output))
    assert ranking._repr_html_() == alone
    ranking.save(tmp_path / "x.screen.svg")
    assert outputs == []


def test_text_of_others_stays_text(vectors, many):
    explained, shown = attncli.explain(HOSTILE, vectors), []
    shown += [explained._repr_html_(), still.still_of(explained)]
    shown += [attncli.rank_heads(HOSTILE, BERT, pattern="next")._repr_html_()]
    framed, stilled, screen = map(Elements, shown)
    assert [tag for tag, _ in framed.found] == ["style", "iframe", "p"]
    assert HOSTILE.split()[0] in framed.found[1][1]["srcdoc"]
    assert stilled.found[0] == ("div", {"class": "tex2jax_ignore mathjax_ignore"})
    assert [tag for tag, _ in stilled.found] == ["div", "p", "img", "p", "br", "code"]
    assert {tag for tag, _ in screen.found} == {"pre", "span"}
    assert "alert(1)" in screen.text
    assert "\x1b" not in "".join(shown)


def test_a_large_page_gives_way_to_a_picture_and_advice(many, monkeypatch):
    assert "iframe" in many._repr_html_()
    monkeypatch.setattr(notebook, "MOST_BYTES", 100_000)
    shown = Elements(many._repr_html_())
    (picture,) = (attributes["src"] for tag, attributes in shown.found if tag == "img")
    assert ".save(" in shown.text
    assert repr(many) in shown.text
    pixels = imread(io.BytesIO(b64decode(picture.partition(",")[2])))  # [40, 40, 4]
    assert pixels.shape[:2] == many.mean_weights.shape
    lightness = pixels[..., :3].sum(axis=-1).ravel()[np.argsort(many.mean_weights, axis=None)]
    assert (np.diff(lightness) >= 0).all()  # rises with the weights
    assert lightness[-1] > 3 * lightness[0]


def test_the_advice_for_many_heads_names_one(monkeypatch):
    monkeypatch.setattr(notebook, "MOST_BYTES", 1000)
    shown = attncli.explain_model("the dog", BERT)._repr_html_()
    assert "Layer 1, the mean of its 4 heads" in shown
    assert re.findall("<code>(.*?)</code>", shown) == [".only(layer=…, head=…)", '.save("page.html")']


@pytest.mark.parametrize(
    ("name", "place", "said"),
    [
        ("ModelComparison", ".baseline.only(layer=…, head=…)", "The first of the 2 compared, layer 1, the mean"),
        ("HeadEffects", ".explanation.only(layer=…, head=…)", "Layer 1, the mean of its 4 heads"),
        ("Comparison", None, "The first of the 2 compared, layer 0, head 0"),
        ("Alignment", None, "attn align"),
        ("Similarity", None, "attn similar"),
        ("TreebankHeads", None, "model <b>"),
    ],
)
def test_the_advice_holds_for_every_value(values, monkeypatch, name, place, said):
    monkeypatch.setattr(notebook, "MOST_BYTES", 1000)
    shown = values[name]._repr_html_()
    ways = ['.save("page.html")'] if place is None else [place, '.save("page.html")']
    assert re.findall("<code>(.*?)</code>", shown) == ways
    assert said in Elements(shown).text
    if place is not None:
        owner = attrgetter(place.partition(".only")[0].removeprefix("."))(values[name])
        assert "iframe" not in shown
        assert owner.only(layer=0, head=1).head_numbers == (1,)


def test_a_value_whose_page_cannot_be_made_is_advised_to_none(values):
    shown = Elements(replace(values["HeadEffects"], explanation=None)._repr_html_())
    assert {tag for tag, _ in shown.found} == {"pre", "span"}


def test_a_picture_is_no_larger_than_its_pixels():
    assert len(still.png(np.zeros((512, 512)))) < 3000
    assert imread(io.BytesIO(still.png(np.array([[0.0, 1.0, 0.5]])))).shape[:2] == (1, 3)


def test_show_prints_the_screen_outside_a_notebook(values, capsys):
    values["Explanation"].show()
    assert capsys.readouterr().out == f"{values['Explanation']}\n"


def test_show_displays_a_page_of_this_height(values, monkeypatch):
    shown = []
    module = SimpleNamespace(
        get_ipython=lambda: SimpleNamespace(kernel=None),
        display=SimpleNamespace(display=lambda data, raw: shown.append((data, raw))),
    )
    monkeypatch.setitem(sys.modules, "IPython", module)
    values["Alignment"].show(height=300)
    ((data, raw),) = shown
    assert raw
    assert "height: 300px" in data["text/html"]
    assert data["text/plain"] == repr(values["Alignment"])


@pytest.mark.parametrize("height", [0, 119, 4001, 2.5, "640", True])
def test_a_height_that_is_none_is_an_error(values, height):
    with pytest.raises(attncli.UsageError, match="height"):
        values["Explanation"].show(height=height)
