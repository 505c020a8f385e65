"""The JSON of `attn models`: one line a model, and one model in full."""

from typing import Any

from attncli.models.keeping import Listed
from attncli.views.records.json import VERSION, json_line


def listed_json(listed: Listed) -> str:
    """One line of the `attn.models.list` schema."""
    return json_line(_head("list") | _listed(listed) | {"fault": listed.fault})


def info_json(listed: Listed) -> str:
    """One line of the `attn.models.info` schema."""
    model = listed.model
    if model is None:
        raise ValueError("a model that was not opened has no properties")
    shape, decoder = model.shape, model.decoder
    more = {
        "d_model": shape.d_model,
        "d_k": shape.d_k,
        "key_value_heads": shape.n_kv_head,
        "causal": shape.causal,
        "decoder": decoder and {"layers": decoder.n_layer, "heads": decoder.n_head},
        "positions": shape.positions,
        "vocabulary": model.vocabulary,
        "output_layer": model.has_output,
        "labels": list(model.labels),
        "dtypes": list(model.dtypes),
        "special_tokens": listed.special,
        "languages": list(model.languages),
        "licence": listed.licence,
        "warnings": list(model.warnings),
    }
    return json_line(_head("info") | _listed(listed) | more)


def _head(name: str) -> dict[str, Any]:
    return {"schema": f"attn.models.{name}", "schema_version": VERSION}


def _listed(listed: Listed) -> dict[str, Any]:
    model = listed.model
    return {
        "name": listed.name,
        "family": listed.family,
        "layers": model and model.shape.n_layer,
        "heads": model and model.shape.n_head,
        "parameters": model and model.parameters,
        "bytes": listed.size,
        "place": listed.place,
        "path": str(listed.path),
    }
