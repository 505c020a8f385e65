"""Every option of every command has an effect on the output, is refused, or is said on standard error to have none."""

import hashlib
import re

import pytest
import typer
from oracles.checkpoints import TINY
from support.command import attn
from support.texts import write_pairs, write_weights
from support.treebanks import write_treebank, written

from attncli.cli.app import app

BERT, GPT2 = str(TINY / "bert"), str(TINY / "gpt2")
TEXT, MASKED = "Bark, is very cute and he is a qwzxq dog", "Bark is very cute and he is a [MASK]"

# A value that is not the default, by the name of the option.
VALUES = {
    **{"word": "he", "cut": "he:is", "generate": "2", "figure": "arcs", "mode": "qkv", "method": "dot", "heads": "2"},
    **{"layers": "2", "projections": "identity", "seed": "7", "mask": "causal", "temperature": "2", "sigma": "2"},
    **{"positions": "sinusoidal", "memory": "the cat sat", "vectors": "attn-world", "unknown": "skip", "model": BERT},
    **{"pair": "the dog", "target": "the dog", "part": "cross", "source_lang": "en_XX", "target_lang": "de_DE"},
    **{"stride": "1", "without": "1.1", "ablate": "mean", "layer": "1", "head": "1", "combine": "mean", "top": "2"},
    **{
        "precision": "3",
        "color_scale": "row",
        "output": "x.json",
        "format": "screen.svg",
        "csv": "exact",
        "against": "dot",
    },
    **{"against_model": BERT, "swap": "he=she", "by": "effect", "from_": "he", "to": "is", "pattern": "next"},
    **{"for_": "the", "sample": "2", "top_p": "0.5", "prompt": "query", "drop": "a:dog", "lines_in": "english.txt"},
    **{"fields": "en,de", "links": "forward", "prior": "0.9", "neighbours": "0.9", "null": "0.9", "gold": "gold.txt"},
    **{"gold_base": "1", "jobs": "2", "screen": "2", "collect": "weights", "words": "dog", "kept": "1", "field": "en"},
    **{"limit": "1", "target_field": "de", "picture": "x.svg", "scheduler": "tcp://localhost:1", "content_heads": "1"},
    **{"d_k": "8", "minutes": "1", "epochs": "1", "resume": "x.npz", "evaluate": "trained", "minus": "cat"},
    **{"width": "column", "dpi": "72", "heads_shown": "1.1"},
    **{"name": "x", "dtype": "int8", "revision": "x"},
    **{"tokens": "tokens.txt", "other_tokens": "tokens.txt"},
    **{"treebank": "en.conllu", "relations": "obj", "choose_on": "other.conllu"},
}

