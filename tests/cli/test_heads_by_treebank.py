"""`attn heads --treebank`: its records, its files and streams, what it refuses, and its exit codes."""

import csv
import json

import jsonschema
import pytest
from oracles.checkpoints import TINY
from support.command import attn, on_terminal
from support.objects_head import files
from support.treebanks import conllu, write_treebank, written

from attncli import treebank_heads
from attncli.settings.model import RANKINGS
from attncli.views.records.schemas import schema_of

MODEL = str(TINY / "bert")


@pytest.fixture
def english(tmp_path):
    """A small English treebank, and the command over it with a tiny model."""
    write_treebank(tmp_path)
    return ["heads", "--treebank", str(tmp_path / "en.conllu"), "--model", MODEL]


@pytest.fixture
def objects(tmp_path):
    """The command over the hand-counted sentences, with the heads that look at objects."""
    treebank, vectors, projections = files(tmp_path)
    source = ["--vectors", str(vectors), "--projections", str(projections), "--heads", "2"]
    return ["heads", "--treebank", str(treebank), "--mode", "multihead", *source, "-q"]


def json_of(done, code=0):
    assert done.returncode == code, done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line, parse_constant=pytest.fail)
    jsonschema.validate(found, schema_of("treebank"), jsonschema.Draft202012Validator)
    return found


def test_the_record_of_a_model(english):
    found = json_of(attn(*english, "--json"))
    assert found["files"] == [english[2]]
    assert found["model"] == {"name": "bert", "family": "bert", "layers": 2, "heads": 4, "parameters": 5710}
    assert (found["sentences"], found["words"], found["pairs"], found["pairs_unmapped"]) == (4, 17, 12, 0)
    assert [(each["relation"], each["count"]) for each in found["relations"]] == [
        *(("nsubj", 4), ("obj", 4), ("det", 3), ("amod", 1))
    ]
    value = treebank_heads(english[2], model=MODEL)
    for each, own in zip(found["relations"], value.relations, strict=True):
        assert len(each["heads"]) == 2 * 4 * 2
        assert [score["accuracy"] for score in each["heads"]] == own.accuracy.reshape(-1).round(6).tolist()
        assert each["best"] in each["heads"]
    assert found["relations"][3]["held_out"] is None  # one pair alone


def test_the_record_of_word_vectors(objects):
    found = json_of(attn(*objects, "--json"))
    assert found["vectors"] == {"name": "words", "words": 10, "dimensions": 4}
    assert found["heads_file"].endswith("objects.npz")
    obj = found["relations"][1]
    best = {"layer": 0, "head": 1, "direction": "head", "accuracy": 0.9, "interval": [0.59585, 0.982124]}
    assert obj["best"] == {**best, "beats": False}
    held = {"layer": 0, "head": 1, "direction": "head", "accuracy": 1.0, "interval": [0.438503, 1.0], "beats": True}
    assert obj["held_out"] == {**held, "count": 3, "baseline": 0.333333, "offset": -1}
    assert (obj["relation"], obj["count"], obj["baseline"], obj["offset"]) == ("obj", 10, 0.7, -1)


def test_rows_are_relations_heads_and_directions(objects):
    done = attn(*objects, "--relations", "obj", "--format", "csv")
    rows = [*csv.DictReader(done.stdout.splitlines())]
    found = [(row["relation"], row["head"], row["direction"], row["accuracy"], row["best"]) for row in rows]
    assert found == [
        ("obj", "0", "dependent", "0.8", "False"),
        ("obj", "0", "head", "0.2", "False"),
        ("obj", "1", "dependent", "0.1", "False"),
        ("obj", "1", "head", "0.9", "True"),
    ]
    assert [row["held_out_accuracy"] for row in rows] == ["", "", "", "1.0"]


def test_files_may_stand_behind_the_first(english, tmp_path):
    other = tmp_path / "more.conllu"
    other.write_text(written("We 2 nsubj", "eat 0 root"))
    found = json_of(attn(*english, other, "--json"))
    assert (found["files"], found["sentences"]) == ([english[2], str(other)], 5)
    assert json_of(attn(*english, "--treebank", other, "--json"))["sentences"] == 5
    assert json_of(attn("heads", "--by", "treebank", other, "--model", MODEL, "--json"))["sentences"] == 1


def test_standard_input_and_another_treebank_to_choose_on(english, tmp_path):
    text = written("We 2 nsubj", "eat 0 root", "fish 2 obj")
    found = json_of(attn("heads", "--treebank", "-", "--model", MODEL, "--json", text=text))
    assert (found["files"], found["sentences"]) == (["-"], 1)
    chosen = json_of(attn("heads", "--treebank", "-", *english[3:], "--choose-on", english[2], "--json", text=text))
    assert (chosen["choose_on"], chosen["sentences"]) == (english[2], 1)
    assert [each["held_out"]["count"] for each in chosen["relations"]] == [1, 1]


def test_standard_input_is_named_in_words(english):
    asked = ("heads", "--treebank", "-", *english[3:])
    assert "error: cannot read standard input: it has no sentence" in attn(*asked, text="\n").stderr
    bad = attn(*asked, text=written("We 2 nsubj", "eat 0 root") + conllu("1\tdog\t9\troot"))
    assert "error: standard input, line 5: expected a HEAD" in bad.stderr


