"""Two texts in one input: their tokens, segments, weights and hidden states are those of transformers."""

import json

import numpy as np
import pytest
from oracles.checkpoints import PAIR, PAIRED, TINY, copy_of
from oracles.gguf_files import with_tokenizer
from oracles.older_files import write
from oracles.tokenizer_folders import SETTINGS, folder_of
from support.places import TESTS

from attncli.corpus.model_reading import ModelReader
from attncli.errors import ResourceError, UsageError
from attncli.files.gguf_file import GgufFile
from attncli.models.checkpoint.gguf_tokenizing import MetadataTokenizer
from attncli.models.checkpoint.tokenizing import ModelTokenizer
from attncli.models.families import family_of
from attncli.models.model import open_model
from attncli.models.pack import Pack
from attncli.recipes.model_explaining import explain_model
from attncli.settings.model import check_model_settings

STORED = json.loads((TESTS / "oracles" / "segments.json").read_text())
TOKENS = STORED["folders"]
AS_SAVED = ("xlm-roberta", "camembert", "albert", "deberta-v2")  # unigrams alone: the file is the tokenizer
CASES = [
    (name, number)
    for name, rows in TOKENS.items()
    for number, row in enumerate(rows)
    if row is not None and (number or name not in AS_SAVED)
]
ENCODERS = sorted(path.parent.name for path in TINY.glob("*/pair.npz"))


def opened(name, settings, folder):
    config = folder_of(name, settings, folder)
    kind = config["model_type"]
    return ModelTokenizer(folder, config, default_class=family_of(kind).tokenizers.get(kind))


@pytest.mark.parametrize(("name", "number"), CASES)
def test_tokens_and_segments_are_those_of_transformers(tmp_path, name, number):
    ids, segments, begin = TOKENS[name][number] or TOKENS[name][0]
    tokenizer = opened(name, SETTINGS[number], tmp_path)
    found = tokenizer.read(PAIR[0], pair=PAIR[1])
    assert list(found.ids) == ids
    assert list(found.segments or [0] * len(ids)) == segments
    if begin is not None:
        alone = tokenizer.read(PAIR[0])
        front = () if alone.tokens[0].special else (begin,)
        assert tokenizer.read(PAIR[0], bos=True).ids == (*front, *alone.ids)


@pytest.mark.parametrize("name", [name for name, ids in STORED["older"].items() if ids])
def test_tokens_by_older_files_are_those_of_transformers(tmp_path, name):
    model_type = write(name, tmp_path)
    default = family_of(model_type).tokenizers.get(model_type)
    tokenizer = ModelTokenizer(tmp_path, {"model_type": model_type}, 600, default)
    assert list(tokenizer.read(PAIR[0], pair=PAIR[1]).ids) == STORED["older"][name]


@pytest.mark.parametrize("name", STORED["gguf"])
def test_tokens_by_a_gguf_file_are_those_of_transformers(tmp_path, name):
    (tmp_path / "m.gguf").write_bytes(with_tokenizer(name))
    tokenizer = MetadataTokenizer(tmp_path / "m.gguf", GgufFile(tmp_path / "m.gguf").metadata)
    assert list(tokenizer.read(PAIR[0], pair=PAIR[1]).ids) == STORED["gguf"][name]


def test_a_process_with_limits_gives_the_same(tmp_path):
    folder = copy_of("bert", tmp_path / "model")
    content = json.loads((folder / "tokenizer.json").read_text())
    step = {"type": "Replace", "pattern": {"Regex": "(a|a)*z"}, "content": "z"}  # a form that is not known
    steps = {"type": "Sequence", "normalizers": [content["normalizer"], step]}
    (folder / "tokenizer.json").write_text(json.dumps({**content, "normalizer": steps}))
    here, there = open_model(TINY / "bert")._tokenizer, open_model(folder)._tokenizer
    assert there._encoder.roles == here._encoder.roles
    for how in ({"pair": PAIR[1]}, {"bos": False}, {"pair": PAIR[1], "bos": False}):
        assert there.read(PAIR[0], **how) == here.read(PAIR[0], **how)


@pytest.mark.parametrize("name", ENCODERS)
def test_weights_and_hidden_states_are_those_of_pytorch(name):
    model, stored = open_model(TINY / name), np.load(TINY / name / "pair.npz")
    ids, segments = stored["ids"].tolist(), stored["segments"].tolist()
    if name in PAIRED:
        sentence = model.read(*PAIR)
        assert (list(sentence.ids), list(sentence.segments or [0] * len(ids))) == (ids, segments)
    layers = list(model.run(ids, segments=segments))
    weights = np.stack([layer.attention.weights for layer in layers])
    np.testing.assert_allclose(weights, stored["weights"], rtol=0, atol=2e-6)
    np.testing.assert_allclose(model.final(layers[-1].output), stored["hidden"], rtol=0, atol=2e-5)


def test_families_with_an_embedding_of_segments_give_the_second_text_its_own():
    differ = []
    for name in ENCODERS:
        model, stored = open_model(TINY / name), np.load(TINY / name / "pair.npz")
        plain, told = (
            next(model.run(stored["ids"].tolist(), segments=each)).output for each in (None, stored["segments"])
        )
        differ += [name] * bool(np.abs(plain - told).max() > 0.01)
    assert differ == ["albert", "bert", "deberta-v2_conv", "electra", "nomic_bert", "xlm-roberta-xl"]


def test_texts_of_a_pack_have_their_own_segments():
    model, stored = open_model(TINY / "bert"), np.load(TINY / "bert" / "pair.npz")
    ids, segments = stored["ids"].tolist(), stored["segments"].tolist()
    pack = Pack.of([ids[:4], ids, ids], [[0] * 4, segments, [0] * len(ids)])
    *_, last = model.run_pack(pack)
    *_, plain = model.run(ids)
    found = last.output[4 : 4 + len(ids)], last.output[4 + len(ids) :]
    np.testing.assert_allclose(found[0], stored["hidden"], rtol=0, atol=2e-5)
    np.testing.assert_allclose(found[1], plain.output, rtol=0, atol=2e-5)


