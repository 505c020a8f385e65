"""Write windows.npz: the windows that transformers makes of long texts, and PyTorch's weights on them, joined.

    PYTHONPATH=tests python tests/oracles/make_windows.py          (needs transformers 5, torch and tokenizers)

Of each case of windows.py: `truncated` and `windows`, the token ids, those of windows end to end, and `lengths`;
`weights` [n_layer, n_head, rows, n]: the `rows` of the text's matrix, each the mean over the windows that hold it.
Of each pair the `ids` and `segments` of both texts, cut to the positions.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from oracles.windows import CASES, PAIRS, folder_of
from transformers import AutoModel, AutoTokenizer


def places(case, ids, special, windows):
    """The place of every token of each window among the text's ids."""
    around, inner, at = np.flatnonzero(special), np.flatnonzero(~special), 0
    for window in windows:
        room = len(window) - len(around)
        start = at if case.side == "right" else max(len(inner) - at - room, 0)
        place = np.sort(np.concatenate([around, inner[start : start + room]]))
        assert [ids[each] for each in place] == window
        yield place
        at += room - case.stride


@torch.no_grad()
def expected(case, folder):
    """What the folder, opened from the disk, makes of the case's text."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float64).eval()
    model = model.get_encoder() if model.config.is_encoder_decoder else model
    cut = {"truncation": True, "max_length": case.positions}
    whole = tokenizer(case.text, return_special_tokens_mask=True)
    ids, special = whole["input_ids"], np.array(whole["special_tokens_mask"], bool)
    windows = tokenizer(case.text, stride=case.stride, return_overflowing_tokens=True, **cut)["input_ids"]
    joined = count = 0
    for window, place in zip(windows, places(case, ids, special, windows), strict=True):
        weights = torch.cat(model(torch.tensor([window]), output_attentions=True).attentions).numpy()
        where = np.eye(len(ids))[place]  # [w, n]
        joined = joined + where.T @ weights @ where
        count = count + where.sum(axis=0)
    rows = np.unique(np.linspace(0, len(ids) - 1, 5).astype(int))
    return {
        "truncated": np.array(tokenizer(case.text, **cut)["input_ids"], np.uint16),
        "windows": np.concatenate(windows).astype(np.uint16),
        "lengths": np.array([*map(len, windows)], np.uint16),
        "rows": rows,
        "weights": (joined / count[:, None])[:, :, rows].astype(np.float32),
    }


def expected_pair(case, second, folder):
    """The token ids and segments of the case's text and a second one, cut together."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = tokenizer(case.text, second, truncation=True, max_length=case.positions, return_token_type_ids=True)
    return {"ids": np.array(found["input_ids"], np.uint16), "segments": np.array(found["token_type_ids"], np.uint8)}


if __name__ == "__main__":
    kept = {}
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            kept |= {f"{name}: {key}": array for key, array in expected(case, folder_of(case, Path(place))).items()}
    for number, (case, second) in enumerate(PAIRS):
        with tempfile.TemporaryDirectory() as place:
            found = expected_pair(case, second, folder_of(case, Path(place)))
            kept |= {f"pair {number}: {key}": array for key, array in found.items()}
    np.savez_compressed(Path(__file__).parent / "windows.npz", **kept)
