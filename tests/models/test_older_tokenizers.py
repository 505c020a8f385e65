"""Folders without tokenizer.json: the files from before it, with the ids of transformers on every odd sentence."""

import json

import pytest
from oracles.checkpoints import TINY
from oracles.older_files import FOLDERS, pieces_of, write
from oracles.sentences import WRITTEN
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.families import family_of

EXPECTED = json.loads((TESTS / "oracles" / "older_tokens.json").read_text())


@pytest.mark.parametrize("name", FOLDERS)
def test_ids_are_those_of_transformers(tmp_path, name):
    model_type = write(name, tmp_path)
    tokenizer = ModelTokenizer(
        tmp_path, {"model_type": model_type}, 600, family_of(model_type).tokenizers.get(model_type)
    )
    found = [list(tokenizer.read(text).ids) for text in WRITTEN]
    assert dict(zip(WRITTEN, found, strict=True)) == dict(zip(WRITTEN, EXPECTED[name], strict=True))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"vocab.txt": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"}, "Git LFS pointer"),
        ({"vocab.txt": b""}, "vocab.txt is empty"),
        ({"vocab.txt": b"a\n" * 2**21}, "vocab.txt has more than"),
        ({"vocab.json": b"[]", "merges.txt": b""}, "expected a JSON object, got a list"),
        ({"vocab.json": b'{"a": -1}', "merges.txt": b""}, "vocab.json: expected an object of numbers"),
        ({"vocab.json": b'{"a": 0}', "merges.txt": b"a b c\n"}, "expected two pieces a line, got 'a b c'"),
        ({"vocab.json": b'{"a": 0}', "merges.txt": b"a b\n"}, "cannot read the tokenizer"),
        ({"tokenizer.model": b""}, "expected pieces of a model of kind 1 or 2, got 0 of kind 1"),
        ({"tokenizer.model": b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"}, "it is no whole SentencePiece model"),
        ({"spiece.model": pieces_of(3)}, "expected pieces of a model of kind 1 or 2, got 52 of kind 3"),
    ],
)
def test_files_that_make_no_tokenizer_are_refused_in_one_line(tmp_path, files, said):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ResourceError) as raised:
        ModelTokenizer(tmp_path, {"model_type": "bert"}, 100, "BertTokenizer")
    assert said in raised.value.message
    assert "\n" not in raised.value.message


def test_a_tokenizer_json_comes_before_other_files(tmp_path):
    write("llama", tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((TINY / "bert" / "tokenizer.json").read_bytes())
    tokens = ModelTokenizer(tmp_path, {"model_type": "bert"}, 600, "BertTokenizer").read("a").tokens
    assert [token.piece for token in tokens][::2] == ["[CLS]", "[SEP]"]


def test_marian_has_another_tokenizer_for_targets_and_a_token_of_their_language(tmp_path):
    write("marian", tmp_path)
    tokenizer = ModelTokenizer(tmp_path, {"model_type": "marian"}, 600)
    assert [list(tokenizer.target.read(text).ids) for text in WRITTEN] == EXPECTED["marian_target"]
    sentence = tokenizer.read(">>fr<< the dog")
    assert list(sentence.ids) == EXPECTED["marian_code"]
    assert [token.text for token in sentence.tokens[:3]] == [">>fr<<", "the", "dog"]
    assert [token.special for token in sentence.tokens] == [False, False, False, True]


def test_every_other_tokenizer_reads_targets_too(tmp_path):
    write("bert", tmp_path)
    tokenizer = ModelTokenizer(tmp_path, {"model_type": "bert"}, 600, "BertTokenizer")
    assert tokenizer.target is tokenizer
