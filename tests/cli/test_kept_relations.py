"""Heads that a treebank was found for are named by attn explain: from one command to the other."""

import pytest
from support.command import attn
from support.places import TINY
from support.treebanks import written

from attncli.models.model import open_model
from attncli.recipes.model_explaining import explain_model

BERT = TINY / "bert"
WORDS = ["bark", "is", "very", "cute", "and", "he", "is", "a", "dog"]
LAYER, HEAD = 0, 0
SAID = (
    "head 0.0 in made.conllu, obj: dependant looks at its head word, right in 100% of 9 pairs (best fixed distance 22%)"
)


@pytest.fixture(scope="module")
def treebank(tmp_path_factory):
    """Twice nine sentences, in each of which one word is the object of its strongest other word under one head."""
    path, model = tmp_path_factory.mktemp("treebank") / "made.conllu", open_model(BERT)
    texts = [WORDS[at:] + WORDS[:at] for at in range(9)]
    path.write_text("".join(sentence(model, words, place) for place, words in enumerate(texts)) * 2)
    return path


def sentence(model, words, dependant):
    found = explain_model(" ".join(words), model, layer=LAYER, head=HEAD, words=True, hide_special=True)
    weights = found.weights[0, 0, dependant].tolist()
    governor = max((place for place in range(9) if place != dependant), key=weights.__getitem__)
    relations = {governor: "0 root", dependant: f"{governor + 1} obj"}
    return written(*(f"{word} {relations.get(at, f'{governor + 1} punct')}" for at, word in enumerate(words)))


def explained(*more):
    done = attn("explain", "a dog", "--model", BERT, *more)
    assert done.returncode == 0
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("form", [["-q"], ["--json"], ["--layer", "0", "--head", "0"], ["--relations", "obj"]])
def test_a_head_that_follows_a_relation_is_named_from_then_on(treebank, form):
    one = ["--layer", LAYER, "--head", HEAD]
    assert "obj" not in explained(*one)
    assert attn("heads", "--treebank", treebank, "--model", BERT, *form).returncode == 0
    assert SAID in explained(*one)
    assert SAID in explained(*one, "--json")
    assert "obj" not in explained("--layer", 1, "--head", HEAD)


def test_another_model_of_the_same_name_does_not_follow_it(treebank, tmp_path):
    other = tmp_path / "bert"
    other.mkdir()
    for path in (TINY / "bert_untied").iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    assert attn("heads", "--treebank", treebank, "--model", BERT, "-q").returncode == 0
    done = attn("explain", "a dog", "--model", other, "--layer", LAYER, "--head", HEAD)
    assert "obj" not in done.stdout + done.stderr


def test_where_nothing_can_be_kept_the_command_says_nothing_of_it(treebank, tmp_path):
    command = ["heads", "--treebank", treebank, "--model", BERT]
    usual = attn(*command)
    (tmp_path / "file").write_text("in the way of a folder")
    done = attn(*command, env={"ATTN_HOME": str(tmp_path / "file")})
    assert (done.returncode, done.stdout, done.stderr) == (0, usual.stdout, usual.stderr)


def test_heads_over_word_vectors_are_not_kept(treebank, attn_home):
    assert attn("heads", "--treebank", treebank, "--mode", "multihead").returncode == 0
    assert not (attn_home / "relations").exists()
