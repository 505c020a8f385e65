"""tokenizer.json: tokens with their places in the text, or one line."""

from itertools import product

from oracles.tokenizer_folders import BASES

from attncli.models.checkpoint.tokenizing import ModelTokenizer

TEXTS = ("the dogs, stop! 注意 é 🐕 <mask>[CLS]", "a" * 50)


def seeds(folder):
    """One of each kind of model."""
    for name in ("bert", "roberta", "llama", "qwen2", "xlm-roberta"):
        yield BASES[name][0]().to_str().encode()


def read(folder, data, config=None):
    """As the tokenizer of a model of some fifty tokens."""
    (folder / "tokenizer.json").write_bytes(data)
    tokenizer = ModelTokenizer(folder, config or {"model_type": "bert"}, 50, "BertTokenizer")
    for text, pair, bos in product(TEXTS, (None, "a dog\n"), (None, True, False)):
        sentence = tokenizer.read(text, pair=pair, bos=bos)
        assert sentence.segments is None or len(sentence.segments) == len(sentence.tokens)
        for token in sentence.tokens:
            assert token.special or sentence.text[token.start : token.end] == token.text