# Commands with their arguments: one call for each kind of result.
CALLS = [
    ["explain", TEXT],
    ["explain", TEXT, "--model", BERT],
    ["compare", TEXT],
    ["compare", TEXT, "--model", BERT, "--swap", "he=she"],
    ["heads", MASKED, "--model", BERT, "--from", "he", "--to", "Bark"],
    ["heads", MASKED, "--model", BERT, "--by", "effect"],
    ["heads", "--treebank", "en.conllu", "--mode", "multihead"],
    ["heads", "--treebank", "en.conllu", "--model", BERT],
    ["predict", MASKED, "--model", BERT],
    ["predict", "he is", "--model", GPT2, "--generate", "3"],
    ["similar", "the dog, plays", "a qwzxq runs he is"],
    ["align", "the dog, plays", "a qwzxq runs he is"],
    ["show", "weights.npz"],
    ["tour", "a dog", "--screen", "2"],
    ["tour", "a dog", "--screen", "2", "--model", BERT],
    ["corpus", "english.txt"],
    ["corpus", "english.txt", "--collect", "distance", "-o", "x.out"],
    ["corpus", "english.txt", "--collect", "distance", "--picture", "x.png"],
    ["train", "english.txt", "--evaluate", "trained"],
    ["vectors", "near", "dog"],
    ["vectors", "list"],
]
# Further results, of which the options are tried that choose what is shown of the same numbers.
SHOWING = {
    "word",
    "full",
    "figure",
    "top",
    "precision",
    "color_scale",
    "format",
    "csv",
    "lens",
    "drop",
    "leave_one_out",
    "width",
    "heads_shown",
    "dpi",
    "bare",
    "no_numbers",
}
FURTHER = [
    ["explain", TEXT, "--word", "dog"],
    ["explain", TEXT, "--json"],
    ["explain", TEXT, "-o", "x.csv"],
    ["explain", TEXT, "-o", "x.npz"],
    ["explain", TEXT, "-o", "x.svg"],
    ["explain", TEXT, "-o", "x.png"],
    ["explain", TEXT, "-o", "x.html"],
    ["explain", TEXT, "--model", BERT, "--layer", "1", "--head", "0"],
    ["explain", TEXT, "--model", BERT, "--json"],
    ["explain", TEXT, "--model", BERT, "--layer", "1", "-o", "x.svg"],
    ["show", "weights.npz", "--layer", "1", "--head", "0"],
    ["show", "weights.npz", "--json"],
    ["show", "weights.npz", "--word", "he"],
    ["show", "weights.npz", "--layer", "1", "-o", "x.svg"],
    ["compare", TEXT, "--json"],
    ["heads", MASKED, "--model", BERT, "--by", "effect", "--json"],
    ["heads", "he is Bark", "--model", GPT2, "--by", "contribution"],
    ["predict", MASKED, "--model", BERT, "--lens"],
    ["predict", MASKED, "--model", BERT, "--lens-all"],
    ["similar", "the dog, plays", "a qwzxq runs he is", "-o", "x.csv"],
    ["similar", "english.txt", "german.txt"],
    ["similar", "the dog", "--in", "english.txt"],
    ["align", "the dog, plays", "a qwzxq runs he is", "--json"],
    ["align", "english.txt", "german.txt"],
]

#: Options that tell other people or other streams something, of which an output alone does not show.
ELSEWHERE = {"quiet", "debug", "color"}
#: Options for some texts, files or terminals, with the kind of input that they are for; their own tests have such.
FOR_SOME = {
    "truncate": "texts that are longer than the model's positions",
    "stride": "texts that are longer than the model's positions",
    "unknown": "sets that compose vectors, and words that they lack",
    "fields": "files of JSON objects",
    "vectors": "the set that is not the usual one, which attn-world is in attn align",
    "hide_first": "models whose first token stands for none",
    "no_input": "terminals",
    "numbers": "terminals: pipes and text files have numbers",
    "long": "terminals",
    "resume": "folders that were begun",
    "field": "files of JSON objects",
    "sentences": "lines with several sentences",
}
#: Options for some treebanks and models alone.
FOR_SOME_TREEBANKS = {"subtypes": "relations with subtypes", "bos": "models that put no token in front"}
#: Starting processes is for `test_cluster.py` and the tests of files.
STARTING = {("corpus", "jobs"), ("corpus", "scheduler"), ("align", "jobs")}


def command_of(call):
    """The command that a call begins with, and how many words it has."""
    group, words = typer.main.get_command(app), 0
    while hasattr(group, "commands"):
        group = group.commands.get(call[words])
        words += 1
    return group, words


def cases():
    for call in (*CALLS, *FURTHER):
        command, _ = command_of(call)
        for param in command.params:
            is_option = param.param_type_name == "option" and param.name not in ELSEWHERE
            again = {*param.opts} & {*call} or (param.name in ("output", "csv") and "x." in " ".join(call))
            if is_option and not again and (call in CALLS or param.name in SHOWING):
                typed = [param.opts[-1], *([] if param.is_flag else [VALUES[param.name]])]
                yield pytest.param(call, param.name, typed, id=" ".join([*map(short, call), typed[0]]))


def short(word):
    return word.rpartition("/")[2][:16]


