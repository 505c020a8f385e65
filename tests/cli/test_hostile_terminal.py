"""Every command on a terminal, with names, words, paths, tokens and labels that would act on it."""

import json
import re
import shutil

import pytest
import typer
from oracles.checkpoints import TINY
from support.command import attn
from support.hostile import HOSTILE, NAME, acting, acting_in_full_screen, on_terminal

from attncli.cli.app import app


def leaves(command, path=()):
    """Every command that is no group, as the words that call it, with its parameters."""
    if not hasattr(command, "commands"):
        return {path: command.params}
    found = [leaves(command.commands.get(name), (*path, name)) for name in command.commands]
    return {path: params for each in found for path, params in each.items()}


LEAVES = leaves(typer.main.get_command(app))
BROKEN = re.compile(r"\x1b\[[0-9;]*m|\s")  # what stands between the parts of a long word in a narrow column
LINES = "the dog and the cat\n" * 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files with hostile names: vectors with hostile words, a text, and a model with a hostile token and label."""
    folder = tmp_path_factory.mktemp("hostile")
    words = [HOSTILE.replace("\n", ""), "dog", "cat", "the", "and"]
    rows = "".join(f"{word} {i} {5 - i} 1\n" for i, word in enumerate(words))
    (folder / f"{NAME}.txt").write_text(rows)
    (folder / f"{NAME}.text").write_text(LINES + HOSTILE + "\n")
    (folder / f"{NAME}.json").write_text(json.dumps({"text": HOSTILE}))
    (folder / f"{NAME}.npz").write_bytes(b"none")
    (folder / WEIGHTS).write_text(json.dumps([[0.5, 0.5], [0.2, 0.8]]))
    (folder / TOKENS).write_text(json.dumps([HOSTILE, "dog"]))
    model, homed = folder / NAME, folder / "home" / "models" / NAME
    shutil.copytree(TINY / "bert", model)
    shutil.copytree(TINY / "bert", homed)
    (homed / "README.md").write_text(f"---\nlicense: {HOSTILE}\n---\n")
    tokenizer = json.loads((model / "tokenizer.json").read_text())
    for each in tokenizer["added_tokens"]:
        each["special"] = True
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = json.loads((model / "config.json").read_text())
    config |= {"id2label": {"0": HOSTILE}, "_name_or_path": HOSTILE, HOSTILE: 1}
    (model / "config.json").write_text(json.dumps(config))
    speaker = folder / f"{NAME}-lm"
    shutil.copytree(TINY / "gpt2", speaker)
    said = (speaker / "tokenizer.json").read_text()
    (speaker / "tokenizer.json").write_text(said.replace('"<|endoftext|>"', json.dumps(HOSTILE)))
    home = {"ATTN_HOME": str(folder / "home")}
    attn("explain", "dog", "--vectors", SET, cwd=folder, env=home)  # which keeps the set
    attn("vectors", "add", SET, "--name", "ok", cwd=folder, env=home)
    return folder


SET, TEXT, MODEL, ANY = f"{NAME}.txt", f"{NAME}.text", f"./{NAME}", HOSTILE
WEIGHTS, TOKENS = f"{NAME}-weights.json", f"{NAME}-tokens.json"
SPEAKER = f"./{NAME}-lm"  # a hostile token is among those that it says
SAID = f"the dog {HOSTILE} cat"
CASES = {
    ("tour",): [[SAID, "--vectors", SET, "--no-input"]],
    ("explain",): [
        [SAID, "--vectors", SET, "--word", "dog"],
        [SAID, "--vectors", SET, "--memory", SAID],
        [SAID, "--model", MODEL, "--word", "1"],
        [SAID, "--vectors", SET, "--json", "--full"],
        [SAID, "--model", MODEL, "--format", "csv"],
        [SAID, "--model", MODEL, "--json"],
        [SAID, "--model", MODEL, "--format", "screen.svg"],
        [SAID, "--mode", "multihead", "--projections", f"{NAME}.npz"],
        [SAID, "--vectors", SET, "-o", f"{NAME}/none/a.json"],
        [SAID, "--vectors", SET, "-o", f"{NAME}"],
    ],
    ("compare",): [[SAID, "--vectors", SET], [SAID, "--model", MODEL, "--against-model", MODEL]],
    ("explore",): [[SAID, "--vectors", SET], [SAID, "--model", MODEL]],
    ("vectors", "list"): [[], ["--json"]],
    ("vectors", "info"): [[SET], [SET, "--json"]],
    ("vectors", "near"): [
        ["dog", "--vectors", SET],
        ["dog", HOSTILE, "--vectors", SET],
        ["dog", "--vectors", SET, "--json"],
    ],
    ("vectors", "add"): [[SET, "--name", "ok"], [SET], [f"{NAME}.json", "--name", "no"], [TEXT]],
    ("vectors", "pull"): [[ANY, "--dry-run"]],
    ("vectors", "export"): [["ok", f"{NAME}.vec"], ["ok", f"{NAME}/none/x.txt"]],
    ("vectors", "verify"): [["ok"], [SET]],
    ("vectors", "remove"): [[SET], ["ok"]],
    ("models", "list"): [[], ["--json"]],
    ("models", "info"): [[MODEL], [MODEL, "--json"], [HOSTILE]],
    ("models", "pull"): [[HOSTILE], [f"a/{HOSTILE}"]],
    ("models", "remove"): [[HOSTILE], [MODEL]],
    ("heads",): [
        [SAID, "--model", MODEL, "--from", "dog", "--to", "cat"],
        [SAID, "--model", MODEL, "--from", HOSTILE],
        [SAID, "--model", SPEAKER, "--by", "effect"],
        [SAID, "--model", SPEAKER, "--by", "contribution", "--for", HOSTILE],
    ],
    ("predict",): [
        [SAID, "--model", SPEAKER, "--top", "1000"],
        [SAID, "--model", SPEAKER, "--top", "1000", "--json"],
        [SAID, "--model", SPEAKER, "--lens", "--generate", "3"],
        [SAID, "--model", SPEAKER, "--generate", "9", "--sample", "9"],
        [SAID, "--model", SPEAKER, "--without", HOSTILE],
        [HOSTILE, "--model", SPEAKER, "--cut", f"{HOSTILE}:*"],
    ],
    ("align",): [
        [SAID, SAID, "--vectors", SET],
        [SAID, SAID, "--vectors", SET, "--tokenized"],
        [SAID, SAID, "--vectors", SET, "--tokenized", "--json"],
        [SAID, SAID, "--vectors", SET, "--format", "csv"],
        [SAID, SAID, "--model", MODEL],
        [HOSTILE, SAID, "--vectors", SET],
        [SAID, "--vectors", SET],
    ],
    ("similar",): [
        [SAID, SAID, "--vectors", SET, "--leave-one-out"],
        [SAID, SAID, "--model", MODEL, "--words", "--json"],
        [SAID, SAID, "--model", MODEL],
        [SAID, SAID, "--vectors", SET, "--format", "csv"],
        [SAID, SAID, "--vectors", SET, "--drop", HOSTILE],
        [SAID, SAID, "--model", MODEL, "--prompt", HOSTILE],
        [SAID, "--in", TEXT, "--vectors", SET],
        [SAID, "--in", TEXT, "--model", MODEL, "--json"],
        [SAID, "--in", HOSTILE, "--vectors", SET],
        [TEXT, "--vectors", SET, "--fields", HOSTILE],
        [HOSTILE, SAID, "--vectors", SET],
        [SAID, "--vectors", SET],
    ],
    ("train",): [
        [TEXT, "-o", f"{NAME}-made.npz", "--epochs", "1", "--minutes", "0.01", "--vectors", SET],
        [TEXT, "--evaluate", f"{NAME}.npz"],
    ],
    ("corpus",): [
        [TEXT, "--vectors", SET, "-o", f"{NAME}-out", "--collect", "context,weights,heads"],
        [TEXT, "--vectors", SET, "--jobs", "2", "--json"],
        [TEXT, "--model", MODEL, "--field", "text"],
        [TEXT, f"{NAME}-none.text"],
    ],
    ("show",): [
        [WEIGHTS, "--tokens", TOKENS],
        [WEIGHTS, "--tokens", TOKENS, "--json"],
        [WEIGHTS, "--tokens", HOSTILE],
        [f"{NAME}.npz"],
    ],
    ("example",): [[HOSTILE]],
    ("schema",): [["explain"]],
    ("completion",): [["bash"]],
    ("man",): [[]],
}


def test_no_command_is_left_out():
    assert set(CASES) == set(LEAVES)


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_nothing_of_a_stranger_acts_on_the_terminal(path, folder, monkeypatch):
    monkeypatch.setenv("ATTN_HOME", str(folder / "home"))
    explores = path == ("explore",)
    shown = [on_terminal([*path, *case], folder, keys=b"v\x1bq" if explores else b"") for case in CASES[path]]
    for case, written in zip(CASES[path], shown, strict=True):
        assert "LEFT BY" not in written
        assert "NOT ENDED" not in written
        assert "please report" not in written
        assert (acting_in_full_screen if explores else acting)(written) == [], case
    if CASES[path] not in ([[]], [["explain"]], [["bash"]]):
        assert r"\x1b]52" in BROKEN.sub("", "".join(shown))  # it stood there, visible


def mistakes(path):
    """Hostile text in place of each value, option and argument; options that commands share once."""
    before = {param.opts[0] for each in [*LEAVES][: [*LEAVES].index(path)] for param in LEAVES[each]} if path else ()
    for param in LEAVES.get(path, []):
        takes_value = param.param_type_name == "option" and not getattr(param, "is_flag", False)
        if takes_value and param.opts[0] not in before:
            yield [f"{param.opts[0]}={HOSTILE}", *(["--no-input"] if path == ("tour",) else [])]  # which asks for keys
    yield from ([f"--{HOSTILE}"], [HOSTILE, HOSTILE, HOSTILE], [f"-{HOSTILE}"])


@pytest.mark.parametrize("path", [(), *LEAVES], ids=" ".join)
def test_no_mistake_acts_on_the_terminal(path, folder, monkeypatch):
    monkeypatch.setenv("ATTN_HOME", str(folder / "home"))
    for mistake in mistakes(path):
        written = on_terminal([*path, *mistake], folder)
        assert written
        assert acting(written) == [], mistake
