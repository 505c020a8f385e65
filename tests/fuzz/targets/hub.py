"""The hub's answer about a model, from the JSON to the files that would be fetched."""

import json
from unittest.mock import patch

from huggingface_hub import HfApi
from huggingface_hub.hf_api import ModelInfo
from support.hub import Hub

from attncli.models import pulling


def seeds(folder):
    """An answer with one file of weights, and one with shards."""
    hub = Hub()
    hub.close()
    files = {"config.json": b'{"model_type": "bert"}', "tokenizer.json": b"{}", "README.md": b"", "x.bin": b"x"}
    shards = {f"model-0000{n}-of-00002.safetensors": b"x" for n in (1, 2)} | {"model.safetensors.index.json": b"{}"}
    for name, weights in (("a/one", {"model.safetensors": b"x"}), ("a/two", shards)):
        hub.models[name] = files | weights
        yield hub.answer(f"/api/models/{name}/revision/main", None)[2]


def read(folder, data):
    """The files of the model, none of which is fetched."""

    def answered(*_, **__):
        return ModelInfo(**json.loads(data))

    with patch.object(HfApi, "model_info", answered), patch.dict("os.environ", {"HF_HUB_CACHE": str(folder / "hub")}):
        offered = pulling.offer("a/one")
    assert not (folder / "hub").exists()
    assert all(".." not in each.path for each in offered.files)
