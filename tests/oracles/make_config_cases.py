"""Write config_cases.npz, what transformers makes of config_cases.py: `python tests/oracles/make_config_cases.py`.

Needs torch and transformers. Of every case `NAME.rows`, the weights of the first, the middle and the last token
`[n_layer, n_head, 3, n]`, and `NAME.hidden` `[n, d_model]`; the model is read from a folder, as `attn` reads it.
"""

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from config_cases import HONOURED, IDS, UNKNOWN, changed
from transformers import AutoModel

HERE = Path(__file__).parent
ROWS = [0, 8, 16]


@torch.no_grad()
def expected(folder):
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    found = model(torch.tensor([IDS]), output_attentions=True, use_cache=False)
    return torch.cat(found.attentions)[:, :, ROWS].numpy(), found.last_hidden_state[0].numpy()


def main():
    kept = {}
    for name, (tiny, changes) in (HONOURED | UNKNOWN).items():
        with tempfile.TemporaryDirectory() as parent:
            folder = shutil.copytree(HERE / "tiny" / tiny, Path(parent) / "model")
            config = json.loads((folder / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(changed(config, changes)))
            kept[f"{name}.rows"], kept[f"{name}.hidden"] = expected(folder)
    np.savez_compressed(HERE / "config_cases.npz", **kept)


if __name__ == "__main__":
    main()
