"""Hostile tokenizers: parts that are refused, forms that run in a process with limits, and bounded texts."""

import base64
import json
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from oracles.checkpoints import TINY, copy_of
from oracles.minilm_folder import MINILM, needs_minilm
from oracles.tokenizer_folders import BASES

from attncli.errors import AttnError, ResourceError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.model import open_model
from attncli.tokenizer.form import REGEXES, is_sound

BERT, XLM_R = (json.loads((TINY / name / "tokenizer.json").read_text()) for name in ("bert", "xlm-roberta"))
CLS = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
TEXT = {"Sequence": {"id": "A", "type_id": 0}}


def in_this_process(tokenizer):
    """Whether the library is called here, and not in a process with limits."""
    return isinstance(tokenizer._encoder.encode, partial)


def split(regex):
    return {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False}}


def replace(old, new, times=1):
    step = {"type": "Replace", "pattern": old if isinstance(old, dict) else {"String": old}, "content": new}
    return {"normalizer": {"type": "Sequence", "normalizers": [step] * times}}


def template(*parts, ids=(2,), tokens=("[CLS]",)):
    special = {"[CLS]": {"id": "[CLS]", "ids": list(ids), "tokens": list(tokens)}}
    return {
        "post_processor": {
            **{"type": "TemplateProcessing", "single": list(parts), "special_tokens": special},
            "pair": [TEXT, {"Sequence": {"id": "B", "type_id": 1}}],
        }
    }


def charsmap(content):
    text = base64.b64encode(content).decode()
    return {"normalizer": {"type": "Precompiled", "precompiled_charsmap": text}}


def nested(depth):
    step = {"type": "NFC"}
    for _ in range(depth):
        step = {"type": "Sequence", "normalizers": [step]}
    return {"normalizer": step}


def with_model(base, **changes):
    return {"model": {**base["model"], **changes}}


def written(base, changes, folder):
    text = changes if isinstance(changes, str) else json.dumps({**base, **changes})
    (folder / "tokenizer.json").write_text(text)
    return folder


