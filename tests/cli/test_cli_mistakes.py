"""Help, mistakes, and hostile text."""

import json
import re

import pytest
from support.command import attn, shell
from support.places import TESTS
from support.texts import write_examples, write_weights

from attncli.cli.commands import (
    align,
    compare,
    completion,
    corpus,
    explain,
    heads,
    man,
    predict,
    schema,
    show,
    similar,
    tour,
    train,
)

MODULES = (explain, compare, heads, predict, similar, align, show, train, corpus, schema, tour, completion, man)
MODEL = TESTS / "oracles" / "tiny" / "bert"
HOSTILE = [
    "[red]x[/red]",
    "[/]",
    "[foo]",
    ":smile:",
    "a\\",
    "[link=http://x]y[/link]",
    "\x1b[31mred",
    "\x1b]52;c;AAAA\x07",
    "\x9b31m",
    "\u202eolleh",
    "new\nline",
]
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_alone_it_says_how_to_begin():
    done = attn()
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) <= 15
    assert done.stderr.count("  attn ") == 2


@pytest.mark.parametrize("command", [[], *([module.__name__.split(".")[-1]] for module in MODULES)])
def test_help_is_one_page_with_examples(command):
    short, long = attn(*command, "-h"), attn(*command, "--help")
    assert short.stdout == long.stdout
    assert short.returncode == 0
    assert len(re.findall(r"^  .*attn .*", short.stdout.partition("Examples:")[2], re.M)) >= 2


