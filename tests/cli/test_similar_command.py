"""`attn similar` on one pair of texts: its screen, its records, and mistakes."""

import csv
import io
import json
import re

import numpy as np
import pytest
from rich.cells import cell_len
from support.command import attn, on_terminal, shell
from support.encoders import encoder_folder
from support.places import TESTS
from support.records import record
from support.two_languages import small_set

BERT = str(TESTS / "oracles" / "tiny" / "bert")
A, B = "the dog eats", "a cat is not very cute"
PIECES = "Stop the dogs, he is cute!", "the dog barks."
PAGES = {
    "vectors": [A, B],
    "unknown": ["The dog, he is qwzx cute!", B],
    "left out": [A, B, "--leave-one-out", "--drop", "dog", "--drop", "b:0"],
    "chinese": ["狗很可愛", A],
    "model": [*PIECES, "--model", BERT],
    "words": [*PIECES, "--model", BERT, "--words", "--drop", "dogs"],
    "long": [f"{A} " * 40, f"{B} " * 20],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folders")
    small_set(folder / "small")
    encoder_folder(folder / "cls", "cls")
    encoder_folder(folder / "far", "mean", similarity_fn_name="euclidean")
    return folder


@pytest.fixture
def similar(folders):
    def run(*arguments, **how):
        vectors = [] if "--model" in arguments else ["--vectors", str(folders / "small")]
        return attn("similar", *arguments, *vectors, **how)

    return run


def test_json_is_that_of_the_issue(folders):
    found = record("similar", A, B, "--vectors", str(folders / "small"))
    assert (found["schema"], found["schema_version"]) == ("attn.similar", "1.0")
    assert [token["text"] for token in found["tokens"]] == A.split()
    assert [token["text"] for token in found["other_tokens"]] == B.split()
    assert (found["exact"], found["pooling"], found["function"]) == (True, "mean", "cosine")
    assert np.shape(found["contributions"]) == (3, 6)
    assert np.sum(found["contributions"]) == pytest.approx(found["similarity"], abs=1e-9)
    assert (found["special"], found["left_out"], found["dropped"], found["model"]) == (None, None, [], None)
    first = found["ranked"][0]
    assert first["texts"] == [A.split()[first["token"]], B.split()[first["other"]]]
    assert first["share"] == found["contributions"][first["token"]][first["other"]] == np.max(found["contributions"])
    assert found["against"][0]["share"] == np.min(found["contributions"])


@pytest.mark.parametrize("page", PAGES)
def test_every_record_keeps_to_its_schema(similar, page):
    import jsonschema

    from attncli.views.records.schemas import schema_of

    found = json.loads(similar(*PAGES[page], "--json", "-q").stdout)
    jsonschema.validate(found, schema_of("similar"), jsonschema.Draft202012Validator)
    assert np.shape(found["contributions"]) == (len(found["tokens"]), len(found["other_tokens"]))


@pytest.mark.parametrize("precision", [0, 3, 6, 12, 17])
@pytest.mark.parametrize("page", ["vectors", "model", "long"])
def test_the_contributions_sum_to_the_similarity_as_they_are_rounded(similar, page, precision):
    found, exact = (json.loads(similar(*PAGES[page], "--json", "--precision", each).stdout) for each in (precision, 17))
    unit = 10.0**-precision
    assert np.sum(found["contributions"]) == pytest.approx(found["similarity"], abs=max(unit * 1e-3, 1e-12))
    np.testing.assert_allclose(found["contributions"], exact["contributions"], rtol=0, atol=unit * (1 + 1e-6) + 1e-12)


@pytest.mark.parametrize(("folder", "function"), [("cls", "cosine"), ("far", "euclidean")])
def test_a_record_without_a_sum_has_the_changes(folders, function, folder):
    found = record("similar", *PIECES, "--model", str(folders / folder))
    assert (found["exact"], found["contributions"], found["special"]) == (False, None, None)
    assert (found["ranked"], found["against"]) == ([], [])
    for name, changes in found["left_out"].items():
        assert [change is None for change in changes] == [token["special"] for token in found[name]]
    assert (found["model"]["name"], found["function"], found["vectors"]) == (folder, function, None)


def test_the_prompt_is_read_of_the_folder(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", prompts={"query": "he is "})
    found = record("similar", *PIECES, "--model", str(folder), "--prompt", "query,")
    assert [found["text"], found["other_text"]] == [f"he is {PIECES[0]}", PIECES[1]]
    assert found["settings"]["prompt"] == "query,"
    done = attn("similar", *PIECES, "--model", str(folder), "--prompt", "passage")
    assert done.returncode == 2
    assert done.stderr.splitlines()[1] == "hint: it has query"


def test_csv_has_a_row_a_pair_and_a_row_a_word_left_out(similar):
    found = [*csv.DictReader(io.StringIO(similar(*PAGES["left out"], "--format", "csv").stdout))]
    exact = json.loads(similar(*PAGES["left out"], "--json", "--precision", "17").stdout)
    pairs, changes = [each for each in found if each["share"]], [each for each in found if not each["share"]]
    assert len(pairs) == 3 * 6
    (value,) = {float(each["similarity"]) for each in found}
    assert value == pytest.approx(exact["similarity"], abs=1e-16)
    for each in pairs:
        share = exact["contributions"][int(each["token"])][int(each["other"])]
        assert float(each["share"]) == pytest.approx(share, abs=1e-14)
        assert (each["token_text"], each["other_text"]) == (
            A.split()[int(each["token"])],
            B.split()[int(each["other"])],
        )
    assert [float(each["change"]) for each in changes] == pytest.approx(
        exact["left_out"]["tokens"] + exact["left_out"]["other_tokens"], abs=1e-14
    )
    assert [each["token_text"] or each["other_text"] for each in changes] == [*A.split(), *B.split()]


def test_arrays_are_written_and_read_back(similar, folders, tmp_path):
    done = similar(*PAGES["left out"], "-o", "a.npz", "-q", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    exact = json.loads(similar(*PAGES["left out"], "--json", "--precision", "15").stdout)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert arrays["similarity"] == pytest.approx(exact["similarity"], abs=1e-14)
        np.testing.assert_allclose(arrays["contributions"], exact["contributions"], atol=1e-14)
        np.testing.assert_allclose(arrays["left_out"], exact["left_out"]["tokens"], atol=1e-14)
        assert arrays["other_tokens"].tolist() == B.split()
        assert not arrays["special"].any()
    attn("similar", *PIECES, "--model", str(folders / "cls"), "-o", "b.npz", cwd=tmp_path)
    with np.load(tmp_path / "b.npz", allow_pickle=False) as arrays:
        assert "contributions" not in arrays
        assert np.isnan(arrays["left_out"]).tolist() == arrays["special"].tolist()


def test_the_screen_has_the_numbers_of_the_json(similar):
    shown, found = similar(*PAGES["left out"]).stdout, json.loads(similar(*PAGES["left out"], "--json").stdout)
    assert re.search(rf"^similarity  {found['similarity']:.4f}  cosine of the two texts, the sum", shown, re.M)
    assert f"they sum to\n{found['similarity']:.4f}" in shown
    for each in (*found["ranked"], *found["against"]):
        assert re.search(rf"{each['texts'][0]} · {each['texts'][1]} +{re.escape(format(each['share'], '+.4f'))}", shown)
    sums = np.sum(found["contributions"], axis=1)
    for word, total, change in zip(A.split(), sums, found["left_out"]["tokens"], strict=True):
        assert f"{word} {total:+.4f}" in shown
        assert f"{word} {change:+.4f}" in shown
    for each, word in zip(found["dropped"], ("dog", "a"), strict=True):
        assert f"without {word} in {each['text']}: {each['similarity']:.4f}, a change of {each['change']:+.4f}" in shown


def test_the_matrix_is_in_units_in_which_it_has_three_digits(similar):
    shown, found = similar(A, B).stdout, json.loads(similar(A, B, "--json").stdout)
    unit = float(re.search(r"in units of ([\d.e+-]+);", shown)[1])
    largest = np.abs(found["contributions"]).max() / unit
    assert 99.5 <= largest < 1000
    for i, (word, row) in enumerate(zip(A.split(), found["contributions"], strict=True)):
        cells = re.search(rf"^{i} {word} +(.*)$", shown, re.M)[1].split()
        np.testing.assert_allclose([int(cell) for cell in cells], np.array(row) / unit, atol=1.01)
        assert all(cell == "0" or cell[0] in "+-" for cell in cells)


def test_signs_do_not_hang_on_colour(similar):
    plain = similar(A, B, env={"COLUMNS": "100"}).stdout
    coloured = similar(A, B, "--color", "always", env={"COLUMNS": "100", "COLORTERM": "truecolor"}).stdout
    assert "\x1b[" in coloured
    signs = re.sub(r"\x1b\[[\d;]*m", "", coloured)
    without_legend = re.sub(r"note: colours .*(\n +.*)*\n", "", signs)
    assert without_legend.split() == plain.split()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_line_is_wider_than_the_screen(similar, page, width):
    done = similar(*PAGES[page], env={"COLUMNS": str(width)})
    assert done.returncode == 0
    assert max(cell_len(line) for line in done.stdout.splitlines()) <= width
    if width >= 80:
        assert len(done.stdout.splitlines()) < 300


def test_a_long_pair_is_folded_into_sums(similar):
    shown, found = similar(*PAGES["long"], env={"COLUMNS": "80"}), json.loads(similar(*PAGES["long"], "--json").stdout)
    said = " ".join(shown.stdout.split())
    assert re.search(r"folded: one cell = \S+ × \S+ words, summed; every single one: --json", said)
    unit = float(re.search(r"in units of ([\d.e+-]+);", said)[1])
    rows = re.findall(r"^ *\d+(?:-\d+)? \S+ ((?: *[+-]?\d+)+)$", shown.stdout, re.M)
    total = sum(int(cell) for row in rows for cell in row.split())
    assert total * unit == pytest.approx(found["similarity"], abs=unit * len(rows) + 1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*PIECES, "--model", BERT], f"attn explain '{PIECES[0]}' --pair '{PIECES[1]}' --model {BERT}"),
        ([*PIECES, "--model", BERT], "token vectors are contextual, so a pair's share says how the number is made up"),
        ([*PIECES, "--model", BERT], "not how it would change without the word: --drop WORD"),
        ([*PIECES, "--model", BERT], "the folder says nothing about pooling: the mean over all tokens is taken"),
        ([*PIECES, "--model", BERT], "pairs with [CLS], [SEP] add"),
        ([A, B], f"attention from one text to the other: attn explain '{A}' --memory '{B}' --vectors /"),
        ([f"{A} " * 9, B], "attn explain A --memory B"),
        (PAGES["unknown"], "[qwzx?] is not in small and takes no part"),
    ],
)
def test_the_notes_lead_on(similar, arguments, said):
    assert said in " ".join(similar(*arguments, env={"COLUMNS": "200"}).stdout.split())


