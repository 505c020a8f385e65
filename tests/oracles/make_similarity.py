"""Write similarity/NAME, which sentence-transformers saves, similarity.npz and minilm_similarity.npz: its numbers.

    python tests/oracles/make_similarity.py MINILM_FOLDER     (sentence-transformers 6.2, torch, transformers)

Every folder is saved, made older by hand where today's version writes another form, loaded from the disk, and run in
float64: PyTorch's own float32 is off by 3e-7 in a cosine. Of each folder and prompt (`-`: none is named) there are
`NAME/PROMPT/vectors` [2·pairs, d'] and `NAME/PROMPT/values` [pairs]; of MiniLM the values, and the vectors of a pair.

The files of the models are the same in all folders, and kept once; `model` names them, and the subfolder they are in.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as hf
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Dropout,
    LayerNorm,
    Normalize,
    Pooling,
    Transformer,
)
from similarity_folders import EXPECTED, MINILM_EXPECTED, PAIRS, SENTENCES, SIMILARITY, whole
from torch import nn

WIDTH = 16
WORDS = ("bark", "is", "very", "cute", "and", "he", "dog", "the", "The", "##s", "st", "##op", "a", "query", "Title")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{each}" for each in LETTERS), *",.!':", *WORDS]
SIZES = {"num_attention_heads": 4, "num_hidden_layers": 2, "intermediate_size": 24, "max_position_embeddings": 40}
PROMPTS = {"query": "query: ", "document": "Title the dog: ", "nothing": ""}


def dense(made: int, activation: nn.Module, taken: int = WIDTH, **changes: Any) -> Dense:
    return Dense(taken, made, activation_function=activation, **changes)


def pooled(mode: str | list[str] = "mean", **changes: Any) -> Pooling:
    return Pooling(WIDTH, mode, **changes)


TANH = nn.Tanh()
#: Folders → the modules behind the model, the settings of the whole.
ROWS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "mean": ([pooled()], {}),
    "weighted": ([pooled("weightedmean")], {}),
    "root": ([pooled("mean_sqrt_len_tokens")], {"similarity_fn_name": "dot"}),
    "cls": ([pooled("cls")], {}),
    "max": ([pooled("max")], {}),
    "last": ([pooled("lasttoken")], {}),
    "two": ([pooled(["mean", "max"])], {}),
    "two_means": ([pooled(["mean_sqrt_len_tokens", "weightedmean"]), dense(6, nn.Identity(), 32)], {}),
    "normalized": ([pooled(), Normalize()], {"similarity_fn_name": "dot"}),
    "dot": ([pooled()], {"similarity_fn_name": "dot"}),
    "euclidean": ([pooled()], {"similarity_fn_name": "euclidean"}),
    "manhattan": ([pooled(), Normalize()], {"similarity_fn_name": "manhattan"}),
    "tanh": ([pooled("cls"), dense(8, TANH), Normalize()], {}),
    "identity": ([pooled(), dense(8, nn.Identity(), bias=False), dense(5, nn.Identity(), 8), Normalize()], {}),
    "chain": (
        [pooled(), dense(9, nn.ReLU()), dense(9, nn.GELU(), 9), dense(9, nn.SiLU(), 9), dense(7, nn.Sigmoid(), 9)],
        {},
    ),
    "residual": (
        [pooled(), dense(16, nn.Identity(), use_residual=True), dense(6, nn.Identity(), use_residual=True)],
        {},
    ),
    "layer_norm": ([pooled(), Dropout(0.5), LayerNorm(WIDTH)], {}),
    "prompts": ([pooled()], {"prompts": PROMPTS, "default_prompt_name": "document"}),
    "unpooled": ([pooled(["mean", "weightedmean", "cls"], include_prompt=False)], {"prompts": PROMPTS}),
    "cut": ([pooled()], {}),
    "lower": ([pooled()], {}),
    "short": ([pooled(), Normalize()], {"truncate_dim": 5, "similarity_fn_name": "dot"}),
    "older": ([pooled(), dense(8, TANH)], {}),
    "oldest": ([pooled("mean_sqrt_len_tokens")], {}),
    "decoder_last": ([pooled("lasttoken"), Normalize()], {}),
    "decoder_weighted": ([pooled("weightedmean")], {}),
}


def save_models() -> None:
    """The two models, with large weights, and no norm or bias at 1 or 0."""
    for name, kind, config in (
        ("encoder", hf.BertModel, hf.BertConfig(vocab_size=len(PIECES), hidden_size=WIDTH, **SIZES)),
        ("decoder", hf.LlamaModel, hf.LlamaConfig(vocab_size=len(PIECES), hidden_size=WIDTH, pad_token_id=0, **SIZES)),
    ):
        folder = SIMILARITY / name
        model = kind(config, **({"add_pooling_layer": False} if name == "encoder" else {}))
        randomise(model)
        model.save_pretrained(folder)
        tokenizer = hf.BertTokenizer(vocab={piece: i for i, piece in enumerate(PIECES)}, do_lower_case=False)
        tokenizer.save_pretrained(folder)


@torch.no_grad()
def randomise(module: nn.Module) -> None:
    for name, parameter in module.named_parameters():
        parameter.normal_(std=0.3)
        if "norm" in name.lower() and name.endswith("weight"):
            parameter.add_(1)


def save(name: str) -> None:
    """The folder of a row, without what is its model's."""
    modules, settings = ROWS[name]
    model = "decoder" if name.startswith("decoder") else "encoder"
    folder = SIMILARITY / name
    for module in modules:
        randomise(module)
    SentenceTransformer(modules=[Transformer(str(SIMILARITY / model)), *modules], **settings).save(str(folder))
    for path in [folder / "README.md", *(folder / each.name for each in (SIMILARITY / model).iterdir())]:
        path.unlink(missing_ok=True)
    where = (name in FORMS and FORMS[name](folder)) or ""
    (folder / "model").write_text(f"{model} {where}".strip() + "\n")