def test_malformed_sentences_are_named_and_the_exit_code_is_4(english, tmp_path):
    bad = conllu("1\tthe\t2\tdet", "2\tdog\t9\troot")
    (tmp_path / "en.conllu").write_text(written("We 2 nsubj", "eat 0 root") + bad + written("He 2 nsubj", "is 0 root"))
    done = attn(*english, "--json")
    found = json_of(done, 4)
    (unread,) = found["sentences_unread"]
    assert (unread["line"], found["sentences"]) == (6, 2)
    assert f"error: {unread['file']}, line 6: {unread['reason']}" in done.stderr


def test_many_malformed_sentences_are_counted(english, tmp_path):
    bad = conllu("1\tdog\t9\troot")
    (tmp_path / "en.conllu").write_text(written("We 2 nsubj", "eat 0 root") + bad * 102)
    done = attn(*english, "-q")
    assert done.returncode == 4
    assert "error: 2 more sentences could not be read" in done.stderr
    assert len(done.stderr.splitlines()) == 101


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--from", "he"], 2, "--from 'he': no meaning where heads are ranked by treebank"),
        (["--pattern", "next"], 2, "--pattern 'next': no meaning"),
        (["--for", "dog"], 2, "--for 'dog': no meaning"),
        (["--target", "Hund"], 2, "--target 'Hund': no meaning"),
        (["--pair", "x"], 2, "--pair 'x': no meaning"),
        (["--without", "0.1"], 2, "--without '0.1': no meaning"),
        (["--cut", "a:b"], 2, "--cut 'a:b': no meaning"),
        (["--word", "dog"], 2, "--word 'dog': no meaning"),
        (["--mode", "multihead"], 2, "--mode 'multihead': no meaning with a model"),
        (["--heads", "2"], 2, "--heads 2: no meaning with a model"),
        (["--vectors", "attn-en"], 2, "--vectors 'attn-en': no meaning with a model"),
        (["--by", "effect"], 2, "--by 'effect': expected heads to be held against a treebank, or ranked"),
        (["--relations", "ob"], 2, "--relations 'ob': expected relations of the treebank"),
        (["--relations", "obj,,det"], 2, "--relations 'obj,,det': expected relations with commas"),
        (["--choose-on", ""], 1, "cannot read ''"),
        (["--relations", "punct"], 2, "--relations 'punct': expected a relation between two words"),
        (["--layer", "7"], 2, "--layer 7: expected 0 to 1"),
        (["--choose-on", "missing.conllu"], 1, "cannot read 'missing.conllu'"),
        (["missing.conllu"], 1, "cannot read 'missing.conllu'"),
        (["--limit", "0"], 2, "--limit 0: expected a whole number"),
        (["-", "--choose-on", "-"], 2, "'-' is named twice"),
        (["--format", "npz"], 2, "expected one of"),
    ],
)
def test_refusals(english, options, code, said):
    done = attn(*english, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_files_without_a_pair_are_all_named(tmp_path):
    (tmp_path / "one.conllu").write_text(written("Hello 0 root"))
    asked = ["heads", "--treebank", "-", "--treebank", "one.conllu", "--model", MODEL]
    done = attn(*asked, text=written("Yes 0 root"), cwd=tmp_path)
    assert "error: there is no pair of words in standard input, 'one.conllu' to be counted" in done.stderr
    bad = attn(*asked[:3], "--model", MODEL, text=conllu("1\tdog\t7\tobj"), cwd=tmp_path)
    assert "no sentence of standard input can be read; line 1: " in bad.stderr
    assert (done.returncode, bad.returncode) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--treebank", "en.conllu"], "needs a model"),
        (["--by", "treebank", "--model", MODEL], "--treebank: missing"),
        (["--treebank", "en.conllu", "--mode", "qkv"], "--mode 'qkv': expected one of multihead"),
        (["--treebank", "en.conllu", "--mode", "multihead", "--bos"], "--bos: expected a model with it"),
        (["--treebank", "en.conllu", "--mode", "multihead", "--stride", "2"], "--stride 2: expected a model with it"),
        (["a dog", "--pattern", "next", "--model", MODEL, "--limit", "3"], "--limit 3: no meaning"),
        (["a dog", "--by", "effect", "--model", MODEL, "--mode", "multihead"], "--mode 'multihead': no meaning"),
        (["a", "dog", "--pattern", "next", "--model", MODEL], "unexpected extra argument (dog)"),
    ],
)
def test_what_excludes_each_other(tmp_path, arguments, said):
    write_treebank(tmp_path)
    done = attn("heads", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_one_head_has_all_of_its_relations(english):
    found = json_of(attn(*english, "--layer", "1", "--head", "2", "--json"))
    assert {(each["best"]["layer"], each["best"]["head"]) for each in found["relations"]} == {(1, 2)}
    assert found["settings"] | {"layer": [1], "head": [2]} == found["settings"]
    assert "how often head 1.2 is right" in attn(*english, "--layer", "1", "--head", "2").stdout


def test_what_is_found_is_named_by_explain(objects, tmp_path):
    """A head that beats the best fixed distance on held-out sentences; there are none among random ones."""
    write_treebank(tmp_path)
    assert attn("heads", "--treebank", tmp_path / "en.conllu", "--model", MODEL).returncode == 0
    assert "en.conllu" not in attn("explain", "a dog", "--model", MODEL, "--layer", "0", "--head", "0").stdout


def test_a_terminal_gets_the_screen_alone(english):
    assert "finding" in on_terminal(*english, env={"COLUMNS": "80"})


def test_rankings_have_a_function_each():
    from attncli.cli.commands.heads import BY

    assert (*BY,) == RANKINGS
