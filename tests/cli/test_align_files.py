"""`attn align` over files and standard input: a line a pair, in order, as it is made; gold links; bad lines."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.command import COMMAND, attn, attn_process, on_terminal
from support.places import TESTS
from support.two_languages import MEANINGS, small_set

from attncli import align as align_pair
from attncli.cli import align_batch, line_report, pace
from attncli.corpus import pair_texts
from attncli.vectors import Vectors

ENGLISH = ["the dog", "the white house", "he is very cute", "a cat"]
FRENCH = ["le chien", "la maison blanche", "il est très mignon", "un chat"]
LINKS = ["0-0 1-1", "0-0 1-2 2-1", "0-0 1-1 2-2 3-3", "0-0 1-1"]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set") / "small"
    small_set(folder)
    return str(folder)


@pytest.fixture
def align(small, tmp_path):
    return lambda *arguments, **how: attn("align", *arguments, "--vectors", small, **({"cwd": tmp_path} | how))


def lines(*texts):
    return "".join(f"{text}\n" for text in texts)


PAIRS = lines(*(f"{source} ||| {target}" for source, target in zip(ENGLISH, FRENCH, strict=True)))
BAD = lines("the dog ||| le chien", "no mark", "", "a cat\tun chat", "qwzx ||| le", "||| le", "le ||| the")
BAD_LINKS = ["0-0 1-1", "", "", "0-0 1-1", "", "", "0-0"]
REASONS = {
    2: "no ||| and no tab between source and target",
    3: "empty line",
    5: "no known word in the source",
    6: "empty source",
}


def test_the_pairs_of_one_file_in_either_form(align, tmp_path):
    (tmp_path / "a.txt").write_text(PAIRS)
    (tmp_path / "b.tsv").write_text(PAIRS.replace(" ||| ", "\t"))
    with gzip.open(tmp_path / "c.gz", "wt") as packed:
        packed.write(PAIRS)
    for given in (["a.txt"], ["b.tsv"], ["c.gz"], ["a.txt", "--jobs", "2"], ["a.txt", "--tokenized"]):
        done = align(*given)
        assert (done.returncode, done.stdout, done.stderr) == (0, lines(*LINKS), "")


def test_standard_input_and_two_files(align, tmp_path):
    assert align("-", text=PAIRS).stdout == align(text=PAIRS).stdout == lines(*LINKS)
    (tmp_path / "en").write_text(lines(*ENGLISH))
    (tmp_path / "fr").write_text("\ufeff" + "\r\n".join(FRENCH))
    for given, text in ((["en", "fr"], None), (["-", "fr"], lines(*ENGLISH)), (["en", "-"], lines(*FRENCH))):
        assert align(*given, text=text).stdout == lines(*LINKS)


def test_two_words_are_files_only_when_both_are(align, tmp_path):
    (tmp_path / "dog").write_text(lines(*ENGLISH))
    (tmp_path / "le").mkdir()
    for target in ("chien", "le"):
        done = align("dog", target, "--json")
        assert json.loads(done.stdout)["source"]["sentence"] == "dog"
        assert done.stderr == "note: 'dog' is a file and the other is none: both are taken as sentences\n"
    assert align("dog", "chien", "--json", "-q").stderr == ""
    (tmp_path / "chien").write_text(lines(*FRENCH))
    assert align("dog", "chien").stdout == lines(*LINKS)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_bad_lines_are_named_and_leave_an_empty_line(align, jobs):
    done = align("-", "--jobs", jobs, text=BAD)
    assert (done.returncode, done.stdout) == (4, lines(*BAD_LINKS))
    assert done.stderr.splitlines() == [f"error: line {line}: {reason}" for line, reason in REASONS.items()]


@pytest.mark.parametrize(("count", "said"), [(3, []), (4, ["1 more line"]), (10, ["7 more lines"])])
def test_only_the_first_bad_lines_are_named(align, monkeypatch, count, said):
    monkeypatch.setattr(line_report, "MOST_NAMED", 3)
    done = align("-", text="x\n" * count)
    assert (done.returncode, done.stdout) == (4, "\n" * count)
    assert done.stderr.splitlines()[3:] == [f"error: {each} could not be aligned" for each in said]


def test_json_has_an_object_a_pair_with_its_line(align):
    done = align("-", "--json", text=BAD)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, [each["line"] for each in found]) == (4, [1, 4, 7])
    alone = json.loads(align("a cat", "un chat", "--json").stdout)
    assert found[1] == alone | {"line": 4}
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [" line 2", " line 3", " line 5", " line 6"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_csv_and_parquet_have_a_row_a_link(align, tmp_path, jobs):
    import pyarrow.parquet

    done = align("-", "--format", "csv", "--jobs", jobs, text=BAD)
    rows = [*csv.DictReader(io.StringIO(done.stdout))]
    assert [(row["sentence"], row["line"], row["source_text"], row["target_text"]) for row in rows] == [
        ("0", "1", "the", "le"),
        ("0", "1", "dog", "chien"),
        ("1", "4", "a", "un"),
        ("1", "4", "cat", "chat"),
        ("2", "7", "le", "the"),
    ]
    assert align("-", "-o", "links.parquet", "--jobs", jobs, text=BAD).returncode == 4
    table = pyarrow.parquet.read_table(tmp_path / "links.parquet")
    assert table.schema.metadata[b"schema"] == b"attn.align"
    for row, other in zip(rows, table.to_pylist(), strict=True):
        assert other.pop("schema") == "attn.align/1.0"
        assert {name: type(value)(row[name]) for name, value in other.items()} == other


def test_parquet_without_a_row_has_its_columns(align, tmp_path):
    import pyarrow.parquet

    assert align("-", "-o", "none.parquet", text="x\n").returncode == 4
    assert pyarrow.parquet.read_table(tmp_path / "none.parquet").column_names[:3] == ["schema", "sentence", "line"]
    assert align("a cat", "un chat", "-o", "one.parquet").returncode == 0
    assert pyarrow.parquet.read_table(tmp_path / "one.parquet").num_rows == 2


def test_parquet_needs_its_extra_and_a_file(align, small, tmp_path, monkeypatch):
    shown = on_terminal("align", "a cat", "un chat", "--vectors", small, "--format", "parquet")
    assert "expected a file for bytes, got a terminal" in shown
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = align("-", "-o", "links.parquet", text=PAIRS)
    assert (done.returncode, done.stdout) == (3, "")
    assert "pyarrow" in done.stderr.splitlines()[1]
    assert not (tmp_path / "links.parquet").exists()


def test_a_picture_holds_one_pair(align, tmp_path):
    assert align("-", "-o", "a.npz", text="the dog ||| le chien\n").returncode == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["links"].tolist() == [[0, 0], [1, 1]]
    done = align("-", "-o", "b.npz", text=PAIRS)
    assert done.returncode == 2
    assert "a .npz holds one sentence" in done.stderr
    assert not (tmp_path / "b.npz").exists()


def random_pairs(count):
    words, rng = [word for meaning in MEANINGS for word in meaning.split()], np.random.default_rng(4)
    texts = [" ".join(rng.permutation(words)[: rng.integers(1, 9)]) for _ in range(2 * count)]
    return list(zip(texts[:count], texts[count:], strict=True))


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_many_pairs_come_in_their_order(align, small, monkeypatch, jobs):
    monkeypatch.setattr(pair_texts, "AT_ONCE", 7)
    monkeypatch.setattr(align_batch, "AT_ONCE", 7)
    pairs, vectors = random_pairs(100), Vectors(Path(small))
    text = lines(*(f"{source} ||| {target}" for source, target in pairs))
    expected = [" ".join(f"{i}-{j}" for i, j in align_pair(*pair, vectors).links) for pair in pairs]
    assert align("-", "--jobs", jobs, text=text).stdout == lines(*expected)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_every_line_is_answered_before_the_next_is_there(small, form):
    command = [*COMMAND, "align", "-", "--vectors", small, *form]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        answers = []
        for pair in PAIRS.encode().splitlines(keepends=True)[:3]:
            process.stdin.write(pair)
            answers.append(process.stdout.readline())
        process.stdin.close()
        assert process.wait() == 0
    assert all(answers)
    assert form or b"".join(answers).decode() == lines(*LINKS[:3])


def test_a_reader_that_goes_away_is_no_fault(small, tmp_path):
    (tmp_path / "many").write_text(PAIRS * 20_000)
    done = subprocess.run(
        f"{' '.join(COMMAND)} align many --vectors {small} | head -1",
        shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (lines(LINKS[0]), "")


GOLD = ["1-1 2-2", "1-1 2p3 3p2", "1-1 2-3 3-3 4-4", ""]


def figures(hypotheses, gold):
    """The published figures by a plain script: 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|)."""
    found = and_sure = and_possible = sure = 0
    for line, links in zip(hypotheses, gold, strict=True):
        a = {tuple(map(int, each.split("-"))) for each in line.split()}
        s = {tuple(int(n) - 1 for n in each.split("-")) for each in links.split() if "-" in each}
        p = {tuple(int(n) - 1 for n in each.replace("p", "-").split("-")) for each in links.split()}
        found, sure = found + len(a), sure + len(s)
        and_sure, and_possible = and_sure + len(a & s), and_possible + len(a & p)
    precision, recall = and_possible / found, and_sure / sure
    aer = 1 - (and_sure + and_possible) / (found + sure)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall), "aer": aer}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_gold_gives_the_figures(align, tmp_path, jobs):
    (tmp_path / "gold").write_text(lines(*GOLD))
    plain = align("-", "--gold", "gold", "--jobs", jobs, text=PAIRS)
    assert (plain.returncode, plain.stdout) == (0, lines(*LINKS))
    # |A| = 2 + 3 + 4 + 2, |S| = 2 + 1 + 4 + 0, |A ∩ S| = 2 + 1 + 3 + 0, |A ∩ P| = 2 + 3 + 3 + 0
    assert plain.stderr == "gold: precision 0.727, recall 0.857, F1 0.787, AER 0.222 of 4 pairs\n"
    *each, last = map(
        json.loads, align("-", "--gold", "gold", "--json", "--jobs", jobs, text=PAIRS).stdout.splitlines()
    )
    assert last == {
        "schema": "attn.align",
        "schema_version": "1.0",
        "gold": pytest.approx(figures(LINKS, GOLD) | {"pairs": 4}, abs=1e-6),
    }
    for found, links, gold in zip(each[:3], LINKS, GOLD, strict=False):
        assert found["gold"] == pytest.approx(figures([links], [gold]), abs=1e-6)
    assert each[3]["gold"] == {"precision": 0, "recall": None, "f1": None, "aer": 1}


def test_gold_counts_the_words_between_blanks(align, tmp_path):
    (tmp_path / "gold").write_text("1-1 2-2 3-3\n")
    done = align("-", "--gold", "gold", text="the , dog ||| le , chien\n")
    assert done.stdout == "0-0 2-2\n"
    assert "recall 0.667" in done.stderr
    assert align("-", text="the , dog ||| le , chien\n").stdout == "0-0 1-1\n"


def test_a_line_that_cannot_be_aligned_lacks_its_links(align, tmp_path):
    (tmp_path / "gold").write_text("1-1 2-2\n1-1\n")
    done = align("-", "--gold", "gold", text="the dog ||| le chien\nqwzx ||| le\n")
    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == "gold: precision 1.000, recall 0.667, F1 0.800, AER 0.200 of 2 pairs"


@pytest.mark.parametrize(
    ("gold", "options", "said"),
    [
        ("1-1 2-2\n", [], "warning: expected gold for 4 pairs, got 1: is it the gold of this text?"),
        ("1-1\n" * 5, [], "warning: expected gold for 4 pairs, got 5: is it the gold of this text?"),
        ("1-1 3-1\n1-1\n1-9\n\n", [], "warning: gold leads out of the words of line 1 and 1 more: "),
        ("1-1\n2-3 3-2\n1-1\n2-2\n", ["--gold-base", "0"], "warning: gold leads out of the words of line 2 and 1 more"),
        ("1-1 3p3\n\n\n\n", [], "warning: gold leads out of the words of line 1: is it of this text"),
    ],
)
def test_gold_of_another_text_is_noticed(align, tmp_path, gold, options, said):
    (tmp_path / "gold").write_text(gold)
    done = align("-", "--gold", "gold", *options, text=PAIRS)
    assert done.returncode == 0
    assert said in done.stderr
    assert done.stderr.splitlines()[-1].startswith("gold: precision ")


def test_gold_of_two_sentences(align, tmp_path):
    (tmp_path / "gold").write_text("1-1 2-3\n")
    done = align("the dog", "le chien", "--gold", "gold", "--json")
    pair, total = map(json.loads, done.stdout.splitlines())
    assert pair["gold"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "aer": 0.5}
    assert total["gold"] == pair["gold"] | {"pairs": 1}
    assert align("the dog", "le chien", "--gold", "gold").stderr.startswith("gold: precision 0.500, ")


@pytest.mark.parametrize(
    "arguments",
    [["the dog", "le chien"], ["-"]],
)
def test_every_object_keeps_to_its_schema(align, tmp_path, arguments):
    import jsonschema

    from attncli.views.records.schemas import schema_of

    (tmp_path / "gold").write_text(lines(*GOLD))
    done = align(*arguments, "--gold", "gold", "--json", text=PAIRS)
    for line in done.stdout.splitlines():
        jsonschema.validate(json.loads(line), schema_of("align"), jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    ("arguments", "text", "code", "quoted"),
    [
        (["missing.txt"], None, 2, "'missing.txt': expected a second sentence, or a file"),
        (["."], None, 2, "'.': expected a second sentence, or a file"),
        (["-", "-"], "the\n", 2, "'-' is named twice"),
        (["-"], "", 2, "standard input is empty"),
        ([], "", 2, "standard input is empty"),
        (["-"], "\ufeff", 2, "standard input is empty"),
        (["empty", "empty2"], None, 2, "there is no line in 'empty'"),
        (["-", "--gold", "missing"], PAIRS, 1, "cannot read 'missing'"),
        (["-", "--gold", "bad"], PAIRS, 1, "cannot read 'bad': line 1: expected links such as 1-2 or 3p4, got 'x'"),
        (["-", "--gold", "zero", "--gold-base", "1"], PAIRS, 1, "expected numbers from 1 up, got '0-0'"),
        (["-", "--gold-base", "2"], PAIRS, 2, "--gold-base 2: expected a whole number from 0 to 1"),
        (["-", "--jobs", "0"], PAIRS, 2, "--jobs 0: expected a whole number from 1 to 1,024"),
        (["-", "-o", "a.xyz"], PAIRS, 2, "expected an ending among"),
        (["packed.txt"], None, 1, "cannot read 'packed.txt'"),
        (["/dev/zero"], None, 1, "cannot read '/dev/zero'"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(align, tmp_path, arguments, text, code, quoted):
    for name, content in (("empty", ""), ("empty2", ""), ("bad", "x\n"), ("zero", "0-0\n")):
        (tmp_path / name).write_text(content)
    (tmp_path / "packed.txt").write_bytes(gzip.compress(b"the"))
    done = align(*arguments, text=text)
    assert (done.returncode, done.stdout) == (code, "")
    assert quoted in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("name", ["en", "fr"])
def test_files_of_unlike_lengths_are_an_error_behind_their_pairs(align, tmp_path, name):
    for each, texts in (("en", ENGLISH), ("fr", FRENCH)):
        (tmp_path / each).write_text(lines(*texts[: 2 if each == name else 4]))
    done = align("en", "fr")
    n, m = (2, 4) if name == "en" else (4, 2)
    assert (done.returncode, done.stdout) == (2, lines(*LINKS[:2]))
    assert f"expected as many lines in 'fr' as in 'en', {n}, got {m}" in done.stderr
    assert align("en", "fr", "-o", "out.txt").returncode == 2
    assert not (tmp_path / "out.txt").exists()


def test_progress_is_plain_where_no_bar_can_be_drawn(align, tmp_path, monkeypatch):
    monkeypatch.setattr(pace, "EVERY", 0)
    (tmp_path / "a.txt").write_text(PAIRS)
    said = align("a.txt").stderr
    assert said.startswith("100%  4 pairs, ")
    assert not {"\r", "\x1b"} & {*said}
    assert align("-", text=PAIRS).stderr.startswith("  0%  4 pairs, ")  # a pipe has no size
    assert align("a.txt", "-q").stderr == ""


def test_a_bar_is_drawn_beside_an_output_that_goes_elsewhere(small, tmp_path):
    (tmp_path / "a.txt").write_text(PAIRS)
    shown = on_terminal("align", "a.txt", "--vectors", small, "-o", "out.txt", cwd=tmp_path)
    assert "4 pairs" in shown
    shown = on_terminal("align", "a.txt", "--vectors", small, cwd=tmp_path)
    assert shown.replace("\r\n", "\n") == lines(*LINKS)  # no bar between the lines


def test_bad_bytes_are_a_bad_line(small, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"the dog ||| le chien\nthe \xff ||| le\na cat ||| un chat\n")
    done = attn_process("align", "a.txt", "--vectors", small, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (4, "0-0 1-1\n\n0-0 1-1\n")
    assert done.stderr == "error: line 2: not UTF-8\n"


MODEL = TESTS / "oracles" / "tiny" / "bert"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_pairs_are_aligned_by_a_model_too(jobs):
    pairs = [("the dogs stop", "he barks"), ("he", "she and he")]
    text = lines(*(f"{source} ||| {target}" for source, target in [pairs[0], ("he", ""), pairs[1]]))
    options = "--model", MODEL, "--layer", "1"
    done = attn("align", "-", *options, "--jobs", jobs, text=text)
    alone = [json.loads(attn("align", *pair, *options, "--json").stdout)["links"] for pair in pairs]
    first, second = (" ".join(f"{i}-{j}" for i, j in links) for links in alone)
    assert (done.returncode, done.stdout) == (4, lines(first, "", second))
    found = [json.loads(line) for line in attn("align", "-", *options, "--json", text=text).stdout.splitlines()]
    assert [(each["line"], each["links"]) for each in found] == [(1, alone[0]), (3, alone[1])]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_layer_that_the_model_lacks_is_refused_once(jobs):
    done = attn("align", "-", "--model", MODEL, "--layer", "9", "--jobs", jobs, text="he ||| she\nhe ||| he\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --layer 9: expected 0 to 1, the 2 layers of bert\nhint: ")


def test_full_adds_the_steps(align):
    found = json.loads(align("-", "--json", "--full", "--precision", "3", text="the dog ||| le chien\n").stdout)
    assert np.shape(found["scores"]) == np.shape(found["similarity"]) == (2, 2)
    assert found["weights"] == [[1.0, 0.0], [0.0, 1.0]]
