"""Attention weights from anywhere: arrays of every form, tensors, and files, held against loops and PyTorch's own."""

import json

import numpy as np
import pytest
from oracles.checkpoints import TINY
from support.places import TESTS

from attncli import ResourceError, UsageError, align, explain, explain_model, show

BARK = "Bark is very cute and he is a dog"
TORCH = TESTS / "oracles" / "given.npz"


def softmax(shape, seed=0, dtype=np.float64):
    e = np.exp(np.random.default_rng(seed).normal(size=shape))
    return (e / e.sum(axis=-1, keepdims=True)).astype(dtype)


class Tensor:
    """What PyTorch does: a tensor with a gradient, on another device, or of bfloat16, cannot be read by NumPy."""

    def __init__(self, array, dtype="torch.float32", steps=("detach", "cpu")):
        self.array, self.dtype, self.steps, self.shape = array, dtype, steps, array.shape

    def _after(self, step):
        return Tensor(self.array, self.dtype, tuple(each for each in self.steps if each != step))

    def detach(self):
        return self._after("detach")

    def cpu(self):
        return self._after("cpu")

    def float(self):
        return Tensor(self.array, "torch.float32", self.steps)

    def numpy(self):
        if self.steps or self.dtype == "torch.bfloat16":
            raise TypeError(f"not of {self.dtype} before {self.steps}")
        return self.array

    def __array__(self, *_, **__):
        return self.numpy()


WEIGHTS = softmax((2, 3, 5, 5), dtype=np.float32)
WORDS = ["the", "dog", "saw", "a", "cat"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (WEIGHTS[0, 0], WEIGHTS[:1, :1]),
        (WEIGHTS[0], WEIGHTS[:1]),
        (WEIGHTS, WEIGHTS),
        (WEIGHTS[:, None], WEIGHTS),  # [n_layer, 1, n_head, n, n], as torch.stack(attentions) gives it
        (WEIGHTS[None], WEIGHTS),
        (tuple(WEIGHTS[:, None]), WEIGHTS),  # a tuple of [1, n_head, n, n], as models of transformers give it
        (list(WEIGHTS), WEIGHTS),
        (list(WEIGHTS[:, 0]), WEIGHTS[:, :1]),
        (WEIGHTS.tolist(), WEIGHTS),
        (tuple(Tensor(each[None]) for each in WEIGHTS), WEIGHTS),
        (Tensor(WEIGHTS, "torch.bfloat16"), WEIGHTS),
        (WEIGHTS.astype(np.float16), WEIGHTS.astype(np.float16)),
        (WEIGHTS.astype(np.float64), WEIGHTS.astype(np.float64)),
        (np.eye(5, dtype=np.int64), np.eye(5)[None, None]),
        (np.asfortranarray(WEIGHTS)[::1, ::-1], WEIGHTS[:, ::-1]),
    ],
)
def test_arrays_of_every_form_become_layers_and_heads(given, expected):
    found = show(given, WORDS)
    np.testing.assert_array_equal(found.weights, expected)
    assert found.weights.dtype in (np.float32, np.float64)
    assert found.layer_numbers == (*range(len(expected)),)
    assert found.head_numbers == (*range(expected.shape[1]),)
    assert found.sentence.text == "the dog saw a cat"
    assert not found.has_scores


