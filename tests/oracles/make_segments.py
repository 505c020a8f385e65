"""Write what transformers makes of two texts in one input: `python tests/oracles/make_segments.py`.

Needs transformers 5, torch and attncli.

tiny/NAME/pair.npz has of each encoder its input `ids` and `segments` [n], `weights` [n_layer, n_head, n, n], and
`hidden` [n, d]: those of PAIR for the folders PAIRED, random ones where transformers takes no such tokenizer.json.
segments.json: model_type → settings by their number, as in tokenizers.json, → ids and segments of PAIR, and the id of
the token that texts begin with; and folders of older files, and GGUF files, → ids.
The segments are asked for, since the classes of some models leave them out.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from oracles.checkpoints import PAIR, PAIRED, TINY
from oracles.gguf_files import TOKENIZERS, with_tokenizer
from oracles.older_files import FOLDERS, write
from oracles.tokenizer_folders import BASES, SETTINGS, folder_of

ENCODERS = (
    *("albert", "bert", "deberta", "deberta-v2", "distilbert", "electra", "modernbert", "mpnet", "nomic_bert"),
    *("roberta", "xlm-roberta", "xlm-roberta-xl", "deberta-v2_conv", "modernbert_biased"),
)
N = 19  # random tokens


def inputs(folder, config):
    """Ids and segments: of the two texts by the tokenizer, or random ones."""
    if folder.name in PAIRED:
        found = AutoTokenizer.from_pretrained(folder)(*PAIR, return_token_type_ids=True)
        return found["input_ids"], found["token_type_ids"]
    ids = torch.randint(5, config.vocab_size, (N,), generator=torch.Generator().manual_seed(N))
    rows = max(getattr(config, "type_vocab_size", 0) or 0, 1)
    return ids.tolist(), [place * rows // N for place in range(N)]


@torch.no_grad()
def expected(folder):
    config = AutoConfig.from_pretrained(folder)
    ids, segments = inputs(folder, config)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    rows = getattr(config, "type_vocab_size", 0) or 0
    given = {"token_type_ids": torch.tensor([segments])} if rows > 1 else {}
    found = model(torch.tensor([ids]), output_attentions=True, **given)
    kept = {"ids": np.array(ids, np.int32), "segments": np.array(segments, np.int8)}
    kept |= {"weights": torch.cat(found.attentions).numpy(), "hidden": found.last_hidden_state[0].numpy()}
    return kept


def tokens_of(model_type, settings):
    """Ids and segments of the two texts, and the token that texts begin with; None for folders that do not open."""
    with tempfile.TemporaryDirectory() as folder:
        folder_of(model_type, settings, Path(folder))
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except (KeyError, TypeError, ValueError):  # a token or language of the settings that there is not
            return None
        found = tokenizer(*PAIR, return_token_type_ids=True)
        begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.cls_token_id
        return [found["input_ids"], found["token_type_ids"], begin]


def older_tokens(name):
    """The ids of the two texts by the files from before tokenizer.json."""
    with tempfile.TemporaryDirectory() as folder:
        write(name, Path(folder))
        try:
            return AutoTokenizer.from_pretrained(folder)(*PAIR)["input_ids"]
        except KeyError:  # a language of the settings that the class does not know
            return None


def gguf_tokens(name):
    """The ids of the two texts by the metadata of a GGUF file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "m.gguf").write_bytes(with_tokenizer(name))
        return AutoTokenizer.from_pretrained(folder, gguf_file="m.gguf")(*PAIR)["input_ids"]


if __name__ == "__main__":
    for path in TINY.iterdir():
        if path.name in ENCODERS:
            np.savez_compressed(path / "pair.npz", **expected(path))
    found = {name: [tokens_of(name, settings) for settings in SETTINGS] for name in BASES}
    stored = {name: [rows[0], *(0 if each == rows[0] else each for each in rows[1:])] for name, rows in found.items()}
    stored = {"folders": stored, "older": {name: older_tokens(name) for name in FOLDERS}}
    stored["gguf"] = {name: gguf_tokens(name) for name in TOKENIZERS}
    text = json.dumps(stored, separators=(",", ":"))
    (Path(__file__).parent / "segments.json").write_text(text.replace("]],", "]],\n") + "\n")
