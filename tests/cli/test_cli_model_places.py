"""`attn models` as a user meets it: the models that are there, one in full, removing, mistakes, hostile text."""

import json
import os
import re
import sys

import jsonschema
import pytest
from oracles.checkpoints import TINY, copy_of, with_config
from oracles.gguf_files import converted
from oracles.tokenizer_folders import BASES
from support.command import attn
from test_cli_mistakes import ACTING, HOSTILE

from attncli.cli.commands.models import COMMANDS
from attncli.models.checkpoint.card import special_tokens
from attncli.models.checkpoint.places import PLACES, packaged
from attncli.models.model import Model
from attncli.views.records.schemas import schema_of

CARD = "---\nlanguage: en\nlicense: apache-2.0\ntags:\n- x\n---\n# A model\nlicense: mit\n"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A cache with org/bert, a home with gpt2 and an unreadable model, and the package tiny-llama."""
    cached = tmp_path / "hub" / "models--org--bert"
    snapshot = copy_of("bert", cached / "snapshots" / "0123")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("0123")
    (snapshot / "README.md").write_text(CARD)
    home = tmp_path / "home" / "models"
    copy_of("gpt2", home / "gpt2")
    with_config(copy_of("bert", home / "org" / "odd"), model_type="odd")
    site = tmp_path / "site-packages"
    copy_of("llama", site / "tiny_llama" / "model")
    (site / "tiny_llama-1.dist-info").mkdir()
    files = "".join(f"tiny_llama/model/{each.name},,\n" for each in (site / "tiny_llama" / "model").iterdir())
    (site / "tiny_llama-1.dist-info" / "RECORD").write_text(files)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    real = [each.name for each in packaged() if each.name != "tiny-llama"]  # as the tests' own environment has them
    monkeypatch.setitem(PLACES, "package", lambda: [each for each in packaged() if each.name not in real])
    return tmp_path


@pytest.fixture
def models(places):
    """`attn models …` with these places."""
    env = {"ATTN_HOME": str(places / "home"), "HF_HUB_CACHE": str(places / "hub"), "COLUMNS": "200"}
    return lambda *arguments, **how: attn("models", *arguments, cwd=places, **how | {"env": env | how.get("env", {})})


def records(done, name):
    """The objects of a command, which keep to their schema."""
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    schema = schema_of(f"models-{name}")
    assert json.loads(attn("schema", f"models-{name}").stdout) == schema
    for each in found:
        jsonschema.validate(each, schema, jsonschema.Draft202012Validator)
        assert each.keys() == schema["properties"].keys()
    return found


def test_alone_it_says_how_to_begin():
    done = attn("models")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) <= 15
    assert done.stderr.count("  attn ") == 2


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_one_page_with_examples(command):
    short, long = attn("models", *command, "-h"), attn("models", *command, "--help")
    assert short.stdout == long.stdout
    assert short.returncode == 0
    assert len(re.findall(r"^  attn models .*", short.stdout.partition("Examples:")[2], re.M)) >= 2


def test_the_list_has_every_place_and_the_reason_why_a_model_is_not_read(models):
    found = records(models("list", "--json", env={"FORCE_COLOR": "1"}), "list")
    assert [(each["name"], each["place"], each["family"]) for each in found] == [
        ("org/bert", "cache", "bert"),
        ("gpt2", "home", "gpt2"),
        ("org/odd", "home", "odd"),
        ("tiny-llama", "package", "llama"),
    ]
    assert [each["parameters"] for each in found] == [5710, 9584, None, 6736]
    assert "model_type in config.json" in found[2]["fault"]
    assert [found[0][name] for name in ("layers", "heads", "fault")] == [2, 4, None]
    table = models("list").stdout
    assert re.search(r"^org/bert +bert +5.7 thousand +[\d.]+ kB +Hugging Face cache +yes$", table, re.M)
    assert re.search(r"^org/odd +odd +- .* no: model_type in config.json", table, re.M)


def test_every_name_of_the_list_opens_its_model(models, places):
    for each in records(models("list", "--json"), "list"):
        done = models("info", each["name"], "--json")
        assert done.returncode == (0 if each["fault"] is None else 3)
        if each["fault"] is None:
            assert records(done, "info")[0]["path"] == each["path"]


def test_all_about_a_model(models):
    (found,) = records(models("info", "bert", "--json"), "info")
    assert found["name"] == "org/bert"
    sizes = ("d_model", "d_k", "heads", "key_value_heads", "positions", "vocabulary", "causal", "parameters")
    assert [found[name] for name in sizes] == [16, 4, 4, 4, 40, 46, False, 5710]
    assert (found["licence"], found["dtypes"]) == ("apache-2.0", ["BF16"])
    assert {"[CLS]", "[SEP]"} <= {*found["special_tokens"]}
    assert found["languages"] == []
    page = models("info", "bert").stdout
    for line in (r"licence +apache-2.0", r"vocabulary +46 tokens", r"layers +2", r"place +Hugging Face cache: /"):
        assert re.search(f"^{line}", page, re.M), line
    assert "explain, explore, heads, compare, corpus: --model org/bert" in page


def test_a_folder_is_described_too(models):
    (found,) = records(models("info", str(TINY / "qwen2"), "--json"), "info")
    assert (found["place"], found["family"], found["licence"], found["causal"]) == ("disk", "qwen2", None, True)
    assert found["decoder"] is None


@pytest.mark.parametrize(
    ("name", "tokens", "labels", "line"),
    [
        ("gpt2", True, [], "scores of tokens"),
        ("roberta", False, [], "hidden states alone: no output layer"),
        ("bert_labels", False, ["calm", "glad", "cross"], "scores of 3 labels: calm, glad, cross"),
    ],
)
def test_its_outputs_behind_the_last_hidden_state_are_named(models, name, tokens, labels, line):
    (found,) = records(models("info", str(TINY / name), "--json"), "info")
    assert (found["output_layer"], found["labels"]) == (tokens, labels)
    assert re.search(f"^output +{line}$", models("info", str(TINY / name)).stdout, re.M)


def test_of_an_encoder_decoder_both_halves_are_described(models):
    (found,) = records(models("info", str(TINY / "t5"), "--json"), "info")
    assert (found["causal"], found["decoder"]["heads"]) == (False, found["heads"])
    assert re.search(
        r"^decoder +\d layers, \d heads a layer: a target sees", models("info", str(TINY / "t5")).stdout, re.M
    )


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (b"---\nlicense: mit\n---\n", "mit"),
        (b"---\r\nlicense: 'cc-by-4.0'\r\n---\r\n", "cc-by-4.0"),
        (b"---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"),
        (b"---\nlicense:\n- bsd\n---\n", "bsd"),
        (b"license: mit\n", None),
        (b"---\nlicense: mit\n", None),
        (b"\xff\xfe---\n", None),
        (b"---\nlicense: " + b"x" * 2**20 + b"\n---\n", None),
        (b"---\nlicense: \x1b[31mred\n---\n", "\x1b[31mred"),
    ],
)
def test_the_licence_is_that_of_the_card(models, places, card, licence):
    (places / "home" / "models" / "gpt2" / "README.md").write_bytes(card)
    (found,) = records(models("info", "gpt2", "--json"), "info")
    assert found["licence"] == licence
    assert not ACTING.search(models("info", "gpt2").stdout)


def test_a_card_that_is_a_pipe_is_not_waited_for(models, places):
    os.mkfifo(places / "home" / "models" / "gpt2" / "README.md")
    assert "licence         unknown" in models("info", "gpt2").stdout


def test_the_languages_of_a_translating_model_are_listed(tmp_path):
    folder = copy_of("mbart", tmp_path / "model")
    (folder / "tokenizer.json").write_bytes(BASES["mbart50"][0]().to_str().encode())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "MBart50Tokenizer"}')
    found = json.loads(attn("models", "info", str(folder), "--json").stdout)
    assert (found["languages"][:2], len(found["languages"])) == (["ar_AR", "cs_CZ"], 52)
    assert re.search(r"languages +ar_AR +cs_CZ", attn("models", "info", str(folder)).stdout)


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ({"cls_token": "<c>", "sep_token": {"content": "<s>"}}, ["<c>", "<s>"]),
        ({"cls_token": "<c>", "additional_special_tokens": ["<a>", 3, "<c>"]}, ["<c>", "<a>"]),
        ({"cls_token": ["x"], "pad_token": None, "additional_special_tokens": {"a": 1}}, []),
        (["cls_token"], []),
    ],
)
def test_special_tokens_are_those_of_the_files(tmp_path, tokens, found):
    (tmp_path / "special_tokens_map.json").write_text(json.dumps(tokens))
    assert special_tokens(tmp_path) == found
    (tmp_path / "special_tokens_map.json").rename(tmp_path / "tokenizer_config.json")
    assert special_tokens(tmp_path) == found


def test_a_gguf_file_is_a_model_too(models, places, monkeypatch):
    file = places / "home" / "models" / "small.gguf"
    file.write_bytes(converted("llama"))
    (found,) = records(models("info", "small", "--json"), "info")
    assert (found["place"], found["path"], found["family"]) == ("home", str(file), "llama")
    assert {"<s>", "<unk>"} <= {*found["special_tokens"]}
    monkeypatch.setattr(Model, "dtypes", ("Q8_0", "F32"))
    monkeypatch.setitem(sys.modules, "gguf", None)
    (listed,) = (each for each in records(models("list", "--json"), "list") if each["name"] == "small")
    assert listed["fault"] == "a quantised GGUF file needs the package gguf, which is not installed"
    assert models("remove", "small").returncode == 0
    assert not file.exists()


def test_a_model_is_removed(models, places):
    for name, folder in (("bert", "hub/models--org--bert"), ("gpt2", "home/models/gpt2")):
        assert re.match(rf"removed {name}: [\d.]+ kB are free again\n", models("remove", name).stdout)
        assert not (places / folder).exists()
        assert models("remove", name).returncode == 3
    assert (places / "home" / "models" / "org" / "odd").exists()


def test_of_a_link_the_link_is_removed(models, places):
    link = places / "home" / "models" / "linked"
    link.symlink_to(places / "home" / "models" / "gpt2")
    assert models("remove", "linked").returncode == 0
    assert not link.is_symlink()
    assert (places / "home" / "models" / "gpt2" / "config.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "quoted", "hint"),
    [
        (["lsit"], 2, "lsit", "list"),
        (["info"], 2, "NAME", "--help"),
        (["info", "no/such"], 3, "no/such", "attn models pull no/such"),
        (["info", "org/odd"], 3, "odd", ""),
        (["remove", "no/such"], 3, "no/such", "attn models list"),
        (["remove", "../hub"], 3, "../hub", "attn models list"),
        (["remove", "home"], 3, "home", "attn models list"),
        (["remove", "tiny-llama"], 2, "tiny-llama", "uninstall tiny-llama"),
    ],
)
def test_a_mistake_gets_a_line_and_a_hint(models, places, arguments, code, quoted, hint):
    done = models(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert len(lines) <= 2
    assert lines[0].startswith("error: ")
    assert quoted in lines[0]
    assert hint in lines[-1]
    assert (places / "hub").exists()


def test_no_models_at_all(models, places, monkeypatch):
    monkeypatch.setitem(PLACES, "package", list)
    done = models("list", env={"ATTN_HOME": str(places / "a"), "HF_HUB_CACHE": str(places / "b")})
    assert done.stdout == "no models yet  attn models pull ORG/NAME gets one\n"
    assert models("list", "--json", env={"ATTN_HOME": str(places / "a"), "HF_HUB_CACHE": "b"}).stdout == ""


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_hostile_names_act_on_no_terminal(models, places, columns):
    for number, text in enumerate(HOSTILE):
        name = text.replace("/", "").replace("\0", "").encode("utf-8", "surrogateescape")[:200]
        folder = os.path.join(os.fsencode(places / "home" / "models"), b"%d" % number + name)
        os.mkdir(folder)
        with open(os.path.join(folder, b"config.json"), "w") as file:
            json.dump({"model_type": text.encode("utf-8", "replace").decode()}, file)
    for arguments in (["list"], ["list", "--json"]):
        done = models(*arguments, env={"COLUMNS": columns, "TERM": "xterm"})
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) >= len(HOSTILE)
        assert "--json" in arguments or not ACTING.search(done.stdout)
