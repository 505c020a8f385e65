"""`attn align` on one pair of sentences: its screen, its records, and mistakes."""

import csv
import io
import json
import re

import numpy as np
import pytest
from rich.cells import cell_len
from support.command import attn, attn_process, on_terminal
from support.places import TESTS
from support.records import record
from support.two_languages import EN, FR, small_set

BERT = str(TESTS / "oracles" / "tiny" / "bert")
PAGES = {
    "plain": [EN, FR],
    "unknown": ["The dog, he is qwzx cute and not!", "Le chien, il est mignon."],
    "chinese": ["狗很可愛", EN],
    "grown": ["the white house is not a dog", "la maison blanche est pas un", "--links", "grow-diag-final"],
    "tokenized": ["the dog , qwzx .", "le chien .", "--tokenized"],
    "none": ["the", "chien", "--null", "0.9"],
    "long": [f"{EN} " * 30, f"{FR} " * 26, "--links", "forward"],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "small"
    small_set(folder)
    return str(folder)


@pytest.fixture
def align(small):
    return lambda *arguments, **how: attn("align", *arguments, "--vectors", small, **how)


def test_json_is_that_of_the_issue(small):
    found = record("align", EN, FR, "--vectors", small)
    assert (found["schema"], found["schema_version"]) == ("attn.align", "1.0")
    assert [token["text"] for token in found["source"]["tokens"]] == EN.split()
    assert found["links"] == [[i, i] for i in range(5)]
    assert found["settings"]["temperature"] == 0.07
    assert found["vectors"]["name"] == "small"
    assert np.shape(found["weights"]) == (5, 5)
    assert {"similarity", "scores"}.isdisjoint(found)


@pytest.mark.parametrize("page", PAGES)
def test_every_record_keeps_to_its_schema(align, page):
    import jsonschema

    from attncli.views.records.schemas import schema_of

    found = json.loads(align(*PAGES[page], "--json", "--full", "-q").stdout)
    jsonschema.validate(found, schema_of("align"), jsonschema.Draft202012Validator)
    places = np.arange(len(found["source"]["tokens"]))[:, None] / len(found["source"]["tokens"])
    away = np.abs(places - np.arange(len(found["target"]["tokens"])) / len(found["target"]["tokens"]))
    padded = np.pad(found["similarity"], 1)  # [n + 2, m + 2]
    near = padded[:-2, :-2] + padded[2:, 2:]  # [n, m]
    np.testing.assert_allclose(found["scores"], found["similarity"] + 0.1 * near - 0.3 * away, atol=2e-6)


def test_a_record_of_a_model_keeps_to_its_schema():
    found = record("align", "the dogs stop", "he barks", "--model", BERT)
    assert (found["vectors"], found["model"]["family"], found["settings"]["layer"]) == (None, "bert", 0)
    assert found["source"]["tokens"][1]["pieces"] == ["dog", "##s"]
    assert np.shape(found["weights"]) == (3, 2)
    shown = attn("align", "the dogs stop", "he barks", "--model", BERT).stdout
    assert "model bert (bert, 2 layers × 4 heads)" in shown
    assert "layer 0" in shown


def test_an_unknown_token_is_not_composed(align):
    found = json.loads(align(*PAGES["tokenized"], "--json", "-q").stdout)
    assert [token["text"] for token in found["source"]["tokens"]] == ["the", "dog", ",", "qwzx", "."]
    assert not any("composed" in token for token in found["source"]["tokens"])
    assert [each["text"] for each in found["source"]["unknown"]] == [",", "qwzx", "."]
    assert found["links"] == [[0, 0], [1, 1]]


def test_unknown_words_are_named_once_beside_a_record(align):
    done = align(*PAGES["unknown"], "--json")
    assert done.stderr == "note: 'qwzx' is not a known word and is left out\n"


def test_csv_has_a_row_a_link(align):
    found = [*csv.DictReader(io.StringIO(align(EN, FR, "--format", "csv").stdout))]
    assert [(each["source"], each["source_text"], each["target"], each["target_text"]) for each in found] == [
        (str(i), word, str(i), partner) for i, (word, partner) in enumerate(zip(EN.split(), FR.split(), strict=True))
    ]
    exact = json.loads(align(EN, FR, "--json", "--full", "--precision", "15").stdout)
    for name, of in (("similarity", "similarity"), ("score", "scores"), ("weight", "weights")):
        np.testing.assert_allclose([float(each[name]) for each in found], np.diag(exact[of]), atol=1e-14)


@pytest.mark.parametrize(("page", "shape", "links"), [("grown", (7, 6), 7), ("none", (1, 1), 0)])
def test_arrays_are_written_and_read_back(align, page, shape, links, tmp_path):
    done = align(*PAGES[page], "-o", "a.npz", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    exact = json.loads(align(*PAGES[page], "--json", "--full", "--precision", "15").stdout)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        for name in ("similarity", "scores", "weights"):
            assert arrays[name].shape == shape
            np.testing.assert_allclose(arrays[name], exact[name], atol=1e-14)
        assert arrays["links"].shape == (links, 2)
        assert arrays["links"].tolist() == exact["links"]
        assert arrays["source"].tolist() == PAGES[page][0].split()


def test_the_screen_has_the_numbers_of_the_json(align):
    shown, found = align(*PAGES["grown"]).stdout, json.loads(align(*PAGES["grown"], "--json").stdout)
    words, partners = PAGES["grown"][0].split(), PAGES["grown"][1].split()
    assert f"links  {len(found['links'])}, each with its weight" in shown
    for i, j in found["links"]:
        assert re.search(rf"\b{words[i]} → {partners[j]} +{found['weights'][i][j]:.2f}\b", shown)
    assert shown.count("*") == len(found["links"]) + 1  # the legend has one
    chosen = "links grow-diag-final · vectors small (33 × 13) · prior 0.3 · neighbours 0.1 · method cosine"
    assert f"{chosen} · temperature 0.07" in " ".join(shown.split())


def test_the_words_without_a_partner_are_said(align):
    shown = align("the dog is very cute", "le chien mignon").stdout
    assert "without a partner in the source: is, very" in shown
    none = align(*PAGES["none"]).stdout
    assert "links  none" in none
    assert "*" not in none


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_is_wider_than_the_screen(align, page, width):
    done = align(*PAGES[page], env={"COLUMNS": str(width)})
    assert done.returncode == 0
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= width
    if width >= 80:
        assert len(done.stdout.splitlines()) < 300


def test_a_long_pair_is_folded_with_its_links(align):
    shown = align(*PAGES["long"], env={"COLUMNS": "80"}).stdout
    assert "folded: one cell = " in shown
    assert "every single weight: --json\n" in shown.replace("\n      ", " ")
    assert "*" in shown
    assert re.search(r"note: \d+ more links are left out here; --json has all", shown)


def test_a_link_is_marked_without_colour_and_with_it(small):
    for colours in ("--color", "always"), ("--color", "never"):
        shown = on_terminal("align", EN, FR, "--vectors", small, *colours)
        assert len(re.findall(r"\*1\.00", shown)) == 5
        assert ("\x1b[" in shown) == (colours[1] == "always")


@pytest.mark.parametrize("page", PAGES)
def test_accessible_is_sentences(align, page):
    shown = align(*PAGES[page], env={"ACCESSIBLE": "1"}).stdout
    assert not set(shown) & set("│─█▏▎▍▌▋▊▉░▒▓*")
    links = json.loads(align(*PAGES[page], "--json", "-q").stdout)["links"]
    said = re.findall(r"^.+ is linked to .+, weight \d\.\d\d\.$", shown, re.M)
    assert len(said) == min(len(links), 120)
    assert ("There are no links." in shown) == (not links)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_will_do(small, encoding):
    done = attn_process("align", EN, FR, "--vectors", small, env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0
    assert "dog -> chien" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        ([EN], 2, "expected a second sentence", "attn align"),
        (["", FR], 2, "error: the source '': expected a sentence", ""),
        ([EN, "   "], 2, "error: the target '   ': expected a sentence", ""),
        ([EN, "qwzx"], 1, "'qwzx'", ""),
        (["…", FR], 1, "there is no word", ""),
        ([EN, FR, "--links", "mutal"], 2, "--links 'mutal'", "did you mean mutual?"),
        ([EN, FR, "--prior", "-1"], 2, "--prior -1.0: expected a number from 0 to", ""),
        ([EN, FR, "--method", "general"], 2, "--method 'general'", ""),
        ([EN, FR, "--model", BERT, "--unknown", "skip"], 2, "--unknown: no meaning with a model", "leave it out"),
        ([EN, FR, "--model", BERT, "--vectors", "attn-en"], 2, "--vectors: no meaning with a model", "leave it out"),
        ([EN, FR, "--model", BERT, "--layer", "9"], 2, "--layer 9: expected 0 to 1, the 2 layers of bert", ""),
        ([EN * 30, FR, "--model", BERT], 1, "tokens for bert, which takes 40", "sentence by sentence"),
        ([EN, FR, "--model", "no-such"], 3, "no-such", "attn models pull"),
        ([EN, FR, "--layer", "3"], 2, "--layer 3: expected a model with it", "--model PATH_OR_NAME"),
        ([EN, FR, "--gold-base", "1"], 2, "--gold-base 1: expected gold links with it", "--gold FILE"),
        ([EN, "le qwzx", "--unknown", "error"], 1, "'qwzx'", ""),
        ([EN, FR, "-o", "a.xyz"], 2, "expected an ending among .txt", ""),
        ([f"{EN} " * 400, f"{FR} " * 400, "--json", "--full"], 1, "the limit is 64", "-o FILE.npz"),
        ([f"{EN} " * 500, f"{FR} " * 500], 1, "expected at most 4,194,304 pairs of words", "sentence by sentence"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(small, arguments, code, quoted, hint, tmp_path):
    vectors = [] if "--model" in arguments else ["--vectors", small]
    done = attn("align", *arguments, *vectors, cwd=tmp_path, env={"HF_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]
    assert not [*tmp_path.glob("a.*")]


@pytest.mark.parametrize("hostile", ["[red]dog[/red]", "\x1b[31mdog", "\u202edog", "dog\nchien", "dog\udcff"])
def test_hostile_text_stays_text(align, hostile):
    for how in ([], ["--tokenized"]):
        done = align(f"the {hostile} is", FR, *how)
        assert (done.returncode, done.stderr) == (0, "")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.stdout)


def test_without_sentences_there_is_an_example(align):
    done = align()
    assert done.returncode == 0
    assert done.stderr == f'no sentences given; an example: attn align "{EN}" "{FR}"\n'
    assert align("-q").stderr == ""
