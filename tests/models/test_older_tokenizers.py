"""Folders without tokenizer.json: the files from before it, with the ids of transformers on every odd sentence."""

import json

import pytest
from oracles.checkpoints import TINY
from oracles.older_files import FOLDERS, LANGUAGE_TEXTS, TRANSLATING, askings, pieces_of, tekken, write
from oracles.sentences import WRITTEN
from support.places import TESTS

from attncli.errors import ResourceError, UsageError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.families import family_of

EXPECTED = json.loads((TESTS / "oracles" / "older_tokens.json").read_text())


def opened(name, folder):
    model_type = write(name, folder)
    default = family_of(model_type).tokenizers.get(model_type)
    return ModelTokenizer(folder, {"model_type": model_type}, 600, default)


@pytest.mark.parametrize("name", FOLDERS)
def test_ids_are_those_of_transformers(tmp_path, name):
    tokenizer = opened(name, tmp_path)
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
        ({"spiece.model": pieces_of(1) + b"\x1a\x06\x12\x04\x00\x00\xca\xc2"}, "(precompiled_charsmap) are damaged"),
        ({"tiktoken.model": b"YQ== 0\nb 1\n"}, "expected a piece in base64, got b'b'"),
        ({"tiktoken.model": b"YQ== 0\nYg== -1\n"}, "expected a piece in base64 and its rank, got b'Yg== -1'"),
        ({"tiktoken.model": b"Y" * 400 + b" 1\n"}, "one of its pieces has 300 characters; up to 128 are read"),
        ({"tekken.json": b"[" * 10**5}, "expected a JSON object with config, vocab and special_tokens"),
        ({"tekken.json": b'{"config": {"pattern": ""}}'}, "expected special_tokens and a pattern"),
        ({"tekken.json": tekken((1, "b"))}, "expected special tokens of the ranks from 0 on"),
        (
            {"tekken.json": tekken().replace(b'"rank": 0, "token_str"', b'"rank": [], "token_str"')},
            "of the ranks from 0 on",
        ),
        ({"tekken.json": tekken(count=10**9)}, "default_num_special_tokens: 1,000,000,000; up to 20,000 are read"),
        ({"tekken.json": tekken().replace(b"|\\\\s+", b"|(x|x)*$")}, "it has a part of unknown form"),
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


