"""Folders of sentence encoders: a tiny model with the files that sentence-transformers puts around it."""

import json
import shutil
from pathlib import Path

from oracles.checkpoints import TINY

MODULES = "sentence_transformers.models"
KEYS = {
    **{"mean": "mean_tokens", "max": "max_tokens", "cls": "cls_token", "lasttoken": "lasttoken"},
    **{"mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "weightedmean": "weightedmean_tokens"},
}


def encoder_folder(folder, mode, *, model="bert", normal=False, texts=None, **settings):
    """A copy of a tiny model, pooled by `mode`.

    normal: vectors are brought to length 1; texts: the settings of the first module; settings: of
    config_sentence_transformers.json, `include_prompt` of the pooling.
    """
    shutil.copytree(TINY / model, folder)
    kinds = {"": "Transformer", "1_Pooling": "Pooling"} | ({"2_Normalize": "Normalize"} if normal else {})
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"{MODULES}.{kind}"}
        for i, (path, kind) in enumerate(kinds.items())
    ]
    size = json.loads((TINY / model / "config.json").read_text())["hidden_size"]
    pooling = {f"pooling_mode_{key}": name in mode.split("+") for name, key in KEYS.items()}
    pooling |= {"word_embedding_dimension": size, "include_prompt": settings.pop("include_prompt", True)}
    _write(folder / "modules.json", modules)
    _write(folder / "1_Pooling" / "config.json", pooling)
    _write(folder / "config_sentence_transformers.json", settings)
    _write(folder / "sentence_bert_config.json", texts or {})
    return folder


def _write(path: Path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
