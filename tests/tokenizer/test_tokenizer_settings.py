"""Settings beside a folder's tokenizer.json that change it, compared with transformers."""

import json
import os
from functools import partial
from types import SimpleNamespace

import pytest
from oracles.tokenizer_folders import SETTINGS, TEXTS, folder_of
from support.places import TESTS

from attncli.errors import ResourceError
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.families import family_of
from attncli.recipes.model_explaining import explain_model
from attncli.tokenizer.encoding import encode, open_tokenizer
from attncli.tokenizer.form import is_known, may_be_parsed

STORED = json.loads((TESTS / "oracles" / "tokenizers.json").read_text())
CASES = [
    (name, number)
    for name, others in STORED["others"].items()
    for number, ids in enumerate([STORED["first"][name], *others])
    if ids != [None]  # a folder that transformers cannot open
]
AS_SAVED = (
    "xlm-roberta",
    "camembert",
    "albert",
    "deberta-v2",
)  # without a tokenizer_config.json, of unigrams alone, the file is the tokenizer


def opened(name, settings, folder):
    config = folder_of(name, settings, folder)
    kind = config["model_type"]
    return ModelTokenizer(folder, config, default_class=family_of(kind).tokenizers.get(kind))


@pytest.mark.parametrize(("name", "number"), CASES)
def test_ids_are_those_of_transformers(tmp_path, name, number):
    tokenizer = opened(name, SETTINGS[number], tmp_path)
    others = STORED["others"][name]
    expected = (others[number - 1] if number else None) or STORED["first"][name]
    texts = len(TEXTS) - (name in AS_SAVED and number == 0)  # the last one has a tab
    assert [list(tokenizer.read(text).ids) for text in TEXTS[:texts]] == expected[:texts]
    assert tokenizer.warnings == ()


@pytest.mark.parametrize("name", STORED["first"])
def test_the_steps_of_a_class_are_known_in_the_file_that_it_saves(tmp_path, name):
    config = folder_of(name, SETTINGS[1], tmp_path)
    built = open_tokenizer((tmp_path / "tokenizer.json").read_bytes(), tmp_path, config).tokenizer
    assert may_be_parsed(built.to_str().encode())
    assert is_known(built)


def test_a_number_has_a_token_for_each_digit_in_command_r(tmp_path):
    config = folder_of("cohere", {}, tmp_path)
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    content["model"]["vocab"]["12"] = max(content["model"]["vocab"].values()) + 1
    content["model"]["merges"].append(["1", "2"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    tokens = ModelTokenizer(tmp_path, config, default_class="CohereTokenizer").read("dog 12").tokens
    assert [token.piece for token in tokens] == ["<BOS_TOKEN>", "dog", "Ġ", "1", "2"]  # as transformers has them
    assert ModelTokenizer(tmp_path, config).read("dog12").tokens[-1].piece == "12"


def test_every_setting_changes_the_ids_of_some_kind():
    others = STORED["others"].values()
    assert [any(each[number] for each in others) for number in range(1, len(SETTINGS) - 1)].count(False) <= 1


@pytest.mark.parametrize(
    ("name", "said", "warning"),
    [
        ("bert", {"tokenizer_class": "BertJapaneseTokenizer"}, "names BertJapaneseTokenizer, whose own rules are not"),
        ("bert", {"tokenizer_class": "RobertaTokenizer"}, "names RobertaTokenizer, and tokenizer.json is of another"),
        ("llama", {"tokenizer_class": "XLNetTokenizerFast"}, "names XLNetTokenizer, whose own rules are not applied"),
        ("bert", {"tokenizer_class": "\x1b[31mA\n"}, r"names '\x1b[31mA\n', whose own rules are not applied"),
        ("bert", {"tokenizer_class": "A" * 10**6}, f"names '{'A' * 19}…{'A' * 40}', whose own rules are not applied"),
        ("bert", {"auto_map": {"AutoTokenizer": ["a.B", None]}}, "auto_map: that code is not run"),
        ("llama", {"fix_mistral_regex": True}, "fix_mistral_regex in tokenizer_config.json is not applied"),
    ],
)
def test_what_is_not_applied_is_said(tmp_path, name, said, warning):
    tokenizer = opened(name, {"tokenizer_config.json": said}, tmp_path)
    assert len(tokenizer.warnings) == 1
    assert warning in tokenizer.warnings[0]


def test_the_explanation_passes_the_warning_on(tmp_path):
    from oracles.checkpoints import copy_of

    folder = copy_of("bert", tmp_path / "bert")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertJapaneseTokenizer"}')
    assert any("BertJapaneseTokenizer" in each for each in explain_model("a dog", folder).warnings)


def test_a_panic_of_the_library_is_one_line(tmp_path, capfd):
    tokenizer = opened("bert", {}, tmp_path)
    tokenizer._encoder = tokenizer._encoder._replace(encode=partial(encode, SimpleNamespace(encode=panic)))
    with pytest.raises(ResourceError, match="cannot read 'dog': the tokenizer library breaks down over it"):
        tokenizer.read("dog")
    with pytest.raises(ResourceError, match=f"cannot read '{'d' * 60}…': the tokenizer library"):
        tokenizer.read("d" * 61)
    assert capfd.readouterr() == ("", "")


def panic(*_, **__):
    os.write(2, b"thread '<unnamed>' panicked at ...")
    raise type("PanicException", (BaseException,), {})("not a char boundary")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("tokenizer_config.json", "[" * 50_000),
        ("tokenizer_config.json", "[]"),
        ("tokenizer_config.json", '{"do_lower_case": "yes"}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": [1]}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"x": {"content": "a"}}}'),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"1": "a", "2": 1}}'),
        ("tokenizer_config.json", '{"cls_token": {"content": ["a"]}}'),
        ("tokenizer_config.json", json.dumps({"cls_token": "a" * 10**5})),
        ("special_tokens_map.json", "{"),
        ("added_tokens.json", '{"a": 1000000000000000000000}'),
    ],
)
def test_other_files_that_are_damaged_are_refused(tmp_path, file, content):
    config = folder_of("bert", {}, tmp_path)
    (tmp_path / file).write_text(content)
    with pytest.raises(ResourceError, match=r"cannot read|got a list") as caught:
        ModelTokenizer(tmp_path, config, default_class="BertTokenizer")
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 400
