"""The tokens with a name that each class of transformers 5 has where the settings name none, and other special ones."""

BERT = {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]"}
ROBERTA = {
    **{"bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "cls_token": "<s>", "unk_token": "<unk>"},
    **{"pad_token": "<pad>", "mask_token": "<mask>"},
}
ALBERT = {
    **{"bos_token": "[CLS]", "eos_token": "[SEP]", "sep_token": "[SEP]", "cls_token": "[CLS]", "unk_token": "<unk>"},
    **{"pad_token": "<pad>", "mask_token": "[MASK]"},
}
DEBERTA = ALBERT | {"unk_token": "[UNK]", "pad_token": "[PAD]"}
GPT2 = dict.fromkeys(("unk_token", "bos_token", "eos_token"), "<|endoftext|>")
LLAMA = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
GEMMA = {
    "pad_token": "<pad>",
    "eos_token": "<eos>",
    "bos_token": "<bos>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
COHERE = {
    **{"bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>", "unk_token": "<UNK>", "pad_token": "<PAD>"},
    **{"cls_token": "<CLS>", "sep_token": "<SEP>", "mask_token": "<MASK_TOKEN>"},
}
QWEN = dict.fromkeys(("unk_token", "eos_token", "pad_token"), "<|endoftext|>")
NOT_USED = ["<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"]
T5 = {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
BLANKS = [f"<extra_id_{number}>" for number in range(100)]
PEGASUS = T5 | {"mask_token": "<mask_2>", "mask_token_sent": "<mask_1>"}
SENTENCES = ["<mask_1>", *(f"<unk_{number}>" for number in range(2, 103))]
MASK = {"content": "<mask>", "lstrip": True, "special": True}

BLENDERBOT = ROBERTA | {"mask_token": MASK}