@pytest.mark.parametrize("arguments", [PIECES, [*PIECES, "--model", BERT]])
def test_the_command_that_it_leads_to_runs(similar, arguments):
    shown = " ".join(similar(*arguments, env={"COLUMNS": "400"}).stdout.split())
    command = shown[shown.index("attn explain") :]
    done = shell(command)
    assert done.returncode == 0, done.stderr
    assert "explain" in done.stdout


@pytest.mark.parametrize(("prompt", "shown"), [("", "none"), ("query", "query"), (",query", "none,query")])
def test_the_title_names_the_prompts(tmp_path, prompt, shown):
    folder = encoder_folder(tmp_path / "m", "mean", prompts={"query": "he is "})
    done = attn("similar", *PIECES, "--model", str(folder), "--prompt", prompt, env={"COLUMNS": "400"})
    assert done.stdout.splitlines()[0].endswith(f"· prompt {shown}")


def test_where_there_is_no_sum_the_screen_says_so(folders):
    shown = attn("similar", *PIECES, "--model", str(folders / "cls")).stdout
    said = " ".join(shown.split())
    assert "cosine of the two texts; by cls no sum over tokens" in said
    assert "left out the change of the similarity without each word, one at a time" in said
    assert "contributions" not in said
    far = " ".join(attn("similar", *PIECES, "--model", str(folders / "far")).stdout.split())
    assert "the euclidean distance of the two texts, as a negative number" in far