def test_an_expression_of_too_many_pieces_is_refused(tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(pieces_of(1, whole=["x" * 3000]))
    with pytest.raises(ResourceError, match="its user's pieces have 3,000 characters; up to 2,000 are read"):
        ModelTokenizer(tmp_path, {"model_type": "mistral"}, 100)


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


@pytest.mark.parametrize("name", TRANSLATING)
def test_texts_are_marked_with_their_languages_as_transformers_does(tmp_path, name):
    tokenizer = opened(name, tmp_path)
    for (source, target), expected in zip(askings(name), EXPECTED[f"{name}_languages"], strict=True):
        for text, (of_source, of_target) in zip(LANGUAGE_TEXTS, expected, strict=True):
            assert list(tokenizer.read(text, source).ids) == of_source
            found = tokenizer.target.read(text, target, source)
            # M2M-100 reads no target without a language in transformers; here it is the source's, as in the others
            assert list(found.ids) == (of_target or list(tokenizer.read(text, source).ids))


@pytest.mark.parametrize(
    ("name", "count", "first"),
    [("m2m_100", 100, "af"), ("wmt21", 8, "en"), ("mbart", 25, "ar_AR"), ("mbart50", 52, "ar_AR"), ("nllb", 0, None)],
)
def test_the_languages_are_those_of_the_vocabulary(tmp_path, name, count, first):
    languages = opened(name, tmp_path).languages
    assert (len(languages), next(iter(languages), None)) == (count, first)


def test_marks_are_special_and_have_no_place(tmp_path):
    tokens = opened("mbart50", tmp_path).target.read("the dog", "de_DE").tokens
    assert [(token.piece, token.special, token.word) for token in tokens] == [
        ("de_DE", True, None),
        *(("▁the", False, 0), ("▁dog", False, 1)),
        ("</s>", True, None),
    ]


@pytest.mark.parametrize(
    ("name", "of_target", "code", "message"),
    [
        ("mbart", False, "de", "source_lang='de': expected one of de_DE, "),
        ("mbart", True, "ro_ro", "target_lang='ro_ro': expected one of ro_RO, ru_RU, "),
        ("m2m_100", True, "de_DE", "target_lang='de_DE': expected one of de, "),
        ("m2m_100", False, "", "source_lang='': expected one of af, am, ar, "),
        ("m2m_100", False, "\x1b[31m" * 10**5, "source_lang="),
        ("bert", False, "de", "source_lang='de': the model marks no text with its language"),
        ("marian", True, "de", "target_lang='de': the model marks no text with its language"),
    ],
)
def test_an_unknown_language_is_refused_with_those_nearest_to_it(tmp_path, name, of_target, code, message):
    tokenizer = opened(name, tmp_path)
    with pytest.raises(UsageError) as raised:
        (tokenizer.target if of_target else tokenizer).read("the dog", code)
    assert raised.value.message.startswith(message)
    assert len(raised.value.message) < 250
    assert raised.value.setting.name == ("target_lang" if of_target else "source_lang")


def test_a_language_in_the_settings_that_m2m_100_lacks_is_refused(tmp_path):
    write("m2m_100", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"src_lang": "de_DE"}')
    with pytest.raises(ResourceError, match="expected a language of M2M-100, got 'de_DE'"):
        ModelTokenizer(tmp_path, {"model_type": "m2m_100"}, 600, "M2M100Tokenizer")


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("bert", {0: "[PAD]", 2: "[CLS]"}),
        ("llama", {1: "<s>", 3: "<0x00>"}),
        ("marian", {0: "</s>", 2: ">>fr<<"}),
        ("m2m_100", {2: "</s>", 45: "__af__", 4: "▁the"}),
        ("mbart", {3: "<unk>", 53: "ar_AR"}),
    ],
)
def test_an_id_has_a_piece(tmp_path, name, pieces):
    tokenizer = opened(name, tmp_path)
    assert {number: tokenizer.piece(number) for number in pieces} == pieces
    assert [tokenizer.piece(number) for number in (10**6, -1, 2**40)] == ["<1000000>", "<-1>", f"<{2**40}>"]


def test_the_target_of_marian_has_pieces_of_its_own_vocabulary(tmp_path):
    write("marian", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"separate_vocabs": true}')
    (tmp_path / "target_vocab.json").write_text('{"<unk>": 0, "</s>": 1, "▁chien": 2}')
    target = ModelTokenizer(tmp_path, {"model_type": "marian"}, 600, "MarianTokenizer").target
    assert target.piece(2) == "▁chien"
    assert target.read("chien").ids == (2, 1)


def test_marian_takes_punctuation_as_it_is(tmp_path):
    assert list(opened("marian", tmp_path).read("“the” — it’s  ,dog").ids) == EXPECTED["marian_signs"]


def test_every_other_tokenizer_reads_targets_too(tmp_path):
    write("bert", tmp_path)
    tokenizer = ModelTokenizer(tmp_path, {"model_type": "bert"}, 600, "BertTokenizer")
    assert tokenizer.target.read("the dog").ids == tokenizer.read("the dog").ids


def test_words_of_blenderbot_small_have_their_places_and_its_vocabulary_is_checked(tmp_path):
    tokenizer = opened("blenderbot-small", tmp_path)
    sentence = tokenizer.read("It's THE dog.")
    assert [token.text for token in sentence.tokens] == ["It", "'", "s", "THE", "dog", "."]
    assert [token.piece for token in sentence.tokens] == ["it", "'", "s", "the", "dog", "."]
    (tmp_path / "vocab.json").write_text('{"a": 0}')
    with pytest.raises(ResourceError, match=r"vocab.json has no piece '__unk__'"):
        opened_again(tmp_path)


def opened_again(folder):
    """The tokenizer of a folder of Blenderbot Small."""
    return ModelTokenizer(folder, {"model_type": "blenderbot-small"}, 600, "BlenderbotSmallTokenizer")
