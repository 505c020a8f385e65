"""The commands that look into models, as a user runs them."""

import json
import re

import numpy as np
import pytest
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.sentences import LONGEST
from rich.cells import cell_len
from support.command import attn
from support.places import TESTS
from support.records import record

from attncli.cli.app import run

TINY = TESTS / "oracles" / "tiny"
BERT, GPT2, LLAMA, QWEN2 = (str(TINY / name) for name in ("bert", "gpt2", "llama", "qwen2"))
SENTENCE = "Bark is very cute and he is a dog"
EXPLAIN = ["explain", SENTENCE, "--model", BERT]
SWAP = ["compare", SENTENCE, "--model", BERT, "--swap", "he=she"]
HEADS = ["heads", SENTENCE, "--model", BERT]
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def within(capfd, monkeypatch):
    """`attn` in this process, for long tables: the exit code and what both streams got."""

    def within(*arguments, **env):
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        code = run(list(arguments))
        return code, *capfd.readouterr()

    return within


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ([], (2, 4, 11, 11)),
        (["--full"], (2, 4, 11, 11)),
        (["--layer", "1"], (1, 4, 11, 11)),
        (["--layer", "1", "--head", "0,2-3"], (1, 3, 11, 11)),
        (["--layer", "0", "--layer", "1", "--head", "3"], (2, 1, 11, 11)),
        (["--combine", "mean"], (1, 1, 11, 11)),
        (["--combine", "max", "--words"], (1, 1, 11, 11)),
        (["--combine", "rollout", "--hide-special"], (1, 1, 9, 9)),
        (["--combine", "flow", "--words"], (1, 1, 11, 11)),
        (["--combine", "norm"], (1, 1, 11, 11)),
        (["--combine", "norm", "--words", "--full"], (1, 1, 11, 11)),
        (["--words", "--hide-special"], (2, 4, 9, 9)),
        (["--word", "he"], (2, 4, 11, 11)),
        (["--layer", "1", "--head", "2", "--word", "he", "--full"], (1, 1, 11, 11)),
        (["--top", "2", "--precision", "3"], (2, 4, 11, 11)),
    ],
)
def test_explanations_keep_to_the_schema(options, shape):
    found = record(*EXPLAIN, *options)
    assert np.array(found["weights"], float).shape == shape
    assert (found["vectors"], found["memory"], found["unknown"]) == (None, None, [])
    assert found["model"] == {"name": "bert", "family": "bert", "layers": 2, "heads": 4, "parameters": 5710}
    whole = shape[:2] != (1, 1) or "--combine" not in options
    assert len(found["heads"]) == (shape[0] * shape[1] if whole else 8)


@pytest.mark.parametrize("model", [GPT2, LLAMA, QWEN2])
@pytest.mark.parametrize("options", [[], ["--full"], ["--combine", "norm"], ["--combine", "flow", "--words"]])
def test_decoders_keep_to_the_schema(model, options):
    found = record("explain", "the dog 🐕 barks", "--model", model, *options)
    scores, weights = found["scores"], found["weights"]
    assert scores is None or scores[0][0][0][1:] == [None] * (len(found["tokens"]) - 1)
    assert weights[0][0][0][1:] == [0.0] * (len(found["tokens"]) - 1)


def test_tokens_have_pieces_and_say_which_are_special():
    found = record("explain", "the dog barks", "--model", BERT, "--words")
    assert [token["special"] for token in found["tokens"]] == [True, False, False, False, True]
    assert found["tokens"][3] == {
        **{"index": 3, "text": "barks", "word": "bark##s", "start": 8, "end": 13},
        **{"special": False, "pieces": ["bark", "##s"]},
    }
    assert found["tokens"][0] | {"word": ""} == {
        **{"index": 0, "text": "[CLS]", "word": "", "start": 0, "end": 0},
        **{"special": True, "pieces": ["[CLS]"]},
    }


def test_layers_and_heads_count_from_0():
    found = record(*EXPLAIN, "--layer", "1", "--head", "0", "--head", "3")
    assert (found["settings"]["layer"], found["settings"]["head"]) == ([1], [0, 3])
    assert [(each["layer"], each["head"]) for each in found["heads"]] == [(1, 0), (1, 3)]
    assert found["weights"][0][1] == record(*EXPLAIN)["weights"][1][3]


