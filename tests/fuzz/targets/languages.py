"""tokenizer_config.json of a translating tokenizer: texts marked with a language, or one line."""

import json
from itertools import product

from oracles.older_files import FOLDERS
from oracles.tokenizer_folders import BASES

from attncli.models.checkpoint.tokenizing import ModelTokenizer

JSON = {name: BASES[name][0]().to_str().encode() for name in ("mbart", "mbart50", "nllb")}
CLASSES = {
    "mbart": "MBartTokenizer",
    "mbart50": "MBart50Tokenizer",
    "nllb": "NllbTokenizer",
    "m2m_100": "M2M100Tokenizer",
}


def seeds(folder):
    """Those of each class, with languages that it knows and others."""
    for name, languages in (("mbart", "fr_XX"), ("mbart50", "de_DE"), ("nllb", "fra_Latn"), ("m2m_100", "de")):
        settings = {"src_lang": languages, "tgt_lang": "xx", "legacy_behaviour": True, "language_codes": "wmt21"}
        tokens = {"eos_token": "</s>", "unk_token": "<unk>", "extra_special_tokens": ["tok_Latn", "__de__"]}
        yield json.dumps({"tokenizer_class": CLASSES[name], **settings, **tokens}).encode()


def read(folder, data):
    """Over the vocabulary of each class in turn."""
    for file in folder.iterdir():
        file.unlink()
    name = list(CLASSES)[len(data) % len(CLASSES)]
    files = {"tokenizer.json": JSON[name]} if name in JSON else FOLDERS[name][1]
    for file, content in {**files, "tokenizer_config.json": data}.items():
        (folder / file).write_bytes(content)
    tokenizer = ModelTokenizer(folder, {"model_type": "m2m_100"}, 600, CLASSES[name])
    for each, language in product((tokenizer, tokenizer.target), (None, *tokenizer.languages[-2:])):
        tokens = each.read("the dog", language, tokenizer.languages[0] if tokenizer.languages else None).tokens
        assert all(token.special or "the dog"[token.start : token.end] == token.text for token in tokens)
