"""Folders of static vectors (Model2Vec, sentence-transformers) as vector sets, and what other folders are named."""

import json
import sys

import numpy as np
import pytest
from oracles.checkpoints import copy_of, safetensors
from oracles.static_folders import FORMS, TOKENIZERS, WORDS, static_folder
from support.places import TESTS

from attncli import AttnError, explain
from attncli.cli.app import run
from attncli.errors import ResourceError
from attncli.tokenizer import encoding
from attncli.vectors import Vectors, open_vectors
from attncli.vectors.keeping import add, remove
from attncli.vectors.store.verifying import verify
from attncli.views.records.json import explanation_json
from attncli.views.screen import Screen
from attncli.views.terminal.explain import explain_lines

MATRIX = [[1.0, 2], [3, 4], [5, 6], [7, 8]]
PIECES = ["[UNK]", "dog", "cat", "##s"]
WORD_PIECE = {"model": {"type": "WordPiece", "vocab": {piece: id for id, piece in enumerate(PIECES)}}}


def folder_of(folder, arrays, tokenizer=WORD_PIECE, place="", **files):
    (folder / place).mkdir(parents=True)
    (folder / place / "model.safetensors").write_bytes(safetensors(arrays))
    (folder / place / "tokenizer.json").write_text(json.dumps(tokenizer))
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def contents(vectors):
    rows = range(vectors.words)
    return dict(zip(vectors.text(rows), vectors.rows(rows).tolist(), strict=True))


@pytest.fixture
def home(attn_home, tmp_path):
    return tmp_path / "static"


@pytest.mark.parametrize(
    ("arrays", "rows"),
    [
        ({"embeddings": ("F32", MATRIX)}, MATRIX),
        ({"embeddings": ("F16", MATRIX)}, MATRIX),
        ({"embeddings": ("F64", MATRIX)}, MATRIX),
        ({"embeddings": ("I8", MATRIX)}, MATRIX),
        ({"embeddings": ("BF16", np.float32(MATRIX).view(np.uint32) >> 16)}, MATRIX),
        ({"embedding.weight": ("F32", MATRIX)}, MATRIX),
        ({"embeddings": ("F32", MATRIX), "weights": ("F64", [1, 2, 3, 0.5])}, [[1, 2], [6, 8], [15, 18], [3.5, 4]]),
        (
            {"embeddings": ("F32", MATRIX[:2]), "mapping": ("I64", [1, 0, 1, 1]), "weights": ("F32", [1, 2, 3, 0.5])},
            [[3, 4], [2, 4], [9, 12], [1.5, 2]],
        ),
        ({"embeddings": ("F32", MATRIX[:2]), "mapping": ("I32", [1, 0, 1, 1])}, [[3, 4], [1, 2], [3, 4], [3, 4]]),
    ],
)
@pytest.mark.parametrize("place", ["", "0_StaticEmbedding"])
def test_a_row_is_the_vector_of_a_token(home, arrays, rows, place):
    assert contents(open_vectors(folder_of(home, arrays, place=place))) == dict(zip(PIECES, rows, strict=True))


def test_pieces_that_read_like_the_names_of_others_keep_their_rows(home):
    pieces = ["dog[2]", "dog", "▁dog", "[4]", ""]
    tokenizer = {"model": {"type": "Unigram", "vocab": [[piece, 0.0] for piece in pieces], "unk_id": 3}}
    found = contents(open_vectors(folder_of(home, {"embeddings": ("F32", [[1], [2], [3], [4], [5]])}, tokenizer)))
    assert sorted(found.values()) == [[1.0], [2.0], [3.0], [4.0], [5.0]]


META = {"pre_tokenizer": {"type": "Metaspace", "replacement": "▁"}}
BYTE_LEVEL = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}]}}


@pytest.mark.parametrize(
    ("tokenizer", "words"),
    [
        ({"model": {"type": "Unigram", "vocab": [["<unk>", 0], ["▁dog", -1], ["dog", -2], ["▁", -3]]}},
         ["<unk>", "dog", "##dog", "▁"]),
        (META | {"model": {"type": "BPE", "vocab": {"s": 0, "▁dog": 1, "▁the": 2, "the": 3}}},
         ["s", "dog", "the", "##the"]),
        (BYTE_LEVEL | {"model": {"type": "BPE", "vocab": {"Ġdog": 0, "dog": 1, "ĠcafÃ©": 2, "Ã": 3}}},
         ["dog", "##dog", "café", "Ã"]),
        (WORD_PIECE | {"added_tokens": [{"id": 3, "content": "new york"}]}, ["[UNK]", "dog", "cat", "new york"]),
        ({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 2, "c": 3}}}, ["a", "[1]", "b", "c"]),
    ],
)  # fmt: skip
def test_the_word_of_a_token(home, tokenizer, words):
    assert list(contents(open_vectors(folder_of(home, {"embeddings": ("F32", MATRIX)}, tokenizer)))) == words


