"""Folders whose other files say something else than their tokenizer.json, each with what it is called in the oracle."""

import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

TEXTS = (
    "Bark Dog, the DOG's café — Straße 東京 dog  is cute!",
    "a<new>dog <mask> [MASK] <s>he <|endoftext|>e-mail U.S.",
    " dog very\tdog",
)
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ALBERT = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")
DEBERTA = ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")
DEBERTA_V2 = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")
ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
T5 = ("<pad>", "</s>", "<unk>", "<extra_id_1>", "<extra_id_0>")
LETTERS = "abcdefghiklmnorstuvyBDGOS,.!'-é東京"
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def word_pieces():
    words = ["bark", "Bark", "dog", "Dog", "the", "is", "cute", "very", *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: number for number, piece in enumerate([*BERT, *LETTERS, *words])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(list(BERT))
    return tokenizer


def byte_pairs(special, cut, after):
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "do", "dog", "Ġdo", "Ġdog", "he", "the"]
    merges = [("d", "o"), ("do", "g"), ("Ġ", "do"), ("Ġdo", "g"), ("h", "e"), ("t", "he")]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer, tokenizer.post_processor, tokenizer.decoder = cut, after, decoders.ByteLevel()
    tokenizer.add_special_tokens(list(special))
    return tokenizer


def of_bytes(**how):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, **how)


def qwen2():
    cut = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN2), "isolated"), of_bytes(use_regex=False)])
    return byte_pairs(["<|endoftext|>"], cut, processors.ByteLevel(trim_offsets=False))


def cohere():
    special = ["<PAD>", "<UNK>", "<CLS>", "<SEP>", "<MASK_TOKEN>", "<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>"]
    after = processors.TemplateProcessing(single="<BOS_TOKEN> $A", special_tokens=[("<BOS_TOKEN>", 5)])
    return byte_pairs(special, of_bytes(), after)


def llama():
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *LETTERS, "do", "dog", "▁dog"]
    merges = [("d", "o"), ("do", "g"), ("▁", "dog")]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def gemma():
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *LETTERS, "do", "dog", "▁dog", "▁▁"]
    merges = [("d", "o"), ("do", "g"), ("▁", "dog"), ("▁", "▁")]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    tokenizer.add_special_tokens(special)
    return tokenizer


def unigrams(special=ROBERTA, unknown=3, around=("<s>", "</s>")):
    pieces = [*special[:4], "▁", "▁the", "▁dog", "▁is", "▁cute", *LETTERS, "dog"]
    scored = [(piece, 0.0 if special is DEBERTA_V2 and i < 4 else -float(i)) for i, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), "▁")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    first, last = ((each, pieces.index(each)) for each in around)
    single = f"{around[0]} $A {around[1]}"
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=[first, last])
    tokenizer.add_special_tokens([*special[:4], AddedToken(special[4], lstrip=True)])
    return tokenizer


def mpnet():
    tokenizer = word_pieces()
    vocabulary = {"<s>": 0, "<pad>": 1, "</s>": 2, "[UNK]": 3, "<mask>": 4}
    vocabulary |= {piece: number for piece, number in tokenizer.get_vocab().items() if number >= len(BERT)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = ROBERTA_AROUND
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "[UNK]", AddedToken("<mask>", lstrip=True)])
    return tokenizer


DEBERTA_AROUND = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 2)])


