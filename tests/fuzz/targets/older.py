"""Vocabularies in the files from before tokenizer.json: tokens with their places in the text, or one line."""

from oracles.older_files import FOLDERS

from attncli.models.checkpoint.tokenizing import ModelTokenizer

TEXTS = ("the dogs, stop! 注意 é 🐕 <mask>[CLS]", "a" * 50)
CLASSES = {"vocab.txt": "BertTokenizer", "vocab.json": "GPT2Tokenizer", "spiece.model": "T5Tokenizer"}


def seeds(folder):
    """Words, pairs, and SentencePiece's models of both kinds."""
    for name in ("bert", "gpt2", "llama", "xlm-roberta"):
        yield next(iter(FOLDERS[name][1].values()))
    yield FOLDERS["gpt2"][1]["merges.txt"]


def read(folder, data):
    """As the file that its first bytes are most like."""
    for file in folder.iterdir():
        file.unlink()
    if data[:1] == b"\n":
        names = ["spiece.model"]
    elif data[:1] == b"{":
        names = ["vocab.json", "merges.txt"]
    else:
        names = ["vocab.txt"] if data[:1] == b"[" else ["merges.txt", "vocab.json"]
    for name, content in zip(names, (data, _beside(names[0])), strict=False):
        (folder / name).write_bytes(content)
    kind = next(CLASSES[name] for name in names if name in CLASSES)
    tokenizer = ModelTokenizer(folder, {"model_type": "bert"}, 600, kind)
    for text in TEXTS:
        for token in tokenizer.read(text).tokens:
            assert token.special or text[token.start : token.end] == token.text


def _beside(name):
    """The other file of pairs."""
    return FOLDERS["gpt2"][1]["merges.txt" if name == "vocab.json" else "vocab.json"]