class Output:
    """What a model of transformers gives."""

    attentions = ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "expected arrays, got None"),
        ((None, None), "got None of layer 0"),
        (Output(), "got a Output"),
        (np.float64(1), "got the shape []"),
        ((), "expected arrays, got ()"),
        ([], "expected arrays, got []"),
        ([[]], "expected numbers, got none in the shape [1, 1, 1, 0]"),
        (np.ones(3), "got the shape [3]"),
        (np.ones((0, 5)), "got none in the shape [1, 1, 0, 5]"),
        (np.ones((2, 3, 4, 5, 5)), "expected one text, got 3 in the shape [2, 3, 4, 5, 5]"),
        ((np.ones((2, 4, 5, 5)),), "expected one text, got 2"),
        ((np.ones((4, 5, 5)), np.ones((4, 5, 6))), "got [4, 5, 5] and, in layer 1, [4, 5, 6]"),
        (((np.ones((4, 5, 5)),), None), "got a tuple"),
        ([[0.5, 0.5], [1.0]], "its rows are of several lengths"),
        ([["0.5", "0.5"]], "expected numbers, got dtype"),
        ([[None, 1.0]], "expected numbers, got dtype object"),
        (np.array([[True]]), "got dtype bool"),
        (np.array([[1j]]), "got dtype complex128"),
        (np.array([[{}]]), "got dtype object"),
        ("[[1.0]]", None),
        ([[0.5, np.nan], [0, 1]], "expected finite numbers, got nan at layer 0, head 0, query 0, key 1"),
        ([[0.5, 0.5], [np.inf, 1]], "got inf at layer 0, head 0, query 1, key 0"),
        ([[[0.5, 0.5]], [[-3.5, 1]]], "expected weights from 0 up, got -3.5 at layer 0, head 1, query 0, key 0"),
        ([[1e300]], "expected weights of at most 1,000,000, got 1e+300"),
    ],
)
def test_anything_but_weights_is_refused(given, said):
    if said is None:  # a text is a path
        with pytest.raises(ResourceError, match="cannot read"):
            show(given)
        return
    with pytest.raises(UsageError) as raised:
        show(given)
    assert said in raised.value.message
    assert raised.value.message.startswith("weights: expected")