EXAMPLES = [line for module in MODULES for line in module.EXAMPLES.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_help_run(example, tmp_path):
    write_examples(tmp_path)
    if "--evaluate" in example:  # every line is guessed thirty times
        text = tmp_path / "my-text.txt"
        text.write_text("".join(text.read_text().splitlines(keepends=True)[:20]))
    write_weights(tmp_path)
    (tmp_path / "my-model").symlink_to(MODEL)
    (tmp_path / "my-decoder").symlink_to(MODEL.parent / "gpt2")
    done = shell(example, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "train" in example or not done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        (["explian", "x"], 2, "explian", "explain"),
        (["explain", "--metod", "dot", "x"], 2, "no such option: --metod", "--method"),
        (["explain", "--zzz", "x"], 2, "no such option: --zzz", "attn explain --help"),
        (["explain", "a dog", "--method", "scald"], 2, "scald", "scaled"),
        (["explain", "a dog", "--mode", "slef"], 2, "slef", "self"),
        (["explain", "a dog", "--heads", "many"], 2, "--heads 'many': expected a whole number", ""),
        (["explain", "a dog", "--mask", "casual"], 2, "casual", "causal"),
        (["explain", "a dog", "--color", "sometimes"], 2, "--color 'sometimes': expected one of auto", ""),
        (["explain", "a dog", "--precision", "99"], 2, "--precision 99: expected a whole number from 0 to 17", ""),
        (["explain", "a dog", "--word", "cat"], 2, "cat", "dog"),
        (["explain", "a dog", "--memory", ""], 2, "--memory", ""),
        (["explain", "--word"], 2, "--word", "attn explain --help"),
        (["explain", "a dog", "--word", "7"], 2, "--word '7': expected a place in this sentence, 0 to 1", "--word =7"),
        (["explain", "a dog", "--vectors", "atn-en"], 3, "atn-en", "attn-en"),
        (["explain", "a dog", "--vectors", "./nothing.txt"], 3, "nothing.txt", ""),
        (["explain", "a dog", "--mode", "qkv", "--projections", "no.npz"], 3, "no.npz", ""),
        (["explain", "a dog", "--mode", "qkv", "--projections", "randm"], 2, "randm", "random"),
        (["explain", "a", "dog"], 2, "dog", "quote"),
        (["explain", ""], 2, "''", "Bark is very cute"),
        (["explain", "   "], 2, "'   '", "Bark is very cute"),
        (["explain", "…!?"], 1, "…!?", "word"),
        (["explain", "qwzxq zzyzzx"], 1, "qwzxq", "nearest"),
        (["explain", "a qwzxq", "--unknown", "error"], 1, "qwzxq", "nearest"),
        (["compare", "a dog", "--against", "scaled"], 2, "scaled", "--method"),
        (["compare", "a dog", "--against", "scald"], 2, "scald", "scaled"),
        (["schema", "explian"], 2, "explian", "explain"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted, hint):
    done = attn(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]


@pytest.mark.parametrize("sentence", ["dog", "dog dog dog dog dog dog dog dog dog"])
def test_one_word_and_the_same_word_nine_times(sentence):
    record = json.loads(attn("explain", sentence, "--json").stdout)
    for row in record["weights"][0][0]:
        assert sum(row) == pytest.approx(1, abs=1e-5)
    assert attn("explain", sentence).returncode == 0


def test_an_empty_pipe_is_an_error():
    done = attn("explain", text="\n  \n")
    assert done.returncode == 2
    assert "empty" in done.stderr


def test_no_sentence_is_the_example():
    done = attn("explain", "--json")
    assert json.loads(done.stdout)["sentence"] == "Bark is very cute and he is a dog"
    assert "example" in done.stderr


def test_a_bad_line_does_not_stop_the_others():
    done = attn("explain", "--json", text="a dog\n\nqwzx\na cat\n")
    assert [json.loads(line)["sentence"] for line in done.stdout.splitlines()] == ["a dog", "a cat"]
    assert done.stderr.startswith("error: line 3: ")
    assert done.returncode == 4


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("arguments", [["explain"], ["explain", "--word", "dog"], ["compare"]])
def test_hostile_text_stays_text(arguments, hostile):
    done = attn(*arguments, f"a dog {hostile}")
    assert done.returncode == 0
    assert not ACTING.search(done.stdout + done.stderr)
    if hostile.isprintable():
        assert hostile in done.stdout


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("option", ["--method", "--vectors", "--word", "--projections", "-o", "--heads", "--mask"])
def test_hostile_values_stay_text(option, hostile, tmp_path):
    done = attn("explain", "a dog", option, hostile, cwd=tmp_path)
    assert done.returncode in (0, 1, 2, 3)
    assert not ACTING.search(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_json_is_escaped(hostile):
    done = attn("explain", f"a dog {hostile}", "--json")
    assert json.loads(done.stdout)["sentence"] == f"a dog {hostile}"
    assert not ACTING.search(done.stdout)


def test_bytes_that_are_no_text():
    done = attn("explain", "a\udcffb dog", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["sentence"] == "a\ufffdb dog"
    assert "\\ud" not in done.stdout


def test_a_fault_of_ours_is_one_line(monkeypatch, capfd):
    import attncli.recipes.explaining
    from attncli.cli.app import run

    def fail(*_):
        raise KeyError("boom")

    monkeypatch.setattr(attncli.recipes.explaining, "explain_with", fail)
    assert run(["explain", "a dog"]) == 1
    error, hint = capfd.readouterr().err.splitlines()
    assert "0.1.0" in error
    assert "--debug" in hint
    assert "report" in hint


def test_a_sentence_that_begins_with_a_dash():
    done = attn("explain", "-dash first word")
    assert done.returncode == 2
    assert 'attn explain -- "-' in done.stderr.splitlines()[1]
    assert attn("explain", "--", "-dash first word").returncode == 0


def test_a_seed_beside_trained_projections_is_said_to_change_nothing():
    assert "--seed 7 has no effect" in attn("explain", "a dog", "--mode", "qkv", "--seed", "7").stdout
    random = attn("explain", "a dog", "--mode", "multihead", "--heads", "2", "--seed", "7")
    assert "no effect" not in random.stdout + random.stderr


@pytest.mark.parametrize("ending", ["html", "svg", "npz"])
def test_a_document_holds_one_sentence_and_more_end_it_at_once(tmp_path, ending):
    done = attn("explain", "-", "-o", f"x.{ending}", text="qwzx zqwx\na dog\nthe cat\nthe king\n", cwd=tmp_path)
    assert done.returncode == 2
    assert sum("holds one sentence" in line for line in done.stderr.splitlines()) == 1
    assert "-o FILE.json" in done.stderr
    assert not [path for path in tmp_path.iterdir() if path.is_file()]
    first = attn("explain", "-", "-o", f"x.{ending}", text="qwzx zqwx\na dog\n", cwd=tmp_path)
    assert first.returncode == 4
    assert (tmp_path / f"x.{ending}").stat().st_size > 0