def test_it_is_kept_with_name_licence_and_limit_and_explains(home, monkeypatch):
    card = "---\nlicense: mit\n---\n# model\nlicense: other\n"
    folder = folder_of(home, {"embeddings": ("F32", MATRIX)}, README_md=card)
    monkeypatch.chdir(folder.parent)
    explanation = explain("Dog cat", "static/")
    assert [token.word for token in explanation.sentence.tokens] == ["dog", "cat"]
    assert (explanation.source.inputs.vectors.name, explanation.source.inputs.vectors.info.licence) == ("static", "mit")
    assert list(contents(add("static", name="mine", limit=2))) == ["[UNK]", "dog"]


def test_a_changed_tokenizer_is_another_set(home):
    folder = folder_of(home, {"embeddings": ("F32", MATRIX)})
    assert "dog" in contents(open_vectors(folder))
    (folder / "tokenizer.json").write_text(json.dumps(WORD_PIECE).replace("dog", "fox"))
    assert "fox" in contents(open_vectors(folder))


GOOD = {"embeddings": ("F32", MATRIX)}


@pytest.mark.parametrize(
    ("arrays", "tokenizer", "message"),
    [
        ({"embeddings": ("F32", [1.0, 2])}, WORD_PIECE, r"of shape \[2\]; needed is \[tokens, d\]"),
        ({"embeddings": ("F32", [[]])}, WORD_PIECE, r"of shape \[1, 0\]"),
        (GOOD | {"mapping": ("I64", [0, 1, 2, 4])}, WORD_PIECE, "a mapping that is no list of rows among 4"),
        (GOOD | {"mapping": ("I64", [0, 1, 2, -1])}, WORD_PIECE, "a mapping that is no list of rows among 4"),
        (GOOD | {"mapping": ("F32", [0, 1, 2, 3])}, WORD_PIECE, "a mapping that is no list of rows among 4"),
        (GOOD | {"mapping": ("I64", [[0, 1]])}, WORD_PIECE, r"an array 'mapping' of shape \[1, 2\]"),
        (GOOD | {"weights": ("F32", [1, 2])}, WORD_PIECE, "has 2 weights for 4 tokens"),
        (GOOD | {"weights": ("F32", [1, 2, np.nan, 1])}, WORD_PIECE, "not finite"),
        ({"embeddings": ("F32", [[1.0, np.inf]] * 4)}, WORD_PIECE, "not finite"),
        ({"embeddings": ("F32", MATRIX[:2])}, WORD_PIECE, "tokens beyond the 2 vectors"),
        ({"embeddings": ("F32", MATRIX * 3)}, WORD_PIECE, "it has 4 tokens, and there are 12 vectors"),
        (GOOD, [], "is no tokenizer of these vectors"),
        (GOOD, {"model": {}}, "is no tokenizer of these vectors"),
        (GOOD, {"model": {"vocab": {"a": -1}}}, "is no tokenizer of these vectors"),
        (GOOD, {"model": {"vocab": [1, 2, 3, 4]}}, "is no tokenizer of these vectors"),
        (GOOD, WORD_PIECE | {"added_tokens": [{"id": 2**70, "content": "x"}]}, "is no tokenizer of these vectors"),
        (GOOD, WORD_PIECE | {"added_tokens": 7}, "is no tokenizer of these vectors"),
    ],
)
def test_what_does_not_fit_is_refused(home, arrays, tokenizer, message):
    with pytest.raises(ResourceError, match=message):
        open_vectors(folder_of(home, arrays, tokenizer))


def test_a_tokenizer_that_is_missing_or_too_large(home):
    folder = folder_of(home, GOOD)
    (folder / "tokenizer.json").write_bytes(b" " * 2**22)
    with pytest.raises(ResourceError, match=r"more than [\d,]+ bytes for 4 tokens"):
        open_vectors(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ResourceError, match=r"tokenizer\.json' does not exist"):
        open_vectors(folder)


@pytest.mark.parametrize(
    ("files", "message", "hint"),
    [
        (["meta.json", "config.cfg"], "holds a spaCy pipeline", "spacy.load(sys.argv[1])"),
        (["x.kv"], "holds a folder of gensim's files", "/x.kv"),
        (["x.vec"], "holds a folder of fastText's files", "/x.vec"),
        (["model.onnx"], "holds an ONNX export", "attn reads word2vec"),
        ([], "holds nothing", "attn reads word2vec"),
        (["notes.md"], "is a folder, and not a store of word vectors", "attn reads word2vec"),
        (["config.json"], "is the folder of a model, and no word vectors", "--model "),
    ],
)
def test_another_folder_is_named(home, files, message, hint):
    home.mkdir()
    for name in files:
        (home / name).write_text("{}")
    with pytest.raises(ResourceError, match=message) as caught:
        open_vectors(home)
    assert hint in caught.value.hint