@pytest.mark.parametrize(
    "arguments",
    [
        SWAP,
        [*SWAP, "--layer", "0", "--head", "1"],
        ["compare", SENTENCE, "--model", BERT, "--swap", "he=barks"],
        ["compare", SENTENCE, "--model", BERT, "--against-model", BERT],
        ["compare", SENTENCE, "--model", BERT, "--against-model", LLAMA],
    ],
)
def test_comparisons_keep_to_the_schema(arguments):
    found = record(*arguments)
    assert (found["vectors"], found["methods"], found["baseline"]) == (None, [], "bert")
    assert len(found["heads"]) == (1 if "--layer" in arguments else 8)
    assert (found["swap"] is None) == ("--against-model" in arguments) == (found["against_model"] is not None)


@pytest.mark.parametrize("by", [["--pattern", "previous"], ["--from", "he", "--to", "dog"]])
def test_rankings_keep_to_the_schema(by):
    found = record(*HEADS, *by)
    assert len(found["heads"]) == 8
    assert found["from"] == ([6] if "--from" in by else None)


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        *(
            ([*EXPLAIN, *option], 2, option[0], "leave it out")
            for option in (["--mode", "self"], ["--method", "dot"], ["--heads", "2"], ["--layers", "1"])
        ),
        ([*EXPLAIN, "--projections", "identity"], 2, "--projections", "leave it out"),
        ([*EXPLAIN, "--vectors", "attn-en"], 2, "--vectors", "leave it out"),
        ([*EXPLAIN, "--mask", "causal"], 2, "--mask", "leave it out"),
        ([*SWAP, "--method", "dot"], 2, "--method", "leave it out"),
        ([*SWAP, "--against", "dot"], 2, "--against", "leave it out"),
        *(
            (["explain", "a dog", *option], 2, option[0], "--model PATH")
            for option in (["--layer", "0"], ["--head", "0"], ["--combine", "mean"], ["--words"], ["--hide-special"])
        ),
        (["compare", "a dog", "--swap", "a=the"], 2, "--swap", "--model PATH"),
        (["compare", "a dog", "--against-model", BERT], 2, "--against-model", "--model PATH"),
        (["compare", "a dog", "--model", BERT], 2, "compare", "--swap he=she"),
        ([*SWAP, "--against-model", BERT], 2, "got a changed word too", "leave one"),
        (["compare", "a dog", "--model", LLAMA, "--against-model", QWEN2], 1, "3 layers", "one shape"),
        (["compare", "a dog", "--model", BERT, "--swap", "he"], 2, "'he'", "he=she"),
        (["compare", "a dog", "--model", BERT, "--swap", "cat=he"], 2, "'cat'", "a, dog"),
        (["heads", "a dog", "--pattern", "next"], 2, "model", "--model"),
        (["heads", "a dog", "--model", BERT], 2, "missing", "--pattern"),
        ([*HEADS, "--pattern", "prvious"], 2, "prvious", "previous"),
        ([*HEADS, "--from", "he", "--to", "cat"], 2, "cat", "dog"),
        (["explain", "a dog", "--model", "org/no-such"], 3, "org/no-such", "attn models pull org/no-such"),
        (["compare", "a dog", "--model", BERT, "--against-model", "no-such"], 3, "no-such", "models pull ORG/no-such"),
        (["heads", "a dog", "--model", "./none", "--pattern", "next"], 3, "./none", "Hugging Face"),
        ([*EXPLAIN, "--layer", "99"], 2, "--layer 99: expected 0 to 1, the 2 layers", "attn explain --help"),
        ([*EXPLAIN, "--head", "4"], 2, "--head 4: expected 0 to 3, the 4 heads", "attn explain --help"),
        ([*SWAP, "--layer", "7"], 2, "--layer 7: expected 0 to 1, the 2 layers", "attn compare --help"),
        ([*EXPLAIN, "--layer", "x"], 2, "'x'", "0,4-7"),
        ([*EXPLAIN, "--combine", "rolout"], 2, "rolout", "rollout"),
        ([*EXPLAIN, "--word", "cat"], 2, "cat", "dog"),
        (["explain", "", "--model", BERT], 2, "''", "Bark"),
        (["compare", " ", "--model", BERT, "--swap", "he=she"], 2, "' '", "Bark"),
        (["explain", "a " * 39, "--model", BERT], 1, "41 tokens", "shorten"),
        (["explain", "\u200b", "--model", BERT, "--hide-special"], 1, "special", "--hide-special"),
        (["explain", "dog " * 33, "--model", LLAMA, "--combine", "flow"], 2, "flow", "--word"),
        (
            [*HEADS, "--pattern", "next", "-o", "a.npz"],
            2,
            "-o 'a.npz': expected an ending among .txt",
            "attn heads --help",
        ),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(arguments, code, quoted, hint, tmp_path):
    done = attn(*arguments, cwd=tmp_path, env={"HF_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]
    assert not list(tmp_path.iterdir())


def test_a_bad_line_does_not_stop_the_others():
    done = attn("explain", "--model", BERT, "--layer", "0", "--json", text=f"a dog\n\n{'a ' * 39}\na cat\n")
    assert [json.loads(line)["sentence"] for line in done.stdout.splitlines()] == ["a dog", "a cat"]
    assert done.stderr.startswith("error: line 3: the text has 41 tokens")
    assert done.returncode == 4


def test_arrays_are_written_and_read_back(tmp_path):
    done = attn("explain", "the dog", "--model", LLAMA, "--head", "1,3", "-o", "a.npz", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert set(arrays) == {"weights", "scores", "layer", "head", "model", "queries", "keys"}
        assert arrays["weights"].shape == arrays["scores"].shape == (2, 2, 3, 3)
        np.testing.assert_allclose(arrays["weights"].sum(axis=-1), 1, atol=1e-6)
        assert np.isneginf(arrays["scores"][..., 0, 1:]).all()
        assert arrays["layer"].tolist() == [0, 1]
        assert arrays["head"].tolist() == [1, 3]
        assert arrays["queries"].tolist() == ["<s>", "the", "dog"]
        assert json.loads(str(arrays["model"]))["family"] == "llama"


def test_combined_arrays_have_no_scores(tmp_path):
    attn(*EXPLAIN, "--combine", "mean", "-o", "a.npz", cwd=tmp_path)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert "scores" not in arrays
        assert arrays["weights"].shape == (1, 1, 11, 11)


@pytest.mark.parametrize("arguments", [EXPLAIN, SWAP, [*HEADS, "--pattern", "next"]])
@pytest.mark.parametrize(("name", "first"), [("a.json", "{"), ("a.txt", "attn")])
def test_a_file_is_written_by_its_ending(arguments, name, first, tmp_path):
    done = attn(*arguments, "-o", name, cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert (tmp_path / name).read_text().startswith(first)


@needs_minilm
@pytest.mark.parametrize("options", [[], ["--full", "--layer", "0"]])
def test_too_much_json_is_refused(options):
    done = attn("explain", LONGEST, "--model", str(MINILM), *options, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    error, hint = done.stderr.splitlines()
    assert "the limit is 64" in error
    assert all(way in hint for way in ("--layer", "--combine", ".npz"))


@needs_minilm
def test_what_is_refused_as_json_goes_into_a_file_and_one_head_goes_anywhere(tmp_path):
    assert attn("explain", LONGEST, "--model", str(MINILM), "-o", "a.npz", cwd=tmp_path).returncode == 0
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["weights"].shape == (6, 12, 512, 512)
    done = attn("explain", LONGEST, "--model", str(MINILM), "--layer", "5", "--head", "11", "--json")
    assert len(json.loads(done.stdout)["tokens"]) == 512


PAGES = {
    "map": EXPLAIN,
    "word map": [*EXPLAIN, "--word", "he"],
    "head": [*EXPLAIN, "--layer", "1", "--head", "2"],
    "close-up": [*EXPLAIN, "--layer", "1", "--head", "2", "--word", "he"],
    "mean": [*EXPLAIN, "--combine", "mean", "--words", "--hide-special"],
    "lengths": ["explain", SENTENCE, "--model", LLAMA, "--combine", "norm"],
    "flow": [*EXPLAIN, "--combine", "flow", "--word", "he"],
    "swap": SWAP,
    "models": ["compare", SENTENCE, "--model", BERT, "--against-model", LLAMA],
    "pattern": [*HEADS, "--pattern", "previous"],
    "pair": [*HEADS, "--from", "he", "--to", "dog"],
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [24, 40, 60, 80, 120])
def test_no_line_is_wider_than_the_screen(within, page, width):
    code, shown, _ = within(*PAGES[page], COLUMNS=str(width))
    assert code == 0
    assert max(cell_len(line) for line in shown.splitlines()) <= width


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("map", r"Layer 1, head 3: \w+; mean distance in tokens \d\.\d\d, mean entropy of a row \d\.\d\d bits"),
        ("word map", r"Layer 1, head 3: \S+ with \d\.\d\d\."),
        ("head", r"he attends to itself with \d\.\d\d"),
        ("close-up", r"Head 2, the query is he\."),
        ("flow", r"dog: \d\.\d{3}\."),
        ("swap", r"Layer \d, head \d: Jensen-Shannon divergence \d\.\d{3} bits a row"),
        ("pattern", r"Layer \d, head \d: \d\.\d{3}\."),
        ("pair", r"Layer \d, head \d: \d\.\d{3}, mean \d\.\d{3}, lift [+-]\d\.\d{3}\."),
    ],
)
def test_accessible_is_sentences(page, said):
    shown = attn(*PAGES[page], env={"ACCESSIBLE": "1"}).stdout
    assert re.search(said, shown.replace("\n", " "))
    assert not set(shown) & set("│─█▏▎▍▌▋▊▉░▒▓")


@pytest.mark.parametrize("page", ["word map", "swap", "models"])
def test_colours_only_add_to_what_is_written(page):
    plain = attn(*PAGES[page]).stdout
    coloured = attn(*PAGES[page], env={"FORCE_COLOR": "1", "COLORTERM": "truecolor"}).stdout
    assert "\x1b[" in coloured
    bare = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()]
    assert bare == plain.splitlines()


def test_a_selection_keeps_its_numbers():
    shown = attn(*EXPLAIN, "--head", "1,3").stdout
    assert re.search(r"^head +1 +3$", shown, re.M)


def test_a_query_is_shown_under_every_head():
    shown, found = attn(*EXPLAIN, "--word", "he").stdout, record(*EXPLAIN)
    row = found["weights"][1][3][6]
    key = found["tokens"][int(np.argmax(row))]["text"]
    lines = shown.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("1 key"))
    assert lines[at].split()[-1].split("[")[0] in (key, "")  # is[2] where a word stands twice
    assert float(lines[at + 1].split()[-1]) == pytest.approx(max(row), abs=0.006)


HOSTILE = ["[red]x[/red]", "[/]", ":smile:", "a\\", "\x1b[31mred", "\x9b31m", "\u202eolleh", "new\nline", "x\udcffy"]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("model", [BERT, GPT2])
@pytest.mark.parametrize("options", [[], ["--layer", "0", "--head", "0"], ["--words", "--word", "0"]])
def test_hostile_text_stays_text(within, hostile, model, options):
    code, shown, said = within("explain", f"a dog {hostile}", "--model", model, *options)
    assert (code, said) == (0, "")
    assert not ACTING.search(shown)
    assert hostile in shown or not hostile.isprintable() or ord(max(hostile)) > 0xD800


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "a dog", "--model"],
        ["explain", "a dog", "--model", BERT, "--layer"],
        ["explain", "a dog", "--model", BERT, "--word"],
        ["compare", "a dog", "--model", BERT, "--swap"],
        ["heads", "a dog", "--model", BERT, "--to", "dog", "--from"],
    ],
)
def test_hostile_values_stay_text(within, hostile, arguments):
    code, shown, said = within(*arguments, hostile)
    assert code in (2, 3)
    assert not ACTING.search(shown + said)
    assert len(said.splitlines()) <= 2


@pytest.mark.parametrize("hostile", [each for each in HOSTILE if " " not in each and "\n" not in each])
def test_a_hostile_swap_stays_text(hostile):
    shown = attn("compare", "a dog", "--model", GPT2, "--swap", f"dog={hostile}")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert not ACTING.search(shown.stdout)
    found = record("compare", "a dog", "--model", GPT2, "--swap", f"dog={hostile}")
    assert found["swap"]["to"] == hostile.replace("\udcff", "\ufffd")


def test_bytes_that_are_no_text():
    done = attn("explain", "a\udcffb dog", "--model", BERT, "--json")
    assert json.loads(done.stdout)["sentence"] == "a\ufffdb dog"
    assert "\\ud" not in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("explain --combine r", ["rollout"]),
        ("explain --combine m", ["mean", "max"]),
        ("heads --pattern ", ["previous", "next", "duplicate", "induction"]),
    ],
)
def test_completion_offers_the_values(words, offered):
    typed = f"attn {words}"
    env = {"_ATTN_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    assert attn(env=env).stdout.split() == offered
