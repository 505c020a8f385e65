"""Vocabularies in the files from before tokenizer.json: tokens with their places in the text, or one line."""

from itertools import product

from oracles.older_files import FOLDERS

from attncli.models.checkpoint.tokenizing import ModelTokenizer

TEXTS = ("the dogs, stop! 注意 é 🐕 <mask>[CLS]", "a" * 50)
#: Of SentencePiece's files: the folder whose other files lie beside them, and the class; by the length of the file.
PLACES = [
    ("marian", "source.spm", "MarianTokenizer"),
    ("t5", "spiece.model", "T5Tokenizer"),
    ("m2m_100", "sentencepiece.bpe.model", "M2M100Tokenizer"),
    ("mbart50_set", "sentencepiece.bpe.model", "MBart50Tokenizer"),
    ("nllb_more", "sentencepiece.bpe.model", "NllbTokenizer"),
    ("pegasus", "spiece.model", "PegasusTokenizer"),
    ("mistral", "tokenizer.model", None),
    ("llama", "tokenizer.model", "LlamaTokenizer"),
]


def seeds(folder):
    """Words, pairs, SentencePiece's models of both kinds, and bytes by rank."""
    for name in ("bert", "gpt2", "llama", "xlm-roberta", "mistral_first", "tekken", "tiktoken", "blenderbot-small"):
        yield next(iter(FOLDERS[name][1].values()))
    yield FOLDERS["gpt2"][1]["merges.txt"]


def read(folder, data):
    """As the file that its first bytes are most like."""
    for file in folder.iterdir():
        file.unlink()
    files, kind = _files(data)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    tokenizer = ModelTokenizer(folder, {"model_type": "bert" if kind else "mistral"}, 600, kind)
    for text, each, language in product(TEXTS, {tokenizer, tokenizer.target}, (None, *tokenizer.languages[:1])):
        for token in each.read(text, language).tokens:
            assert token.special or text[token.start : token.end] == token.text
            assert isinstance(each.piece(token.id), str)
        both = each.read(text, language, pair="a dog")
        assert all(token.special or both.text[token.start : token.end] == token.text for token in both.tokens)


def _files(data):
    """The files of a folder, and its tokenizer's class."""
    if data[:1] == b"\n":
        name, file, kind = PLACES[len(data) % len(PLACES)]
        return {**FOLDERS[name][1], file: data}, kind
    if data.startswith(b'{"__null__"'):
        return {**FOLDERS["blenderbot-small"][1], "vocab.json": data}, "BlenderbotSmallTokenizer"
    if data[:1] == b"[":
        return {"vocab.txt": data}, "BertTokenizer"
    if data[:9] in (b'{"config"', b"AA== 0\nAQ"):
        return {"tekken.json" if data[:1] == b"{" else "tiktoken.model": data}, None
    if len(data) % 2:
        small = FOLDERS["blenderbot-small"][1]
        return {**small, "vocab.json" if data[:1] == b"{" else "merges.txt": data}, "BlenderbotSmallTokenizer"
    return {**FOLDERS["gpt2"][1], "vocab.json" if data[:1] == b"{" else "merges.txt": data}, "GPT2Tokenizer"
