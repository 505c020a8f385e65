"""Tokens of a model: where they stand in the sentence as typed, and which word they belong to."""

import ast
import shlex
import subprocess
import sys

import pytest
from oracles.checkpoints import TINY, copy_of
from oracles.sentences import SHORT
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from attncli import extras
from attncli.errors import AttnError, ResourceError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.model import open_model


def llama_like(folder):
    """A tokenizer of SentencePiece's kind as Llama has it: no words, spaces as ▁, unknown characters as bytes."""
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "▁he", "▁dog", *"dogsheb."]
    tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(pieces)}, [], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.ByteFallback()
    return saved(tokenizer, folder)


def metaspace(folder):
    """The same as newer files have it: a pre-tokenizer that splits nothing."""
    tokenizer = llama_like(folder)._encoder.encode.args[0]
    tokenizer.normalizer = normalizers.Sequence([])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    return saved(tokenizer, folder)


def saved(tokenizer, folder):
    tokenizer.save(str(folder / "tokenizer.json"))
    return ModelTokenizer(folder)


def tiny(family):
    return ModelTokenizer(TINY / family)


def columns(sentence, *names):
    return [tuple(getattr(token, name) for name in names) for token in sentence.tokens]


def test_word_pieces_know_their_word():
    sentence = tiny("bert").read("The dogs, stop!")
    assert columns(sentence, "piece", "text", "start", "end", "word", "special") == [
        ("[CLS]", "", 0, 0, None, True),
        ("the", "The", 0, 3, 0, False),
        ("dog", "dog", 4, 7, 1, False),
        ("##s", "s", 7, 8, 1, False),
        (",", ",", 8, 9, 2, False),
        ("st", "st", 10, 12, 3, False),
        ("##op", "op", 12, 14, 3, False),
        ("!", "!", 14, 15, 4, False),
        ("[SEP]", "", 0, 0, None, True),
    ]


def test_a_space_in_front_belongs_to_no_text():
    sentence = tiny("roberta").read("the dog  🐕")
    assert columns(sentence, "piece", "text", "start", "word")[1:-1] == [
        ("the", "the", 0, 0),
        ("Ġdog", "dog", 4, 1),
        ("Ġ", " ", 7, 2),
        ("Ġ", " ", 8, 3),
        *((byte, "🐕", 9, 3) for byte in ("ð", "Ł", "Ĳ", "ķ")),
    ]


def test_sentencepiece_words_start_at_the_mark():
    sentence = tiny("xlm-roberta").read("the dogs")
    assert columns(sentence, "piece", "text", "word")[1:-1] == [("▁the", "the", 0), ("▁dog", "dog", 1), ("s", "s", 1)]


def blanks(folder):
    """XLM-R's way: a word for the tokenizer is what stands between blanks, punctuation and all."""
    letters = [*"▁abcdefghilmnoqrstuy0123456789,.;:!?¿'’\"-_%🐕❤हनदé", "\u0301", "\u093f", "\u094d", "\u0940", "\ufe0f"]
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), *((letter, -1.0) for letter in letters)], unk_id=0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return saved(tokenizer, folder)


def words_of(sentence):
    """What stands in the text under each word."""
    words = {}
    for token in sentence.tokens:
        if not token.special:
            start, end = words.get(token.word, (token.start, token.end))
            words[token.word] = (min(start, token.start), max(end, token.end))
    return [sentence.text[a:b].strip() for a, b in words.values()]


OF_THE_TEXT = [llama_like, metaspace, blanks]
EVERY = [*OF_THE_TEXT, lambda _: tiny("bert"), lambda _: tiny("gpt2"), lambda _: tiny("qwen2")]


@pytest.mark.parametrize(
    ("text", "words", "makers"),
    [
        ("he sees the dog, and he", "he sees the dog , and he", EVERY),
        ("he, the dog.", "he , the dog .", EVERY),
        ("the 'dog' bit \"he\"", "the ' dog ' bit \" he \"", EVERY),
        ("an e-mail of 3.14%", "an e - mail of 3 . 14 %", EVERY),
        ("¿he? a_b", "¿ he ? a _ b", EVERY),
        ("don't don’t", "don ' t don ’ t", OF_THE_TEXT),
        ("he?! ... dog", "he ?! ... dog", OF_THE_TEXT),
        ("dog2 (he)", "dog2 ( he )", OF_THE_TEXT),
        ("dog🐕 ❤️ he", "dog 🐕 ❤️ he", OF_THE_TEXT),
        ("he dogs. 注意 हिन्दी", "he dogs . 注意 हिन्दी", OF_THE_TEXT),
        ("he e\u0301! he", "he e\u0301 ! he", OF_THE_TEXT),
        ("e\u0301a हिन्दी", "e\u0301a हिन्दी", [*OF_THE_TEXT, lambda _: tiny("gpt2")]),
    ],
)
def test_words_are_the_same_whatever_tokenizer_cuts_them(tmp_path, text, words, makers):
    for make in makers:
        assert words_of(make(tmp_path).read(text)) == words.split(), make