def result(call, folder):
    """The exit code, the output with the files that were made, and the words on standard error."""
    folder.mkdir()
    write_pairs(folder)
    write_treebank(folder)
    write_weights(folder)
    (folder / "other.conllu").write_text(written("We 2 nsubj", "eat 0 root", "old 4 amod", "fish 2 obj"))
    (folder / "gold.txt").write_text("1-1\n1-1\n1-1\n")
    done = attn(*call, cwd=folder)
    made = [path for path in sorted(folder.rglob("x*")) if path.is_file()]
    tables = [path for path in sorted(folder.rglob("x.out/*")) if path.suffix in (".ndjson", ".csv")]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (*made, *tables)]
    counted = re.sub(r"[\d,.]+ texts/s", "", done.stdout.replace(str(folder), ""))  # the speed
    kept = sorted(path.name for path in folder.rglob("parts/*"))
    return done.returncode, [counted, *files, *kept], done.stderr


FIRST = {}


@pytest.mark.parametrize(("call", "name", "typed"), [*cases()])
def test_an_option_has_an_effect_or_is_said_to_have_none(call, name, typed, tmp_path):
    if name in FOR_SOME or (call[0], name) in STARTING or ("--treebank" in call and name in FOR_SOME_TREEBANKS):
        return
    key = tuple(call)
    if key not in FIRST:
        FIRST[key] = result(call, tmp_path / "first")
    code, output, said = FIRST[key]
    assert code == 0, said
    new_code, new_output, new_said = result([*call, *typed], tmp_path / "with")
    more = new_said.replace(said, "")
    if new_code != 0:
        assert more.startswith("error: ")
    elif new_output == output and (not more or "has no effect" in more):
        assert f"note: {typed[0]}" in more, more
    elif name in SHOWING:  # titles name settings without effect too
        assert "has no effect" not in more


@pytest.mark.parametrize(
    ("call", "note"),
    [
        (["explain", "a dog", "--bare"], "--bare has no effect without --format svg, pdf or png"),
        (["explain", "a dog", "--width", "column"], "--width 3.25 has no effect without --format svg, pdf or png"),
        (["explain", "a dog", "-o", "x.svg", "--dpi", "72"], "--dpi 72 has no effect without --format png"),
        (
            ["explain", "a dog", "-o", "x.svg", "--figure", "arcs", "--no-numbers"],
            "--no-numbers has no effect without --figure heat",
        ),
        (["explain", "a dog", "--full"], "--full has no effect without --json"),
        (["explain", "a dog", "--sigma", "2"], "--sigma 2.0 has no effect without --method kernel"),
        (["explain", "a dog", "--seed", "7"], "--seed 7 has no effect without --mode multihead"),
        (["explain", "a dog", "--csv", "exact"], "--csv exact has no effect without --format csv"),
        (["align", "the dog", "le chien", "--jobs", "2"], "--jobs 2 has no effect on two sentences: name files"),
        (["explain", "a dog", "--model", BERT, "--top", "2"], "--top 2 has no effect with --model"),
        (["predict", "a [MASK]", "--model", BERT, "--seed", "2"], "--seed 2 has no effect without --sample"),
        (["corpus", "english.txt", "--bare"], "--bare has no effect without --picture FILE.svg"),
        (
            ["corpus", "english.txt", "--picture", "x.svg", "--dpi", "72"],
            "--dpi 72 has no effect without --picture FILE.png",
        ),
        (["corpus", "english.txt", "--keep-parts"], "--keep-parts has no effect without -o"),
        (["corpus", "english.txt", "--collect", "entropy", "--words", "a,b"], "--words a,b has no effect without"),
    ],
)
def test_the_note_names_the_option_that_would_give_it_effect(call, note, tmp_path):
    write_pairs(tmp_path)
    done = attn(*call, cwd=tmp_path)
    assert done.returncode == 0
    assert f"note: {note}" in done.stderr
    quiet = attn(*call, "-q", cwd=tmp_path)
    assert (quiet.returncode, quiet.stderr) == (0, "")


def test_nothing_is_said_where_the_command_failed():
    assert "no effect" not in attn("explain", "qwzxq", "--full").stderr
