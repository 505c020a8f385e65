"""`attn example`: texts that come along, good for the commands that the documentation gives them to."""

import pytest
from support.command import attn
from support.texts import write_examples

from attncli import align
from attncli.corpus.treebank_file import read_treebank
from attncli.training.corpus import FEWEST_TOKENS, read_corpus, split_sentences


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    write_examples(folder)
    return folder


@pytest.mark.parametrize(("kind", "name"), [("text", "my-text.txt"), ("pairs", "pairs.tsv"), ("treebank", "en.conllu")])
def test_a_text_is_printed_as_it_is(kind, name, folder):
    done = attn("example", kind)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (folder / name).read_text(encoding="utf-8")
    assert done.stdout.endswith("\n")
    assert "\r" not in done.stdout


def test_without_a_name_it_is_the_text(folder):
    assert attn("example").stdout == (folder / "my-text.txt").read_text()


def test_a_line_of_the_text_is_a_sentence(folder):
    lines = (folder / "my-text.txt").read_text().splitlines()
    assert [[line] for line in lines] == [list(split_sentences(line)) for line in lines]


def test_the_text_is_enough_to_train_on_and_has_hardly_an_unknown_word(folder, vectors):
    corpus = read_corpus([folder / "my-text.txt"], vectors)
    words = sum(len(line.split()) for line in (folder / "my-text.txt").read_text().splitlines())
    known = corpus.tokens + sum(map(len, corpus.held_out))
    assert corpus.tokens >= FEWEST_TOKENS
    assert len(corpus.held_out) >= 3
    assert 0.99 * words < known < 1.01 * words


def test_every_word_of_the_pairs_can_be_aligned(folder):
    for line in (folder / "pairs.tsv").read_text().splitlines():
        alignment = align(*line.split("\t"))
        assert not alignment.source.unknown, line
        assert not alignment.target.unknown, line


def test_the_treebank_is_read_whole(folder):
    bad = []
    sentences = list(read_treebank(str(folder / "en.conllu"), bad.append))
    assert (len(sentences), bad) == (24, [])


def test_an_unknown_name_gets_those_there_are():
    done = attn("example", "txt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: attn example 'txt': expected one of text, pairs, treebank\nhint: did you mean text?\n"
