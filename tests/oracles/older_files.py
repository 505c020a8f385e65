"""Folders with the files of tokenizers from before tokenizer.json, each with a config of its model type."""

import base64
import json
import struct

from tokenizers import pre_tokenizers

LETTERS = "abcdefghiklmnopqrstuvwxyzABDGS,.!'-é東京"
WORDS = ("▁the", "▁dog", "do", "dog", "▁do", "▁is", "he", "▁cute", "th", "▁t", "▁d", "▁do", "▁dog")


def word_pieces(special=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")):
    """vocab.txt."""
    pieces = [*special, *LETTERS, "bark", "dog", "the", "is", "cute", *(f"##{letter}" for letter in LETTERS), "##og"]
    return {"vocab.txt": "\n".join(pieces).encode() + b"\n"}


def byte_pairs(*special):
    """vocab.json and merges.txt."""
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "do", "dog", "Ġdo", "Ġdog", "he", "the"]
    merges = ["#version: 0.2", "d o", "do g", "Ġ do", "Ġdo g", "h e", "t he"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return {"vocab.json": json.dumps(vocabulary).encode(), "merges.txt": "\n".join(merges).encode() + b"\n"}


def pieces_of(kind, special=("<unk>", "<s>", "</s>"), bytes_too=False, unknown=0, more=(), whole=(), flags=(1, 1, 1)):
    """A SentencePiece file of unigrams (1) or byte pairs (2).

    whole: pieces of the user's; flags: whether texts have a prefix, spaces are joined, and are spelled.
    """
    codes = [f"<0x{byte:02X}>" for byte in range(256)] if bytes_too else []
    pieces = ("th", "do", "▁t", "▁d", "he", "▁the", "dog", "▁do", "▁dog", "▁is", "▁", *LETTERS)
    texts = list(dict.fromkeys([*special, *codes, *more, *whole, *pieces]))
    data = b""
    for number, text in enumerate(texts):
        type_ = 2 if text == "<unk>" else 3 if text in special else 6 if text in codes else 4 if text in whole else 1
        piece = (
            _bytes(1, text.encode())
            + b"\x15"
            + struct.pack("<f", 0.0 if text in special else -float(number))
            + b"\x18"
            + bytes([type_])
        )
        data += _bytes(1, piece)
    trainer = b"\x18" + bytes([kind]) + (b"\x98\x02\x01" if bytes_too else b"") + b"\xc0\x02" + bytes([unknown])
    return data + _bytes(2, trainer) + _bytes(3, _bytes(1, b"identity") + b"\x18%c\x20%c\x28%c" % flags)


def _bytes(number, content):
    """A field of bytes: its key, its length in sevens of bits, and its content."""
    length, parts = len(content), b""
    while True:
        parts += bytes([length & 127 | (128 if length > 127 else 0)])
        length >>= 7
        if not length:
            return bytes([number << 3 | 2]) + parts + content


def _settings(**values):
    return {"tokenizer_config.json": json.dumps(values).encode()}


_ADDED = {"0": {"content": "<unk>", "special": True}, "9": {"content": "dog", "normalized": True, "special": False}}
#: Names of folders → the model type, and the files with their bytes.
FOLDERS = {
    "bert": ("bert", word_pieces()),
    "bert_cased": ("bert", word_pieces() | _settings(tokenizer_class="BertTokenizer", do_lower_case=False)),
    "distilbert": ("distilbert", word_pieces()),
    "electra": ("electra", word_pieces()),
    "mpnet": ("mpnet", word_pieces(("<s>", "<pad>", "</s>", "[UNK]", "<mask>"))),
    "gpt2": ("gpt2", byte_pairs("<|endoftext|>")),
    "blenderbot": ("blenderbot", byte_pairs("<s>", "<pad>", "</s>", "<unk>", "<mask>")),
    "roberta": ("roberta", byte_pairs("<s>", "<pad>", "</s>", "<unk>", "<mask>")),
    "qwen2": ("qwen2", byte_pairs("<|endoftext|>")),
    "llama": ("llama", {"tokenizer.model": pieces_of(2, bytes_too=True)} | _settings(tokenizer_class="LlamaTokenizer")),
    "llama_bos": (
        "llama",
        {"tokenizer.model": pieces_of(2, bytes_too=True)}
        | _settings(tokenizer_class="LlamaTokenizer", add_bos_token=True, add_eos_token=True, legacy=True),
    ),
    "llama_unigrams": ("llama", {"tokenizer.model": pieces_of(1)} | _settings(tokenizer_class="LlamaTokenizer")),
    "mistral": ("mistral", {"tokenizer.model": pieces_of(2, bytes_too=True)}),
    "mistral_unigrams": ("mistral", {"tokenizer.model": pieces_of(1)} | _settings(tokenizer_class="LlamaTokenizer")),
    "mistral_around": (
        "mistral",
        {"tokenizer.model": pieces_of(2, bytes_too=True)}
        | _settings(
            add_bos_token=True, add_eos_token=True, bos_token="<s>", eos_token="</s>", added_tokens_decoder=_ADDED
        ),
    ),
    "mistral_first": (
        "mistral",
        {"tokenizer.model": pieces_of(2, whole=("▁▁", "og", "b.|", "he"))} | _settings(legacy=False),
    ),
    "mistral_bare": ("mistral", {"tokenizer.model": pieces_of(1, whole=("og",), flags=(0, 0, 1))}),
    "mistral_spaces": ("mistral", {"tokenizer.model": pieces_of(2, bytes_too=True, flags=(1, 0, 0))}),
    "gemma": (
        "gemma",
        {"tokenizer.model": pieces_of(2, ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>"), bytes_too=True, unknown=3)}
        | _settings(tokenizer_class="GemmaTokenizer", add_bos_token=True),
    ),
    "xlm-roberta": ("xlm-roberta", {"sentencepiece.bpe.model": pieces_of(1)}),
    "camembert": ("camembert", {"sentencepiece.bpe.model": pieces_of(1)}),
    "albert": ("albert", {"spiece.model": pieces_of(1, ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), unknown=1)}),
    "deberta-v2": (
        "deberta-v2",
        {"spm.model": pieces_of(1, ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"), unknown=3)},
    ),
    "t5": ("t5", {"spiece.model": pieces_of(1, ("<pad>", "</s>", "<unk>"), unknown=2)}),
}


BYTES = [bytes([byte]) for byte in range(256)] + [
    text.encode()
    for text in ("th", "he", "the", "do", "dog", " t", " d", " th", " the", " do", " dog", "is", "12", "注")
]
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tiktoken():
    """A piece in base64 and its rank a line."""
    return "".join(f"{base64.b64encode(piece).decode()} {rank}\n" for rank, piece in enumerate(BYTES)).encode()


def tekken(special=("<unk>", "<s>", "</s>", "[INST]"), count=6):
    """Mistral's file: special tokens, and pieces by rank, of which the last two do not count."""
    config = {"pattern": TEKKEN, "default_vocab_size": len(BYTES) + count - 2, "default_num_special_tokens": count}
    pieces = [
        {"rank": i, "token_bytes": base64.b64encode(piece).decode(), "token_str": "{"} for i, piece in enumerate(BYTES)
    ]
    named = [{"rank": rank, "token_str": text, "is_control": True} for rank, text in enumerate(special)]
    return json.dumps({"config": config, "vocab": pieces, "special_tokens": named}).encode()


_BESIDE = {"270": {"content": "<|a|>", "special": True}, "273": {"content": "<s>", "special": True}}
FOLDERS |= {
    "tekken": ("mistral", {"tekken.json": tekken()}),
    "tekken_around": (
        "mistral",
        {"tekken.json": tekken()}
        | _settings(add_bos_token=True, add_eos_token=True, bos_token="<s>", eos_token="</s>"),
    ),
    "tiktoken": ("llama", {"tiktoken.model": tiktoken()}),
    "tiktoken_lines": (
        "llama",
        {"tokenizer.model": tiktoken()}
        | _settings(added_tokens_decoder=_BESIDE, add_bos_token=True, bos_token="<|a|>"),
    ),
}


def _lowered():
    """Blenderbot Small's: pieces with @@ behind all but a word's last, and merges of letters."""
    special = ("__null__", "__start__", "__end__", "__unk__", "__newln__")
    pieces = [*special, "do", "dog", "do@@", "the", "th@@", "he", "'", "s", ".", "!", ",", "is", "it", "ar@@", "3@@"]
    pieces += [letter + more for letter in LETTERS.lower()[2:] for more in ("", "@@")]
    merges = ["#version: 0.2", "d o", "do g</w>", "t h", "th e</w>", "h e</w>", "i s</w>", "a r", "i t</w>", "' s</w>"]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return {"vocab.json": json.dumps(vocabulary).encode(), "merges.txt": "\n".join(merges).encode() + b"\n"}


FOLDERS |= {
    "blenderbot-small": ("blenderbot-small", _lowered()),
    "blenderbot-small_set": (
        "blenderbot-small",
        {**_lowered(), "tokenizer.json": b'{"added_tokens": []}'}
        | _settings(tokenizer_class="BlenderbotSmallTokenizer", additional_special_tokens=["he"]),
    ),
}


def _marian():
    """Two files of pieces, and a vocabulary that numbers those of both, some of them not at all."""
    texts = ["</s>", "<unk>", ">>fr<<", "▁the", "▁dog", "▁do", "dog", "he", "▁", *LETTERS[::-1][3:], "▁chien", "<pad>"]
    vocabulary = json.dumps({text: number for number, text in enumerate(texts)}).encode()
    return {"source.spm": pieces_of(1), "target.spm": pieces_of(1, more=("▁chien", "ch")), "vocab.json": vocabulary}


FOLDERS["marian"] = ("marian", _marian())


def _numbered(kind, **settings):
    """M2M-100's: a file of pieces, and a vocabulary that numbers some of them."""
    texts = ["<s>", "<pad>", "</s>", "<unk>", "▁the", "▁dog", "▁do", "dog", "he", "▁", *LETTERS[::-1][3:]]
    vocabulary = json.dumps({text: number for number, text in enumerate(texts)}).encode()
    return {"sentencepiece.bpe.model": pieces_of(kind), "vocab.json": vocabulary} | (
        _settings(**settings) if settings else {}
    )


#: Folders of translating tokenizers: the model type, the files, and the languages of a source and a target that are
#: asked for besides those of the folder.
TRANSLATING = {
    "m2m_100": ("m2m_100", _numbered(1), ("de", "zu")),
    "m2m_100_pairs": ("m2m_100", _numbered(2), ("de", None)),
    "m2m_100_set": (
        "m2m_100",
        _numbered(1, src_lang="fr", tgt_lang="de", extra_special_tokens=["__de__", "__fr__", "he"]),
        ("af", "fr"),
    ),
    "wmt21": ("m2m_100", _numbered(1, language_codes="wmt21", tgt_lang="ha"), ("de", "is")),
    "mbart": ("mbart", {"sentencepiece.bpe.model": pieces_of(1)}, ("de_DE", "ro_RO")),
    "mbart_set": (
        "mbart",
        {"sentencepiece.bpe.model": pieces_of(1)} | _settings(src_lang="fr_XX", tgt_lang="cs_CZ"),
        ("de_DE", None),
    ),
    "mbart50": (
        "mbart",
        {"sentencepiece.bpe.model": pieces_of(1)} | _settings(tokenizer_class="MBart50Tokenizer"),
        ("de_DE", "gl_ES"),
    ),
    "mbart50_set": (
        "mbart",
        {"sentencepiece.bpe.model": pieces_of(1)}
        | _settings(tokenizer_class="MBart50Tokenizer", src_lang="fr_XX", tgt_lang="cs_CZ"),
        ("de_DE", None),
    ),
    "nllb": (
        "m2m_100",
        {"sentencepiece.bpe.model": pieces_of(2)} | _settings(tokenizer_class="NllbTokenizer"),
        (None, None),
    ),
    "nllb_legacy": (
        "m2m_100",
        {"sentencepiece.bpe.model": pieces_of(2)}
        | _settings(
            tokenizer_class="NllbTokenizerFast",
            legacy_behaviour=True,
            src_lang="fra_Latn",
            additional_special_tokens=["deu_Latn", "fra_Latn"],
        ),
        ("deu_Latn", "fra_Latn"),
    ),
    "nllb_more": (
        "m2m_100",
        {"sentencepiece.bpe.model": pieces_of(2)}
        | _settings(tokenizer_class="NllbTokenizer", additional_special_tokens=["deu_Latn", "tok_Latn"]),
        ("tok_Latn", "deu_Latn"),
    ),
    "pegasus": (
        "pegasus",
        {"spiece.model": pieces_of(1, ("<pad>", "</s>", "<unk>"), unknown=2)},
        (None, None),
    ),
}
FOLDERS |= {name: (model_type, files) for name, (model_type, files, _) in TRANSLATING.items()}
LANGUAGE_TEXTS = ("the dog", "__de__ the de_DE dog </s> deu_Latn")


def askings(name):
    """The languages that a folder's tokenizer is opened with: none, one of the two, both."""
    source, target = TRANSLATING[name][2]
    return list(dict.fromkeys([(None, None), (source, None), (None, target), (source, target)]))


def write(name, folder):
    """Write the files of a folder, and its config.json."""
    model_type, files = FOLDERS[name]
    for file, content in files.items():
        (folder / file).write_bytes(content)
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    return model_type