@pytest.mark.parametrize(
    ("tokens", "others", "said"),
    [
        (WORDS[:4], None, "tokens: expected 5 tokens, one a query, got 4"),
        ([*WORDS, "."], None, "tokens: expected 5 tokens, one a query, got 6"),
        (WORDS, ["x"], "other_tokens: expected 5 tokens, one a key, got 1"),
        ("the dog", None, "tokens: expected a list of tokens, got a text"),
        ([1, 2, 3, 4, 5], None, "tokens: expected texts, got 1 at 0"),
        (7, None, "tokens=7: expected a list of tokens"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(tokens, others, said):
    with pytest.raises(UsageError) as raised:
        show(WEIGHTS, tokens, others)
    assert said in raised.value.message


@pytest.mark.parametrize("given", [None, (), (None, None)])
def test_the_way_to_weights_of_transformers_is_said(given):
    with pytest.raises(UsageError) as raised:
        show(given)
    assert "attn_implementation='eager'" in raised.value.hint


def test_rectangular_weights_are_of_two_texts():
    weights = softmax((2, 4, 3))
    found = show(weights, ["a", "b", "c", "d"], ["x", "y", "z"])
    assert (found.sentence.text, found.memory.text) == ("a b c d", "x y z")
    assert found.context[0].itself is None
    alone = show(weights)
    assert (alone.sentence.text, alone.memory.text) == ("0 1 2 3", "0 1 2")
    with pytest.raises(UsageError, match="expected the tokens of the keys too"):
        show(weights, ["a", "b", "c", "d"])
    with pytest.raises(UsageError, match="got that of one text to another"):
        show(weights, combine="rollout")


def test_square_weights_may_be_of_two_texts():
    assert show(WEIGHTS, WORDS, ["v", "w", "x", "y", "z"]).memory.text == "v w x y z"
    assert show(WEIGHTS, WORDS).memory is None


def test_pytorch_is_shown_as_the_model_itself():
    with np.load(TORCH) as stored:
        weights, tokens = stored["weights"], stored["tokens"].tolist()
    own = explain_model(BARK, str(TINY / "bert"))
    found = show(tuple(weights[:, None]), tokens)
    np.testing.assert_allclose(found.weights, own.weights, atol=1e-6)
    np.testing.assert_allclose(found.source.kinds.entropy, own.source.kinds.entropy, atol=1e-5)
    np.testing.assert_allclose(found.source.kinds.special, own.source.kinds.special, atol=1e-6)
    assert found.source.kinds.kind.tolist() == own.source.kinds.kind.tolist()
    assert [token.text for token in found.sentence.tokens] == tokens
    assert found.sentence.text == BARK.lower()
    hidden, own = show(TORCH, hide_special=True), explain_model(BARK, str(TINY / "bert"), hide_special=True)
    np.testing.assert_allclose(hidden.weights, own.weights, atol=1e-6)
    assert show(TORCH).sentence == found.sentence


SPECIAL = ("[CLS]", "[SEP]", "<s>", "</s>", "<|endoftext|>")


@pytest.mark.parametrize(
    ("pieces", "text", "names"),
    [
        (["The", "Ġadv", "ocate", "."], "The advocate.", ["The", "adv·", "·ocate", "."]),
        (["<|endoftext|>", "Ġna", "Ã¯", "ve", "Ċ"], "naïve\n", ["<|endoftext|>", "na·", "·ï·", "·ve", "Ċ"]),
        (["Ġ", "Ã", "Ġx"], " Ã x", ["Ġ", "Ã", "x"]),
        (["<s>", "▁The", "▁dog", "s", "</s>"], "The dogs", ["<s>", "The", "dog·", "·s", "</s>"]),
        (["▁", "▁注意", "力"], "  注意力", ["▁", "注意", "力"]),
        (
            ["[CLS]", "play", "##ing", "##s", "we", "[SEP]"],
            "playings we",
            ["[CLS]", "play·", "·ing·", "·s", "we", "[SEP]"],
        ),
        (["un", "seen</w>", "dog</w>"], "unseen dog", ["un·", "·seen", "dog"]),
        (["#", "##", "Title"], "# ## Title", ["#", "##", "Title"]),
        (["[CLS]", "[SEP]"], "[CLS] [SEP]", ["[CLS]", "[SEP]"]),
        (["", "a"], "a", ["", "a"]),
    ],
)
def test_pieces_are_read_as_their_tokenizer_writes_them(pieces, text, names):
    found = show(softmax((len(pieces), len(pieces))), pieces).sentence
    assert found.text == text
    assert [token.label for token in found.tokens] == names
    assert [token.word for token in found.tokens] == pieces
    assert all(token.special or text[token.start : token.end] == token.text for token in found.tokens)
    assert [token.special for token in found.tokens] == [piece in SPECIAL and len(pieces) > 2 for piece in pieces]


def test_layers_and_heads_are_chosen_by_number():
    found = show(WEIGHTS, WORDS, layer=1, head="0,2")
    np.testing.assert_array_equal(found.weights, WEIGHTS[1:, [0, 2]])
    assert (found.layer_numbers, found.head_numbers) == ((1,), (0, 2))
    assert found.source.size == "2 layers × 3 heads"
    with pytest.raises(UsageError, match="expected 0 to 1, the 2 layers of arrays"):
        show(WEIGHTS, layer=2)


def rollout_by_loop(weights):
    n = weights.shape[-1]
    rolled = np.eye(n)
    for layer in weights.astype(float):
        mixed = [[(sum(head[i][j] for head in layer) / len(layer) + (i == j)) / 2 for j in range(n)] for i in range(n)]
        rolled = np.array([[sum(mixed[i][k] * rolled[k][j] for k in range(n)) for j in range(n)] for i in range(n)])
    return rolled


def test_heads_are_combined():
    np.testing.assert_allclose(show(WEIGHTS, combine="mean").weights[0, 0], WEIGHTS.mean(axis=(0, 1)), atol=1e-6)
    np.testing.assert_array_equal(show(WEIGHTS, combine="max").weights[0, 0], WEIGHTS.max(axis=(0, 1)))
    np.testing.assert_allclose(show(WEIGHTS, combine="rollout").weights[0, 0], rollout_by_loop(WEIGHTS), atol=1e-6)
    flows = show(WEIGHTS[:1], combine="flow").weights[0, 0]  # of one layer the capacities themselves
    np.testing.assert_allclose(flows, rollout_by_loop(WEIGHTS[:1]), atol=1e-5)
    with pytest.raises(UsageError, match="expected at most 32 tokens"):
        show(softmax((33, 33)), combine="flow")
    assert show(softmax((33, 33)), combine="flow", word=4).partial


def test_the_first_token_is_left_out():
    found = show(WEIGHTS, WORDS, hide_first=True)
    rest = WEIGHTS[..., 1:, 1:]
    np.testing.assert_allclose(found.weights, rest / rest.sum(axis=-1, keepdims=True), atol=1e-6)
    assert [(token.index, token.text) for token in found.sentence.tokens] == [*enumerate(WORDS[1:])]
    with pytest.raises(UsageError, match="expected other tokens too"):
        show([[1.0]], hide_first=True)


def test_rows_of_other_sums_are_said_and_shown_as_they_are():
    found = show(
        [
            [0.5, 0.25],
            [2.0, 1.0],
        ],
        ["a", "b"],
    )
    assert found.remarks == ("2 of 2 rows do not sum to 1, but from 0.75 to 3: they are shown as they are",)
    assert not found.source.sums
    assert found.source.kinds.first[0, 0] == pytest.approx(2 / 3)  # of shares
    assert show([[0.5, 0.504], [0.0, 0.0]]).remarks[-1:] != found.remarks  # rounded rows, and empty ones, are not
    assert show([[0.5, 0.504], [0.0, 0.0]]).source.sums


def test_a_causal_mask_is_seen():
    masked = np.tril(np.ones((3, 3))) / [[1], [2], [3]]
    found = show([masked, masked])
    np.testing.assert_array_equal(found.layers[0].visible, np.tri(3, dtype=bool))
    assert "causal" in found.remarks[0]
    assert show(masked[:, ::-1]).layers[0].visible.all()
    assert show([[1.0]]).remarks == show(np.eye(3)).remarks == ()
    assert show(np.eye(3)).layers[0].visible.all()


def test_an_alignment_comes_back(tmp_path):
    from attncli.files.npz import write_npz
    from attncli.views.records.alignment import alignment_arrays, alignment_json

    first = align("the dog sleeps", "le chien dort")
    write_npz(tmp_path / "x.npz", alignment_arrays(first))
    (tmp_path / "x.json").write_text(alignment_json(first))
    for name in ("x.npz", "x.json"):
        found = show(tmp_path / name)
        assert [side.text for side in found.sentences] == ["the dog sleeps", "le chien dort"]
        np.testing.assert_allclose(found.weights[0, 0], first.weights, atol=1e-6)


RECORDS = {
    "self": lambda: explain(BARK, mode="multihead", heads=2),
    "memory": lambda: explain(BARK, memory="the cat sat"),
    "model": lambda: explain_model("Bark cutes", str(TINY / "bert"), layer=1, head=[0, 3]),
}


@pytest.mark.parametrize("ending", ["npz", "json"])
@pytest.mark.parametrize("kind", RECORDS)
def test_files_of_attn_come_back(kind, ending, tmp_path):
    from attncli.files.npz import write_npz
    from attncli.views.records.arrays import explanation_arrays
    from attncli.views.records.json import explanation_json

    def write(record, path):
        if ending == "npz":
            write_npz(path, explanation_arrays(record))
        else:
            path.write_text(explanation_json(record, precision=12))

    first, path = RECORDS[kind](), tmp_path / f"x.{ending}"
    write(first, path)
    found = show(path)
    np.testing.assert_allclose(found.weights, first.weights, atol=1e-12)
    for own, others in zip(found.sentences, first.sentences, strict=True):
        assert [token.text for token in own.tokens] == [token.text for token in others.tokens]
        assert ending == "npz" or [token.label for token in own.tokens] == [token.label for token in others.tokens]
    if ending == "json":
        assert [side.text for side in found.sentences] == [side.text for side in first.sentences]
    numbers = ((1,), (0, 3)) if kind == "model" else ((0,), (*range(first.weights.shape[1]),))
    assert (found.layer_numbers, found.head_numbers) == numbers
    write(found, again := tmp_path / f"again.{ending}")
    np.testing.assert_allclose(show(again).weights, found.weights, atol=1e-12)
    assert show(again).head_numbers == found.head_numbers


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        (WEIGHTS[0, 0].tolist(), "0 1 2 3 4"),
        ({"weights": WEIGHTS.tolist(), "tokens": WORDS}, "the dog saw a cat"),
        ({"attention": WEIGHTS.tolist(), "tokens": WORDS}, "the dog saw a cat"),
        ({"weights": WEIGHTS.tolist(), "tokens": WORDS, "other_tokens": WORDS[::-1]}, "the dog saw a cat"),
    ],
)
def test_a_plain_file_of_json_is_read(value, tokens, tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(value))
    found = show(tmp_path / "x.json")
    assert found.sentence.text == tokens
    assert (found.memory is not None) == ("other_tokens" in value)
    np.testing.assert_allclose(found.weights[-1, -1], WEIGHTS[-1, -1] if tokens != "0 1 2 3 4" else WEIGHTS[0, 0])