REFUSED = {
    "fixed-length": ({"pre_tokenizer": {"type": "FixedLength", "length": 0}}, "pieces of length 0"),
    "charsmap": (charsmap(bytes(4)), "precompiled_charsmap"),
    "charsmap-huge": (charsmap(b"\x00\x00\xca\xc2"), "too much time or memory|precompiled_charsmap"),
    "charsmap-lies": (charsmap((10**6).to_bytes(4, "little") + bytes(2000)), "breaks down"),
    "charsmap-outside": (charsmap((1024).to_bytes(4, "little") + b"\xff\xff\xff\x7f" * 256 + bytes(9)), "breaks down"),
    "replace": (replace("a", "a" * 64, 5), "times longer"),
    "replace-nothing": (replace("", "aaaa"), "times longer"),
    "replace-regex": (replace({"Regex": "."}, "aaaaaaaaaaaa", 9), "times longer"),
    "replace-2000": (replace("a", "a" * 30, 3), "too much time or memory"),
    "template-ids": (template(CLS, TEXT, ids=[2, 2, 2]), "3 ids for 1 tokens"),
    "template-twice": (template(TEXT, TEXT), "not just once"),
    "template-empty": (template(CLS), "not just once"),
    "template-parts": (template(*[CLS] * 2000, TEXT), "2,000 tokens"),
    "template-many-ids": (template(CLS, TEXT, ids=[2] * 2000, tokens=["[CLS]"] * 2000), "2,000 tokens"),
    "template-parts-6": (template(*[CLS] * 10**5, TEXT), "too much time or memory|100,000 tokens"),
    "steps": ({"post_processor": {"type": "Sequence", "processors": [BERT["post_processor"]] * 2000}}, "1,000 parts"),
    "deep": ("[" * 10**5, "invalid type"),
    "deep-steps": (nested(200), "recursion|too much"),
    "no-vocabulary": (with_model(BERT, vocab={}), "UNK"),
    "negative": (with_model(BERT, vocab={"dog": -1}), "-1"),
    "regex": (split("("), "Oniguruma"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_tokenizer_needs_is_one_line(tmp_path, name, capfd):
    changes, message = REFUSED[name]
    with pytest.raises(ResourceError, match=message) as caught:
        ModelTokenizer(written(BERT, changes, tmp_path), {"model_type": "bert"}, 46, "BertTokenizer").read("a" * 2000)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500
    assert capfd.readouterr() == ("", "")  # nor a panic of the library


def test_unigrams_without_unknown_token(tmp_path):
    lacking = with_model(XLM_R, unk_id=None, vocab=[["a", -1.0]])
    with pytest.raises(ResourceError, match="unk_id"):
        ModelTokenizer(written(XLM_R, lacking, tmp_path)).read("dog")


@pytest.mark.parametrize("regex", ["(a|a)*$", "(?:(?:a+)+)+$", "(.*)(.*)(.*)(.*)\\1\\2\\3\\4$"])
def test_an_unknown_expression_runs_in_another_process_and_is_ended_there(tmp_path, regex, monkeypatch):
    from attncli.tokenizer import process as tokenizer_process

    monkeypatch.setattr(tokenizer_process, "SECONDS", 0.3)
    tokenizer = ModelTokenizer(written(BERT, split(regex), tmp_path))
    assert not in_this_process(tokenizer)
    with suppress(ResourceError):  # too much time, or the library gives up by itself
        tokenizer.read("a" * 5000 + "b")
    assert [token.text for token in tokenizer.read("dog").tokens[1:-1]] == ["dog"]  # another one answers


@pytest.mark.parametrize("text", ["the dogs, stop!", "", "a\ud83d \u0301é 🐕", "x" * 200])
def test_another_process_gives_the_same_tokens(tmp_path, text):
    known = ModelTokenizer(written(BERT, split(" {2,}"), tmp_path))
    here = known.read(text)
    there = ModelTokenizer(written(BERT, split("[ ]{2,}"), tmp_path)).read(text)
    assert there == here


def test_an_expression_in_disguise_is_unknown(tmp_path):
    disguised = json.dumps({**BERT, **split("(a|a)*$")}).replace('"Regex"', '"\\u0052egex"')
    tokenizer = ModelTokenizer(written(BERT, disguised, tmp_path))
    assert not in_this_process(tokenizer)


@pytest.mark.parametrize(
    ("units", "texts", "sound"),
    [
        ([0] * 256, b"\0", True),
        ([1 << 10] + [0] * 255, b"\0", True),  # the first unit leads to the second
        ([256 << 10] + [0] * 255, b"\0", False),  # and here outside
        ([1 << 10 | 256, 1 << 31 | 2] + [0] * 254, b"a\0b\0", True),
        ([1 << 10 | 256, 1 << 31 | 4] + [0] * 254, b"a\0b\0", False),  # a text outside
        ([1 << 10 | 256, 1 << 31 | 1] + [0] * 254, "é\0".encode(), False),  # the middle of a character
        ([1 << 10 | 256, 1 << 31] + [0] * 254, b"a" * 300 + b"\0", False),
        ([1 << 10 | 256, 1 << 31] + [0] * 254, b"ab", False),
        ([1 << 10 | 256, 1 << 31] + [0] * 254, b"\xff\0", False),
        ([1 << 31] * 256, b"\0", False),
    ],
)
def test_tables_of_sentencepiece(units, texts, sound):
    assert is_sound((4 * len(units)).to_bytes(4, "little") + np.array(units, "<u4").tobytes() + texts) == sound


def test_a_piece_of_another_process_has_its_text(tmp_path):
    tokenizer = ModelTokenizer(written(BERT, split("x|x"), tmp_path))
    assert not in_this_process(tokenizer)
    assert [tokenizer.piece(number) for number in (2, 10**6, -1)] == ["[CLS]", "<1000000>", "<-1>"]


def test_texts_are_marked_with_their_language_in_another_process(tmp_path):
    content = json.loads(BASES["mbart50"][0]().to_str())
    content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [*split("x|x").values(), content["pre_tokenizer"]]}
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "MBart50Tokenizer", "tgt_lang": "fr_XX"}')
    tokenizer = ModelTokenizer(written(content, {}, tmp_path), {"model_type": "mbart"}, 99, "MBartTokenizer")
    assert tokenizer._encoder.bare.func.__self__.encoder.piece(0) == "<s>"
    assert tokenizer.languages == ("de_DE", "en_XX", "fr_XX")
    for reader, language, first in (
        (tokenizer, None, "en_XX"),
        (tokenizer, "de_DE", "de_DE"),
        (tokenizer.target, None, "fr_XX"),
        (tokenizer.target, "de_DE", "de_DE"),
    ):
        assert [token.piece for token in reader.read("the dog", language).tokens] == [first, "▁the", "▁dog", "</s>"]


