"""Texts for tests: news of gensim's test data, sentences with their translations, and the texts of `attn example`."""

import json
from importlib.resources import files
from pathlib import Path

import gensim
from support.places import TESTS

from attncli.cli.commands.example import FILES

NEWS = Path(gensim.__file__).parent / "test" / "test_data" / "lee_background.cor"


def write_news(folder, documents=12):
    """The first documents of the news as `my-text.txt` in a folder."""
    lines = NEWS.read_text(encoding="utf-8").splitlines()[:documents]
    (folder / "my-text.txt").write_text("\n".join(lines), encoding="utf-8")


PAIRS = [
    ("She has seen the elephant", "Sie hat den Elefanten gesehen"),
    ("He loves the cat", "Er liebt die Katze"),
    ("Anna finds a house", "Anna findet ein Haus"),
]


def write_pairs(folder):
    """Sentences with their translations in a folder: two files, a file of two columns, and one of JSON objects."""
    for name, side in (("english.txt", 0), ("german.txt", 1)):
        (folder / name).write_text("".join(f"{pair[side]}\n" for pair in PAIRS), encoding="utf-8")
    (folder / "pairs.tsv").write_text("".join("\t".join(pair) + "\n" for pair in PAIRS), encoding="utf-8")
    records = (json.dumps({"en": source, "de": target}) for source, target in PAIRS)
    (folder / "pairs.jsonl").write_text("\n".join(records) + "\n", encoding="utf-8")


def write_examples(folder):
    """The texts of `attn example` under the names that the documentation gives them, of pairs also each side."""
    for kind, name in (("text", "my-text.txt"), ("pairs", "pairs.tsv"), ("treebank", "en.conllu")):
        (folder / name).write_bytes(files("attncli").joinpath("examples", FILES[kind]).read_bytes())
    sides = zip(*(line.split("\t") for line in (folder / "pairs.tsv").read_text().splitlines()), strict=True)
    for name, side in zip(("english.txt", "german.txt"), sides, strict=True):
        (folder / name).write_text("".join(f"{line}\n" for line in side), encoding="utf-8")


def write_weights(folder):
    """The attention that PyTorch gives of a tiny model as `weights.npz`, and other texts of its tokens."""
    (folder / "weights.npz").write_bytes((TESTS / "oracles" / "given.npz").read_bytes())
    tokens = ["[CLS]", *["Bark", "is", "very", "cute", "and", "he", "is", "a", "dog"], "[SEP]"]
    (folder / "tokens.txt").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