def test_bytes_of_one_character_share_its_place(tmp_path):
    tokens = llama_like(tmp_path).read("a 注").tokens
    assert [(token.piece, token.text) for token in tokens[-3:]] == [(f"<0x{b:02X}>", "注") for b in "注".encode()]


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta"])
@pytest.mark.parametrize("text", [*SHORT, "a\ud83d b", "\ud83d\udc15", "\udcff"])
def test_every_token_stands_in_the_sentence(family, text):
    sentence = tiny(family).read(text)
    words = [token.word for token in sentence.tokens if not token.special]
    assert sentence.text == text
    for token in sentence.tokens:
        assert 0 <= token.start <= token.end <= len(text)
        assert token.text == text[token.start : token.end]
        assert (token.word is None) == token.special
    assert sorted(set(words)) == list(range(len(set(words))))
    assert words == sorted(words)


def test_padding_and_truncation_are_off():
    stored = Tokenizer.from_file(str(TINY / "bert" / "tokenizer.json"))
    assert len(stored.encode("a").ids) == 32
    assert stored.truncation["max_length"] == 8
    assert len(tiny("bert").read("a").ids) == 3
    assert len(tiny("bert").read("a " * 30).ids) == 32


def test_what_is_typed_like_a_special_token_is_not_special():
    sentence = open_model(TINY / "xlm-roberta").read("dog")
    assert [token.special for token in sentence.tokens] == [True, False, True]


def test_a_text_without_tokens_is_said(tmp_path):
    folder = copy_of("bert", tmp_path / "bert")
    llama_like(folder)
    with pytest.raises(AttnError, match="makes no token of ''"):
        open_model(folder).read("")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": {"type": "None"}}', "[" * 10_000, "\0"])
def test_a_tokenizer_that_is_none(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(ResourceError, match="cannot read the tokenizer") as caught:
        ModelTokenizer(tmp_path)
    assert "\n" not in caught.value.message


OLDER = ["vocab.json", "merges.txt", "bpe.codes"]


@pytest.mark.parametrize("older", OLDER)
@pytest.mark.parametrize("name", ["a model", 'it\'s "$HOME"', "plain"])
def test_an_older_tokenizer_is_named_with_the_line_that_converts_it(tmp_path, older, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / older).write_text("a")
    with pytest.raises(ResourceError, match=f"has no tokenizer.json, only {older}") as caught:
        ModelTokenizer(folder)
    python, flag, code = shlex.split(caught.value.hint.partition("writes it: ")[2])
    assert (python, flag) == ("python", "-c")
    called = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert [call.func.attr for call in called] == ["save_pretrained", "from_pretrained"]
    assert [ast.literal_eval(call.args[0]) for call in called] == [str(folder)] * 2


def test_no_tokenizer_at_all(tmp_path):
    with pytest.raises(ResourceError, match=r"tokenizer\.json' does not exist"):
        ModelTokenizer(tmp_path)


def test_a_missing_extra_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ResourceError, match="needs the package tokenizers") as caught:
        open_model(TINY / "bert")
    assert caught.value.hint == extras.install_command(*extras.requirements("transformers"))
    assert extras.package("json", "nothing")


def test_a_model_needs_no_heavy_import():
    code = (
        "import sys; from attncli.models.model import open_model\n"
        "m = open_model(sys.argv[1]); list(m.run(m.read('a dog').ids)); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, TINY / "bert"], capture_output=True, text=True, check=True)
    heavy = {
        "gensim",
        "scipy",
        "torch",
        "transformers",
        "huggingface_hub",
        "attncli.models.families.distilbert",
        "onnx",
    }
    assert not set(done.stdout.split()) & heavy
