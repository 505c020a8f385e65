"""`attn similar` over files and standard input: a number or a record a pair, in order, as it is made; bad lines."""

import csv
import gzip
import io
import json
import subprocess

import numpy as np
import pytest
from support.command import COMMAND, attn, on_terminal
from support.encoders import encoder_folder
from support.places import TESTS
from support.two_languages import MEANINGS, small_set

from attncli import open_model, similar
from attncli.cli import similar_batch
from attncli.corpus import pair_texts

PAIRS = [("the dog eats", "a cat"), ("he is cute", "the dog is very cute"), ("a cat", "a cat"), ("qwzx dog", "cat")]
TABBED = "".join(f"{a}\t{b}\n" for a, b in PAIRS)
OBJECTS = "".join(json.dumps({"a": a, "b": b, "id": 1}) + "\n" for a, b in PAIRS)
BAD = 'the dog\ta cat\nno tab\n\n{"a": "dog"}\nqwzx\tcat\n{"a": "he is", "b": "she is"}\n\tx\n'
REASONS = {
    2: "no tab between first text and second text",
    3: "empty line",
    4: "no such text field",
    5: "not among the ",
    7: "empty first text",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folders")
    small_set(folder / "small")
    encoder_folder(folder / "mean", "mean")
    encoder_folder(folder / "cls", "cls")
    encoder_folder(folder / "prompted", "mean", prompts={"query": "he is "})
    return folder


@pytest.fixture(params=["small", "mean"])
def source(request, folders):
    """Options of vectors, and of a model."""
    return ["--vectors" if request.param == "small" else "--model", str(folders / request.param)]


def of_one_pair(source, a, b):
    kind, folder = source
    return similar(a, b, **({"vectors": folder} if kind == "--vectors" else {"model": folder}))


def numbers(done):
    return [float(line) if line else None for line in done.stdout.splitlines()]


def test_each_pair_of_a_file_has_the_number_of_a_single_pair(source, tmp_path):
    (tmp_path / "a.tsv").write_text("\ufeff" + TABBED.replace("\n", "\r\n"))
    (tmp_path / "b.jsonl").write_text(OBJECTS)
    (tmp_path / "c.jsonl").write_text(OBJECTS.replace('"a"', '"x"').replace('"b"', '"the b"'))
    with gzip.open(tmp_path / "d.gz", "wt") as packed:
        packed.write(TABBED)
    (tmp_path / "first").write_text("".join(f"{a}\n" for a, _ in PAIRS))
    (tmp_path / "second").write_text("".join(f"{b}\n" for _, b in PAIRS))
    expected = [of_one_pair(source, *pair).value for pair in PAIRS]
    for given in (["a.tsv"], ["b.jsonl"], ["c.jsonl", "--fields", "x, the b"], ["d.gz"], ["first", "second"]):
        done = attn("similar", *given, *source, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert numbers(done) == pytest.approx(expected, abs=2e-6)
    for given in (["-"], []):
        assert numbers(attn("similar", *given, *source, text=TABBED)) == pytest.approx(expected, abs=2e-6)


def test_each_record_is_that_of_a_single_pair(source):
    found = [json.loads(line) for line in attn("similar", "-", *source, "--json", text=TABBED).stdout.splitlines()]
    assert [each["line"] for each in found] == [1, 2, 3, 4]
    for each, pair in zip(found, PAIRS, strict=True):
        single = of_one_pair(source, *pair)
        assert each["similarity"] == pytest.approx(single.value, abs=2e-6)
        assert np.array(each["contributions"]) == pytest.approx(single.contributions, abs=2e-6)
        assert [token["text"] for token in each["tokens"]] == [token.text for token in single.tokens]


def test_words_are_left_out_and_prompts_put_in_front_in_files(folders):
    for given in (["cls"], ["mean", "--leave-one-out"], ["mean", "--words", "--leave-one-out"]):
        done = attn("similar", "-", "--model", folders / given[0], *given[1:], "--json", text=TABBED)
        for line, pair in zip(done.stdout.splitlines(), PAIRS, strict=True):
            options = {"words": "--words" in given, "leave_one_out": True}
            single = similar(*pair, model=open_model(folders / given[0]), **options).left_out
            found = json.loads(line)["left_out"]
            for each, changes in zip((found["tokens"], found["other_tokens"]), single, strict=True):
                assert np.array(each, float) == pytest.approx(changes, abs=2e-6, nan_ok=True)
    done = attn("similar", "-", "--model", folders / "prompted", "--prompt", ",query", text=TABBED)
    expected = [similar(*pair, model=folders / "prompted", prompt=",query").value for pair in PAIRS]
    assert numbers(done) == pytest.approx(expected, abs=2e-6)
    assert attn("similar", "-", "--model", folders / "prompted", "--prompt", "x", text=TABBED).returncode == 2


@pytest.mark.parametrize("form", ["txt", "json"])
def test_a_block_without_a_pair_is_passed_over(source, form, monkeypatch):
    for name in ("AT_ONCE", "RECORDS_AT_ONCE"):
        monkeypatch.setattr(similar_batch, name, 2)
    done = attn("similar", "-", *source, "--format", form, text="x\ny\nthe dog\ta cat\n")
    assert (done.returncode, len(done.stdout.split("\n"))) == (4, 4 if form == "txt" else 2)


@pytest.mark.parametrize("form", ["txt", "json", "csv"])
def test_bad_lines_are_named_and_the_others_are_compared(folders, form):
    done = attn("similar", "-", "--vectors", folders / "small", "--format", form, text=BAD)
    assert done.returncode == 4
    said = done.stderr.splitlines()
    assert len(said) == len(REASONS)
    for line, (number, reason) in zip(said, REASONS.items(), strict=True):
        assert line.startswith(f"error: line {number}: {reason}")
    if form == "txt":
        assert [number is None for number in numbers(done)] == [number in REASONS for number in range(1, 8)]
    elif form == "csv":
        assert {row["line"] for row in csv.DictReader(io.StringIO(done.stdout))} == {"1", "6"}
    else:
        assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == [1, 6]


def test_many_pairs_come_in_their_order(source, monkeypatch):
    for module in (pair_texts, similar_batch):
        monkeypatch.setattr(module, "AT_ONCE", 7)
    words, rng = [word for meaning in MEANINGS for word in meaning.split()], np.random.default_rng(4)
    texts = [" ".join(rng.permutation(words)[: rng.integers(1, 30)]) for _ in range(80)]
    pairs = list(zip(texts[:40], texts[40:], strict=True))
    done = attn("similar", "-", *source, text="".join(f"{a}\t{b}\n" for a, b in pairs))
    assert numbers(done) == pytest.approx([of_one_pair(source, *pair).value for pair in pairs], abs=2e-6)


def test_each_pair_chooses_among_the_embedded_sets():
    pairs = [("the dog", "a cat"), ("the dog", "狗很可愛"), ("qwzx dog", "the cat"), ("3 狗", "the 狗")]
    done = attn("similar", "-", text="".join(f"{a}\t{b}\n" for a, b in pairs))
    assert (done.returncode, done.stderr) == (0, "")
    assert numbers(done) == pytest.approx([similar(*pair).value for pair in pairs], abs=2e-6)


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_every_line_is_answered_before_the_next_is_there(folders, form):
    command = [*COMMAND, "similar", "-", "--vectors", str(folders / "small"), *form]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        for pair in TABBED.encode().splitlines(keepends=True)[:3]:
            process.stdin.write(pair)
            assert process.stdout.readline()
        process.stdin.close()
        assert process.wait() == 0


def test_pictures_and_arrays_hold_one_pair(folders, tmp_path):
    given = ["similar", "-", "--vectors", folders / "small"]
    assert attn(*given, "-o", "a.npz", text="the dog\ta cat\n", cwd=tmp_path).returncode == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["contributions"].shape == (2, 2)
    done = attn(*given, "-o", "b.npz", text=TABBED, cwd=tmp_path)
    assert (done.returncode, (tmp_path / "b.npz").exists()) == (2, False)
    assert "a .npz holds one sentence" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "text", "code", "said"),
    [
        (["-"], "", 2, "standard input is empty"),
        ([], "", 2, "standard input is empty"),
        (["-", "-"], "x", 2, "'-' is named twice"),
        (["empty"], None, 2, "there is no line in 'empty'"),
        (["nothing"], None, 2, "expected a second text, or a file"),
        (["one", "two"], None, 2, "expected as many lines in 'two' as in 'one', 1, got 2"),
        (["one", "--fields", "a"], None, 2, "expected two names with a comma between"),
        (["one", "--fields", ",b"], None, 2, "expected two names with a comma between"),
        (["the dog", "a cat", "--fields", "a,b"], None, 2, "expected a file with it"),
        (["one", "--drop", "dog"], None, 2, "--drop: expected records with it: a file gets a number a line"),
        (["one", "--leave-one-out"], None, 2, "--leave-one-out: expected records with it"),
        (["zip"], None, 1, "zip"),
    ],
)
def test_mistakes_are_named(folders, tmp_path, arguments, text, code, said):
    (tmp_path / "empty").write_text("")
    (tmp_path / "one").write_text("the dog\ta cat\n")
    (tmp_path / "two").write_text("the dog\na cat\n")
    (tmp_path / "zip").write_bytes(b"\x7fELF\x02\x01" + bytes(90))
    done = attn("similar", *arguments, "--vectors", folders / "small", text=text, cwd=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_file_beside_a_text_is_a_text(folders, tmp_path):
    (tmp_path / "dog").write_text("x")
    done = attn("similar", "dog", "cat", "--vectors", folders / "small", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["text"] == "dog"
    assert done.stderr == "note: 'dog' is a file and the other is none: both are taken as texts\n"


def test_numbers_on_a_terminal_have_no_codes(folders, tmp_path):
    (tmp_path / "pairs").write_text(TABBED)
    shown = on_terminal("similar", "pairs", "--vectors", folders / "small", cwd=tmp_path)
    assert "\x1b" not in shown
    assert len(shown.split()) == len(PAIRS)


def test_the_numbers_of_a_file_come_with_what_is_to_be_said_of_the_model(tmp_path):
    folder = encoder_folder(tmp_path / "m", "mean", texts={"max_seq_length": 4, "tokenizer_args": {"x": 1}})
    (tmp_path / "pairs").write_text("the dog\ta cat\nthe dog eats a cat\the is\n")
    done = attn("similar", "pairs", "--model", str(folder), cwd=tmp_path)
    said = done.stderr.splitlines()
    assert [each.partition(" of ")[0] for each in said] == ["note: tokenizer_args {'x': 1}", "note: texts"]
    assert said[1] == "note: texts of which the model was given a part: 1"
    assert attn("similar", "pairs", "--model", str(folder), "-q", cwd=tmp_path).stderr == ""
    plain = attn("similar", "pairs", "--model", str(TESTS / "oracles" / "tiny" / "bert"), cwd=tmp_path)
    assert plain.stderr == "note: the folder says nothing about pooling: the mean over all tokens is taken\n"


def test_the_distance_of_equal_texts_has_no_minus_sign(tmp_path):
    far = ["--model", str(encoder_folder(tmp_path / "m", "mean", similarity_fn_name="euclidean"))]
    (tmp_path / "pairs").write_text("the dog\tthe dog\n")
    assert attn("similar", "pairs", *far, cwd=tmp_path).stdout == "0.000000\n"
    shown = attn("similar", "the dog", "the dog", *far).stdout
    assert "similarity  0.0000  the euclidean distance" in shown
