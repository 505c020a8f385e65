"""Write tiny/FAMILY, random checkpoints and what PyTorch makes of them: `python tests/oracles/make_tiny.py`.

Needs torch and transformers. The weights are large and no norm or bias is left at 1 or 0, so that a part left out
shows. The checkpoints differ in dtype, in shards, and in whether a head was saved with them, as real ones do.
"""

import shutil
from pathlib import Path

import numpy as np
import torch
import transformers as hf
from make_logits import write as write_logits
from sentences import TINY
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = Path(__file__).parent / "tiny"
SIZES = {
    "hidden_size": 16,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
}
CORPUS = [*TINY, "the dog barks and the cat is very cute", "stop the dog, he is a cute dog"]


def wordpiece():
    letters = "abcdefghijklmnopqrstuvwxyz,.!'"
    words = ["bark", "is", "very", "cute", "and", "he", "dog", "the", "##s", "st", "##op"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *words]
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_padding(length=32)  # what all-MiniLM's does, and what a reader must switch off
    tokenizer.enable_truncation(max_length=8)
    return tokenizer


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=290, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sentencepiece():
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁the", "▁dog", "▁is", "▁very", "▁cute", "▁and", "▁he", "s", "b"]
    pieces += [letter for letter in "acdefghijklmnopqrtuvwxyzB,.!'" if letter not in pieces]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(i)) for i, piece in enumerate(pieces)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = [("<s>", 0), ("</s>", 2)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=special)
    return tokenizer


ROBERTA = SIZES | {"pad_token_id": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
ELECTRA = SIZES | {"embedding_size": 8, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3}
DISTIL = {"dim": 16, "n_heads": 4, "n_layers": 2, "hidden_dim": 24, "max_position_embeddings": 40, "activation": "relu"}
# model_type → class, config, sizes, tokenizer, dtype, and the most that a file may hold (a small number makes shards)
KINDS = {
    "bert": (hf.BertForMaskedLM, hf.BertConfig, SIZES, wordpiece, torch.bfloat16, "1MB"),
    "roberta": (hf.RobertaModel, hf.RobertaConfig, ROBERTA, byte_level, torch.float32, "12KB"),
    "xlm-roberta": (hf.XLMRobertaModel, hf.XLMRobertaConfig, ROBERTA, sentencepiece, torch.float32, "1MB"),
    "electra": (hf.ElectraForPreTraining, hf.ElectraConfig, ELECTRA, wordpiece, torch.float32, "1MB"),
    "distilbert": (hf.DistilBertModel, hf.DistilBertConfig, DISTIL, wordpiece, torch.float16, "1MB"),
}


@torch.no_grad()
def make(name, kind, config, sizes, make_tokenizer, dtype, most):
    folder, tokenizer = HERE / name, make_tokenizer()
    shutil.rmtree(folder, ignore_errors=True)
    model = kind(config(vocab_size=tokenizer.get_vocab_size(), **sizes))
    for each in model.parameters():
        each.copy_(torch.randn_like(each) * 0.4 + (each.mean() == 1))  # a norm's weight is around 1
    model.to(dtype).save_pretrained(folder, max_shard_size=most)
    tokenizer.save(str(folder / "tokenizer.json"))
    np.savez_compressed(folder / "expected.npz", **expected(folder, tokenizer))
    write_logits(folder)


@torch.no_grad()
def expected(folder, tokenizer):
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = hf.AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    kept = {}
    for i, text in enumerate(TINY):
        ids = tokenizer.encode(text).ids
        found = model(torch.tensor([ids]), output_attentions=True)
        kept[f"{i}.ids"] = np.array(ids, np.int32)
        kept[f"{i}.weights"] = torch.cat(found.attentions).numpy()  # [n_layer, n_head, n, n]
        kept[f"{i}.hidden"] = found.last_hidden_state[0].numpy()  # [n, d_model]
    return kept


if __name__ == "__main__":
    torch.manual_seed(20)
    for name, parts in KINDS.items():
        make(name, *parts)