def test_the_accessible_text_says_it_in_sentences(similar):
    found = json.loads(similar(*PAGES["left out"], "--json").stdout)
    shown = similar(*PAGES["left out"], env={"ACCESSIBLE": "1", "COLUMNS": "200"}).stdout
    assert shown.isascii()
    assert f"Similarity {found['similarity']:.4f}: cosine of the two texts" in shown
    first = found["ranked"][0]
    assert f"{first['texts'][0]} with {first['texts'][1]} carries it, share {first['share']:+.4f}." in shown
    assert f"Without dog of text a it changes by {found['left_out']['tokens'][1]:+.4f}." in shown
    assert f"Without dog in a: {found['dropped'][0]['similarity']:.4f}, a change of" in shown


def test_the_accessible_text_says_how_many_words_it_leaves_out(similar):
    shown = similar(f"{A} " * 21, B, "--leave-one-out", env={"ACCESSIBLE": "1"}).stdout
    assert shown.count(" of text a it changes by ") == 60
    assert "3 more words of text a are left out of this list: --json has all." in " ".join(shown.split())


def test_an_example_is_shown_where_no_texts_are_given():
    done = attn("similar")
    assert done.stderr.startswith("no texts given; an example: attn similar ")
    assert "garden · lawn" in done.stdout
    assert "an example" in on_terminal("similar")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        ([A], 2, "the first text 'the dog eats': expected a second text"),
        ([A, ""], 2, "the second text '': expected a sentence, got an empty text"),
        (["  ", B], 2, "the first text '  ': expected a sentence, got an empty text"),
        ([A, B, "--drop", "zebra"], 2, "--drop 'zebra': expected a word of either text"),
        (
            [A, B, "--drop", "b:9"],
            2,
            "--drop 'b:9': expected a place in text b, 0 to 5\nhint: for the word itself: --drop b:=9",
        ),
        ([A, B, "--words"], 2, "--words: expected a model with it"),
        ([A, B, "--prompt", "query"], 2, "--prompt 'query': expected a model with it"),
        ([A, B, "--top", "0"], 2, "--top 0: expected a whole number from 1 up"),
        (["qwzx", B], 1, "not among the 33 words of small: 'qwzx'"),
        ([A, B, "--model", "no-such-model"], 3, "no folder 'no-such-model'"),
        ([A, B, "--format", "parquet"], 2, "--format 'parquet': expected one of"),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(similar, arguments, code, error):
    done = similar(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"error: {error}")
    assert len(done.stderr.splitlines()) <= 2