def albert():
    tokenizer = unigrams(ALBERT, 1, ("[CLS]", "[SEP]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(normalizers.Replace("``", '"'), normalizers.Replace("''", '"')),
            *(normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    return tokenizer


CODES = ("de_DE", "en_XX", "fr_XX", "deu_Latn", "eng_Latn", "fra_Latn")


def translating(count, around, special=ROBERTA, unknown=3):
    """Unigrams with codes of languages behind them, as such files are saved."""
    own = json.loads(unigrams(special, unknown, special[1:3]).to_str())["model"]["vocab"]
    scored = [(piece, 0.0 if piece in special else score) for piece, score in own]
    scored += [(code, 0.0) for code in CODES[:count]]
    tokenizer = Tokenizer(models.Unigram([*scored, (special[4], 0.0)], unk_id=unknown))
    return _translating(tokenizer, around, special, CODES[:count])


def _translating(tokenizer, around, special, codes):
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([*special[:4], AddedToken(special[4], lstrip=True), *codes])
    named = [(each, tokenizer.token_to_id(each)) for each in around.split() if each != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=around, special_tokens=named)
    return tokenizer


def nllb():
    letters = json.loads(unigrams().to_str())["model"]["vocab"]
    pieces = [*(piece for piece, _ in letters), "do", *CODES[3:], "<mask>"]
    merges = [("d", "o"), ("do", "g"), ("▁", "dog")]
    model = models.BPE({piece: number for number, piece in enumerate(pieces)}, merges, unk_token="<unk>", fuse_unk=True)
    return _translating(Tokenizer(model), "eng_Latn $A </s>", ROBERTA, CODES[3:])


PEGASUS = ("<pad>", "</s>", "<unk>", "<mask_1>", "<mask_2>")
ROBERTA_AROUND = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
BLENDERBOT_AROUND = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
#: model_type → its tokenizer.json, and the class that tokenizer_config.json names.
BASES = {
    "bert": (word_pieces, "BertTokenizer"),
    "distilbert": (word_pieces, "DistilBertTokenizer"),
    "electra": (word_pieces, "ElectraTokenizerFast"),
    "roberta": (lambda: byte_pairs(ROBERTA, of_bytes(), ROBERTA_AROUND), "RobertaTokenizerFast"),
    "gpt2": (
        lambda: byte_pairs(["<|endoftext|>"], of_bytes(), processors.ByteLevel(trim_offsets=False)),
        "GPT2Tokenizer",
    ),
    "gpt_neox": (lambda: byte_pairs(["<|endoftext|>"], of_bytes(), processors.ByteLevel()), "GPTNeoXTokenizerFast"),
    "cohere": (cohere, "CohereTokenizerFast"),
    "llama": (llama, "LlamaTokenizer"),
    "mistral": (llama, "LlamaTokenizerFast"),
    "qwen2": (qwen2, "Qwen2Tokenizer"),
    "qwen3": (qwen2, "Qwen2TokenizerFast"),
    "xlm-roberta": (unigrams, "XLMRobertaTokenizer"),
    "camembert": (unigrams, "CamembertTokenizer"),
    "mixtral": (llama, "LlamaTokenizer"),
    "granite": (
        lambda: byte_pairs(["<|endoftext|>"], of_bytes(), processors.ByteLevel(trim_offsets=False)),
        "GPT2Tokenizer",
    ),
    "gemma": (gemma, "GemmaTokenizerFast"),
    "mpnet": (mpnet, "MPNetTokenizer"),
    "albert": (albert, "AlbertTokenizer"),
    "t5": (lambda: unigrams(T5, 2, ("<pad>", "</s>")), "T5TokenizerFast"),
    "deberta": (lambda: byte_pairs(DEBERTA, of_bytes(), DEBERTA_AROUND), "DebertaTokenizerFast"),
    "deberta-v2": (lambda: unigrams(DEBERTA_V2, 3, ("[CLS]", "[SEP]")), "DebertaV2TokenizerFast"),
    "umt5": (lambda: unigrams(T5, 2, ("<pad>", "</s>")), "T5TokenizerFast"),
    "xlm-roberta-xl": (unigrams, "XLMRobertaTokenizer"),
    "modernbert": (lambda: byte_pairs(ROBERTA, of_bytes(), ROBERTA_AROUND), "RobertaTokenizerFast"),
    "blenderbot": (lambda: byte_pairs(ROBERTA, of_bytes(), BLENDERBOT_AROUND), "BlenderbotTokenizerFast"),
    "mbart": (lambda: translating(3, "$A </s> en_XX"), "MBartTokenizerFast"),
    "mbart50": (lambda: translating(3, "en_XX $A </s>"), "MBart50Tokenizer"),
    "nllb": (nllb, "NllbTokenizerFast"),
    "pegasus": (lambda: translating(0, "$A </s>", PEGASUS, 2), "PegasusTokenizerFast"),
}
#: The model types of those that are named after a tokenizer.
MODEL_TYPES = {"mbart50": "mbart", "nllb": "m2m_100"}
_DOG = {"content": "dog", "single_word": False, "lstrip": True, "rstrip": False, "normalized": True, "special": False}
_NEW = {"content": "<new>", "single_word": False, "lstrip": False, "rstrip": True, "normalized": False, "special": True}
#: Files beside tokenizer.json and what is in them; in tokenizer_config.json the class of the base is added.
SETTINGS = (
    {},
    {"tokenizer_config.json": {}},
    {"tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast"}},
    {"tokenizer_config.json": {"do_lower_case": False}},
    {"tokenizer_config.json": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False}},
    {"tokenizer_config.json": {"strip_accents": False}},
    {"tokenizer_config.json": {"tokenize_chinese_chars": False}},
    {"tokenizer_config.json": {"add_prefix_space": True}},
    {"tokenizer_config.json": {"add_prefix_space": False}},
    {"tokenizer_config.json": {"legacy": True}},
    {"tokenizer_config.json": {"legacy": None}},
    {"tokenizer_config.json": {"add_bos_token": False, "add_eos_token": True, "trim_offsets": False}},
    {"tokenizer_config.json": {"split_special_tokens": True}},
    {"tokenizer_config.json": {"added_tokens_decoder": {"5": _DOG, "0": _NEW}}},
    {"tokenizer_config.json": {"mask_token": "dog", "unk_token": "a"}},
    {"tokenizer_config.json": {"cls_token": "is", "sep_token": "cute", "bos_token": "the", "eos_token": "dog"}},
    {"tokenizer_config.json": {"mask_token": None, "pad_token": None}},
    {"tokenizer_config.json": {"mask_token": {"__type": "AddedToken", **_DOG}}},
    {"tokenizer_config.json": {"additional_special_tokens": ["he"], "image_token": "U.S."}},
    {"tokenizer_config.json": {"extra_special_tokens": {"audio_token": "e-mail"}, "padding_side": "left"}},
    {"special_tokens_map.json": {"mask_token": "dog", "cls_token": _NEW}},
    {"added_tokens.json": {"cute": 7, "<new>": 9999}},
    {"special_tokens_map.json": {"additional_special_tokens": ["very"]}, "added_tokens.json": {"very": 8}},
    {"tokenizer_config.json": {"added_tokens_decoder": {}}, "added_tokens.json": {"very": 8}},
    {"tokenizer_config.json": {"src_lang": "fr_XX", "tgt_lang": "de_DE"}},
    {"tokenizer_config.json": {"src_lang": "fra_Latn", "tgt_lang": "deu_Latn", "legacy_behaviour": True}},
    {"tokenizer_config.json": {"extra_special_tokens": ["de_DE", "tok_Latn", "very"]}},
)


def folder_of(model_type, settings, folder):
    """Write such a folder; returns its config."""
    make, tokenizer_class = BASES[model_type]
    make().save(str(folder / "tokenizer.json"))
    config = {"model_type": MODEL_TYPES.get(model_type, model_type)}
    files = {"config.json": config, **settings}
    if "tokenizer_config.json" in files or settings:
        files["tokenizer_config.json"] = {"tokenizer_class": tokenizer_class} | files.get("tokenizer_config.json", {})
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return config
