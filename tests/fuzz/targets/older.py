"""Vocabularies in the files from before tokenizer.json: tokens with their places in the text, or one line."""

from itertools import product

from oracles.older_files import FOLDERS

from attncli.models.checkpoint.tokenizing import ModelTokenizer

TEXTS = ("the dogs, stop! 注意 é 🐕 <mask>[CLS]", "a" * 50)


def seeds(folder):
    """Words, pairs, and SentencePiece's models of both kinds."""
    for name in ("bert", "gpt2", "llama", "xlm-roberta"):
        yield next(iter(FOLDERS[name][1].values()))
    yield FOLDERS["gpt2"][1]["merges.txt"]


def read(folder, data):
    """As the file that its first bytes are most like."""
    for file in folder.iterdir():
        file.unlink()
    files, kind = _files(data)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    tokenizer = ModelTokenizer(folder, {"model_type": "bert"}, 600, kind)
    for text, each in product(TEXTS, {tokenizer, tokenizer.target}):
        for token in each.read(text).tokens:
            assert token.special or text[token.start : token.end] == token.text


def _files(data):
    """The files of a folder, and its tokenizer's class."""
    pairs, marian = FOLDERS["gpt2"][1], FOLDERS["marian"][1]
    if data[:1] == b"\n":
        of_marian = {**marian, "source.spm": data}, None
        return of_marian if len(data) % 2 else ({"spiece.model": data}, "T5Tokenizer")
    if data[:1] == b"[":
        return {"vocab.txt": data}, "BertTokenizer"
    return {**pairs, "vocab.json" if data[:1] == b"{" else "merges.txt": data}, "GPT2Tokenizer"