def test_no_process_is_left_behind(tmp_path):
    tokenizer = ModelTokenizer(written(BERT, split("x|x"), tmp_path))
    process = tokenizer._encoder.encode.__self__._started[1]
    assert process.poll() is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del tokenizer
    assert process.returncode is not None


def test_too_large_a_file_for_the_model_is_read_elsewhere(tmp_path):
    text = json.dumps(BERT)[:-1] + " " * 2**21 + "}"
    assert in_this_process(ModelTokenizer(written(BERT, text, tmp_path)))
    assert not in_this_process(ModelTokenizer(tmp_path, None, 46))


def test_the_tokenizers_of_tests_are_of_known_forms():
    for folder in sorted(TINY.iterdir()):
        if (folder / "tokenizer.json").exists():
            assert in_this_process(ModelTokenizer(folder)), folder


@needs_minilm
def test_minilm_starts_no_process_and_parses_its_tokenizer_once():
    code = (
        "import sys, json; from attncli.models.model import open_model\n"
        "m = open_model(sys.argv[1]); m.read('a dog')\n"
        "print('subprocess' in sys.modules, type(m._tokenizer._encoder.encode).__name__ == 'partial')"
    )
    done = subprocess.run([sys.executable, "-c", code, MINILM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_known_expressions_are_the_librarys(tmp_path):
    for regex in REGEXES:
        assert in_this_process(ModelTokenizer(written(BERT, split(regex), tmp_path))), regex


def test_a_text_is_refused_by_its_characters_before_it_is_cut(tmp_path, monkeypatch):
    model = open_model(TINY / "bert")
    monkeypatch.setattr(type(model._tokenizer), "read", None)  # would be called
    with pytest.raises(AttnError, match=r"4,000,000 characters, 32,768 are the most for bert, which takes 40 tokens"):
        model.read("a " * 2_000_000)


def test_a_text_of_as_many_characters_is_read():
    assert len(open_model(TINY / "bert").read(" " * 32_766 + "a").tokens) == 3


def test_a_tokenizer_of_another_model_is_one_line(tmp_path):
    folder = copy_of("bert", tmp_path / "bert")
    vocabulary = {piece: number + 1000 for piece, number in BERT["model"]["vocab"].items()}
    written(BERT, with_model(BERT, vocab=vocabulary), folder)
    model = open_model(folder)
    with pytest.raises(ResourceError, match="row 1"):
        list(model.run(model.read("dog").ids))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is Linux's")
def test_the_process_takes_no_more_memory_than_it_is_given(tmp_path, monkeypatch):
    from attncli.tokenizer import process as tokenizer_process

    monkeypatch.setattr(tokenizer_process, "SECONDS", 30)
    tokenizer = ModelTokenizer(written(BERT, replace("a", "a" * 40, 2), tmp_path))
    with pytest.raises(ResourceError, match="too much time or memory"):
        tokenizer.read("a" * 400_000)  # 640 MB of letters, and more of what is kept for each