def test_a_model_is_no_set_of_vectors(home):
    with pytest.raises(ResourceError, match="is the folder of a model") as caught:
        open_vectors(copy_of("bert", home))
    assert caught.value.hint == f"--model {home}"


STORED = json.loads((TESTS / "oracles" / "static.json").read_text())  # by model2vec


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_unknown_words_have_the_vectors_of_model2vec(home, name, form):
    vectors = open_vectors(static_folder(name, form, home))
    for word, expected in zip(WORDS, STORED[name][form], strict=True):
        found = vectors.compose(word)
        assert (found is None) == (expected is None), word
        if found is not None:
            np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6, err_msg=word)


def test_a_tokenizer_of_unknown_form_is_run_in_a_process_of_its_own(home, monkeypatch):
    vectors = open_vectors(static_folder("bert", "F32", home))
    monkeypatch.setattr(encoding, "may_be_parsed", lambda data: False)
    np.testing.assert_allclose(vectors.compose(WORDS[0]), STORED["bert"]["F32"][0], atol=1e-6)


def test_a_composed_word_is_marked_skipped_or_refused(home):
    vectors = open_vectors(static_folder("bert", "F32", home))
    explanation = explain("the dogs dog zzz", vectors)
    tokens = json.loads(explanation_json(explanation))["tokens"]
    assert [token["text"] for token in tokens if token.get("composed")] == ["dogs"]
    assert [each.text for each in explanation.sentence.unknown] == ["zzz"]
    shown = " ".join(line.plain for line in explain_lines(explanation, Screen()))
    assert "their vectors are composed of their pieces: [dogs+]" in " ".join(shown.split())
    assert [each.text for each in explain("the dogs", vectors, unknown="skip").sentence.unknown] == ["dogs"]
    with pytest.raises(AttnError, match="dogs"):
        explain("the dogs", vectors, unknown="error")


def test_bytes_that_are_no_text_have_no_pieces(home):
    assert open_vectors(static_folder("gpt2", "F32", home)).compose("\udcff") is None


@pytest.mark.parametrize(("limit", "composed"), [(None, "pieces"), (4, "pieces"), (5, "pieces"), (3, None)])
def test_a_set_without_all_tokens_composes_nothing(home, limit, composed):
    vectors = add(str(folder_of(home, {"embeddings": ("F32", MATRIX)})), name="mine", limit=limit)
    assert (vectors.composed_of, vectors.composes) == (composed, composed is not None)
    assert (vectors.folder / "tokenizer.json").exists() == vectors.composes
    assert vectors.composes or vectors.compose("dogs") is None
    remove("mine")
    assert not vectors.folder.exists()


def test_info_says_what_unknown_words_are_composed_of(home, capsys):
    folder = str(folder_of(home, {"embeddings": ("F32", MATRIX)}))
    run(["vectors", "info", folder])
    assert "composed of their pieces" in capsys.readouterr().out
    run(["vectors", "info", folder, "--json"])
    assert json.loads(capsys.readouterr().out)["composed_of"] == "pieces"


@pytest.mark.parametrize("damage", [lambda data: data.replace(b"dog", b"fox"), lambda data: data[:-1], None])
def test_a_changed_tokenizer_of_a_store_is_found_out(home, damage):
    vectors = open_vectors(static_folder("bert", "F32", home))
    path = vectors.folder / "tokenizer.json"
    data = path.read_bytes()
    path.unlink()
    if damage:
        path.write_bytes(damage(data))
    for reads in (verify, lambda vectors: vectors.compose("dogs")):
        with pytest.raises(ResourceError, match=r"tokenizer\.json is not as it was written"):
            reads(Vectors(vectors.folder))
    assert [token.word for token in explain("the dog", vectors).sentence.tokens] == ["the", "dog"]


def test_known_words_need_no_tokenizer(home, monkeypatch):
    vectors = open_vectors(static_folder("bert", "F32", home))
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    assert len(explain("the dog is cute", vectors).sentence.tokens) == 4
    assert len(explain("the dogs", vectors, unknown="skip").sentence.tokens) == 1
    with pytest.raises(ResourceError, match=r"--unknown skip\) needs the package tokenizers") as caught:
        explain("the dogs", vectors)
    assert "pip install" in caught.value.hint


def test_a_tokenizer_that_the_library_refuses(home):
    vectors = open_vectors(folder_of(home, {"embeddings": ("F32", MATRIX)}, WORD_PIECE | {"normalizer": 7}))
    with pytest.raises(ResourceError, match="the tokenizer of static cannot be read") as caught:
        explain("dog dogs", vectors)
    assert "--unknown skip" in caught.value.hint
    assert len(explain("dog cat", vectors).sentence.tokens) == 2