def rewrite(path: Path, **changes: Any) -> None:
    """The file with other keys; None takes one out."""
    found = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in found.items() if value is not None}, indent=2))


def older_keys(folder: Path, modes: Mapping[str, bool]) -> None:
    path = folder / "1_Pooling" / "config.json"
    flags = {f"pooling_mode_{mode}": on for mode, on in modes.items()}
    rewrite(
        path, embedding_dimension=None, include_prompt=None, pooling_mode=None, word_embedding_dimension=WIDTH, **flags
    )


def as_cut(folder: Path) -> None:
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 7, "do_lower_case": False}))


def as_lower(folder: Path) -> None:
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 24, "do_lower_case": True}))


def as_older(folder: Path) -> None:
    """As version 2 wrote it: keys of their own for the modes, names of classes in `models`."""
    older_keys(folder, {"cls_token": True, "mean_tokens": False, "max_tokens": False, "mean_sqrt_len_tokens": False})
    modules = json.loads((folder / "modules.json").read_text())
    for each in modules:
        each["type"] = f"sentence_transformers.models.{each['type'].rpartition('.')[2]}"
    (folder / "modules.json").write_text(json.dumps(modules, indent=2))
    as_cut(folder)
    rewrite(folder / "sentence_bert_config.json", max_seq_length=30, do_lower_case=None)
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"__version__": {"transformers": "4.6.1"}}))


def as_oldest(folder: Path) -> str:
    """As version 0 wrote it: the model in a folder of its own, and no settings of the whole."""
    older_keys(folder, {"mean_sqrt_len_tokens": True, "max_tokens": True})
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_BERT"
    (folder / "modules.json").write_text(json.dumps(modules, indent=2))
    (folder / "config_sentence_transformers.json").unlink()
    (folder / "0_BERT").mkdir()
    (folder / "sentence_bert_config.json").rename(folder / "0_BERT" / "sentence_bert_config.json")
    return "0_BERT"


FORMS: dict[str, Any] = {"cut": as_cut, "lower": as_lower, "older": as_older, "oldest": as_oldest}


def numbers(
    folder: Path, pairs: tuple[tuple[str, str], ...], prompt: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The vectors `[2·pairs, d']` and the similarities `[pairs]` of the model that is loaded from the folder."""
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}).double()
    vectors = np.stack([model.encode(text, prompt_name=prompt) for pair in pairs for text in pair])
    return vectors, model.similarity_pairwise(vectors[::2], vectors[1::2]).numpy()


def prompts_of(name: str) -> list[str | None]:
    return [None, *ROWS[name][1].get("prompts", ())]


def main(minilm: str) -> None:
    torch.manual_seed(17)
    shutil.rmtree(SIMILARITY, ignore_errors=True)
    save_models()
    kept = {}
    for name in ROWS:
        save(name)
        with tempfile.TemporaryDirectory() as place:
            folder = whole(name, Path(place))
            for prompt in prompts_of(name):
                vectors, values = numbers(folder, PAIRS, prompt)
                kept |= {f"{name}/{prompt or '-'}/vectors": vectors, f"{name}/{prompt or '-'}/values": values}
    np.savez_compressed(EXPECTED, **kept)
    vectors, values = numbers(Path(minilm), SENTENCES)
    np.savez_compressed(MINILM_EXPECTED, values=values, vectors=vectors[:2])


if __name__ == "__main__":
    main(sys.argv[1])