def test_a_segment_that_the_embedding_lacks_is_refused():
    with pytest.raises(ResourceError, match=r"token_type_embeddings.weight has shape \[2, 16\], and row 2"):
        next(open_model(TINY / "bert").run([2, 3], segments=[0, 2]))


TEXTS = [("The dogs, stop!", "stop, he is"), (" a ", "  he"), ("the 🐕", "🐕"), ("a\nb", "c\n"), ("dog", "dog")]


@pytest.mark.parametrize("texts", TEXTS)
@pytest.mark.parametrize("name", ["bert", "roberta", "xlm-roberta", "gpt2", "llama"])
def test_every_token_is_at_its_place_in_the_text_of_both(name, texts):
    model = open_model(TINY / name)
    sentence = model.read(*texts)
    assert sentence.text == "\n".join(texts)
    assert all(sentence.text[token.start : token.end] == token.text for token in sentence.tokens)
    own = [token for token in sentence.tokens if not token.special]
    second = len(texts[0]) + 1
    assert all((token.start >= second) == (token.segment == 1) for token in own)
    assert [token.segment for token in sentence.tokens] == sorted(token.segment for token in sentence.tokens)
    alone = [[each.word for each in model.read(text).tokens if not each.special] for text in texts]
    assert [token.word for token in own] == [*alone[0], *(word + alone[0][-1] + 1 for word in alone[1])]


def test_tokens_in_front_are_left_out_or_put_there():
    bert, gpt2, llama = (open_model(TINY / name) for name in ("bert", "gpt2", "llama"))
    assert bert.read("dog", bos=False).left_out == ("[CLS]",)
    assert bert.read("dog", bos=False).ids == bert.read("dog").ids[1:]
    assert bert.read("dog", "cat", bos=False).ids == bert.read("dog", "cat").ids[1:]
    assert (bert.read("dog", bos=True), bert.read("dog", bos=True).added) == (bert.read("dog"), ())
    found = gpt2.read("dog", bos=True)
    assert (found.added, found.tokens[0].special, found.ids[1:]) == (("<|endoftext|>",), True, gpt2.read("dog").ids)
    assert gpt2.read("dog", bos=False) == gpt2.read("dog")
    assert llama.read("dog", bos=False).left_out == ("<s>",)


def test_a_model_without_such_a_token_refuses_it(tmp_path):
    folder = copy_of("granite", tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "bos_token_id": None}))
    with pytest.raises(UsageError) as raised:
        open_model(folder).read("dog", bos=True)
    assert raised.value.message.endswith("model has no token that texts begin with")
    (folder / "config.json").write_text(json.dumps({**config, "bos_token_id": 0}))
    assert open_model(folder).read("dog", bos=True).added == ("<|endoftext|>",)


def test_separators_that_were_typed_are_found():
    read = open_model(TINY / "bert").read
    assert read("dog [SEP] dog").separators == (2,)
    assert read("dog", "dog").separators == ()


def test_the_settings_may_keep_segments_from_the_model(tmp_path):
    folder = copy_of("bert", tmp_path / "model")
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_input_names": ["input_ids", "attention_mask"]}))
    found = open_model(folder).read(*PAIR)
    assert (found.segments, {token.segment for token in found.tokens}) == (None, {0, 1})


def test_a_template_may_have_segments_for_one_text(tmp_path):
    folder = copy_of("bert", tmp_path / "model")
    content = json.loads((folder / "tokenizer.json").read_text())
    special = {text: {"id": text, "ids": [id], "tokens": [text]} for text, id in (("[CLS]", 2), ("[SEP]", 3))}
    single = [
        {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
        {"Sequence": {"id": "A", "type_id": 1}},
        {"SpecialToken": {"id": "[SEP]", "type_id": 1}},
    ]
    parts = {"single": single, "pair": TWO, "special_tokens": special}
    content["post_processor"] = {"type": "TemplateProcessing", **parts}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    model = open_model(folder)
    sentence = model.read("the dog")
    assert sentence.segments == (0, 1, 1, 1)
    (expected, _) = (layer.attention.weights for layer in model.run(sentence.ids, segments=sentence.segments))
    np.testing.assert_array_equal(explain_model("the dog", model).weights[0], expected)
    settings = check_model_settings(top=2)
    (batch,) = ModelReader(model, settings).read(["the dog"], pytest.fail)
    np.testing.assert_allclose(batch.weights[0, 0], expected, rtol=0, atol=1e-6)


SPECIAL = {"id": "x", "type_id": 0}
TWO = [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
TEMPLATES = [
    ([TWO[0], *TWO], "its template takes a text not just once"),
    (TWO[:1], "its template takes a text not just once"),
    ([*TWO, *999 * [{"SpecialToken": SPECIAL}]], "its template adds 1,998 tokens to every two texts"),
]


@pytest.mark.parametrize(("pair", "said"), TEMPLATES)
def test_templates_of_two_texts_are_bounded(tmp_path, pair, said):
    folder = copy_of("bert", tmp_path / "model")
    content = json.loads((folder / "tokenizer.json").read_text())
    single = [{"Sequence": {"id": "A", "type_id": 0}}]
    special = {"x": {"id": "x", "ids": [5, 5], "tokens": ["a", "a"]}}
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": single,
        "pair": pair,
        "special_tokens": special,
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    model = open_model(folder)
    assert model.read("dog").ids
    with pytest.raises(ResourceError, match=said):
        model.read(*PAIR)
