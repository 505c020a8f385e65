"""Write `changes.npz`: what PyTorch makes of the tiny checkpoints with heads taken away, or tokens cut apart.

    python tests/oracles/make_changes.py [NAME...]          (needs transformers 5 and torch)

A hook in front of the output projection, where the heads are still apart, replaces a head's slice of its input by zeros
or by its mean over the tokens; a cut adds −inf to the scores in front of every softmax of the part. The model is loaded
from the disk. `NAME/PART`: the last row of the last hidden state with heads zero, with their means, and with cuts, `[3,
d_model]`, of the decoder in `decoder` and `cross`; the text, the heads and the pairs are those of checkpoints.py.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np
import torch
from checkpoints import CHANGES, TINY, changed_heads, changed_text, cuts_of, weights_of
from falcon_alibi import add_once
from make_pairs import OUTPUTS, last_of
from transformers import AutoConfig, AutoModel, EncoderDecoderModel
from transformers.models.llama import modeling_llama
from transformers.models.phi3 import modeling_phi3

#: The output projections of all families, by the ends of their names.
PROJECTION = re.compile(
    r"(^|\.)(attention\.output\.dense|crossattention\.output\.dense|attention\.dense|attention\.out_lin|attn\.o"
    r"|attn\.Wo|attn\.c_proj|attn\.out_proj|attention\.out_proj|self_attn\.(o_proj|out_proj|dense)"
    r"|self_attention\.dense|encoder_attn\.out_proj|SelfAttention\.o|EncDecAttention\.o)$"
)
SOFTMAX = torch.softmax
#: It multiplies by slices of its projection, so that nothing stands in front of the whole: NaN in place of numbers.
IN_PARTS = "bloom_saved-in_parts"


def part_of(name: str, pairs: bool) -> str:
    """The part that a module belongs to."""
    if not pairs or not re.search(r"(^|\.)decoder\.", name):
        return "encoder"
    return "cross" if re.search("encoder_attn|EncDecAttention|crossattention", name) else "decoder"


@contextmanager
def heads_away(model: torch.nn.Module, heads: list, ablate: str, sizes: dict[str, int]) -> Iterator[None]:
    """Take (part, layer, head) away in front of the output projections; a layer is a call of its part."""
    calls, taken = Counter(), []

    def hook(part: str):
        def change(_: torch.nn.Module, given: tuple) -> tuple:
            x, layer = given[0].clone(), calls[part]
            calls[part] += 1
            for head in (h for p, number, h in heads if (p, number) == (part, layer)):
                d_v = x.shape[-1] // sizes[part]
                own = x[..., head * d_v : (head + 1) * d_v]
                own[:] = 0 if ablate == "zero" else own.mean(dim=-2, keepdim=True)
                taken.append((part, layer, head))
            return (x, *given[1:])

        return change

    pairs, handles = "cross" in sizes, []
    for name, module in model.named_modules():
        if PROJECTION.search(name):
            handles.append(module.register_forward_pre_hook(hook(part_of(name, pairs))))
    yield
    assert sorted(taken) == sorted(heads), (taken, heads, calls)
    for handle in handles:
        handle.remove()


@contextmanager
def cut_apart(cuts: tuple, n_query: int, n_key: int, layers: int) -> Iterator[None]:
    """Add −inf to the scores `[1, n_head, n_query, n_key]` of these pairs in front of the softmax."""
    mask, seen = torch.zeros(n_query, n_key), []
    for query, key in cuts:
        mask[query, key] = -torch.inf

    def softmax(scores: torch.Tensor, *args: object, **named: object) -> torch.Tensor:
        if scores.ndim == 4 and scores.shape[2:] == mask.shape:
            seen.append(1)
            scores = scores + mask
        named.pop("_stacklevel", None)
        return SOFTMAX(scores, *args, **named)

    with ExitStack() as patches:
        for place in ("torch.softmax", "torch.nn.functional.softmax", "torch.Tensor.softmax"):
            patches.enter_context(patch(place, softmax))
        yield
    assert len(seen) == layers, (len(seen), layers)


class Changed:
    """A model of a folder and the text that it is given."""

    def __init__(self, folder) -> None:
        self.folder, stored = folder, np.load(folder / "expected.npz")
        ids, target = changed_text(stored)
        self.pairs = target is not None
        self.given = [torch.tensor(each.astype(np.int64))[None] for each in (ids, target) if each is not None]
        config = AutoConfig.from_pretrained(folder)
        self.config = config
        n, m = len(ids), len(target) if self.pairs else 0
        self.sizes = {"encoder": (n, n)} | ({"decoder": (m, m), "cross": (m, n)} if self.pairs else {})
        weights = {"encoder": stored[next(each for each in stored if each.startswith(("weights", "0.weights")))]}
        if self.pairs:
            weights |= {part: stored[f"{part}_17"] for part in ("decoder", "cross")}
        self.shapes = {part: each.shape[:2] for part, each in weights.items()}

    @torch.no_grad()
    def last(self, part: str) -> np.ndarray:
        """The last row of the last hidden state, of a fresh model."""
        output = self.model(*self.given[:1], **({"decoder_input_ids": self.given[1], **OUTPUTS} if self.pairs else {}))
        if self.pairs:
            return (output.encoder_last_hidden_state if part == "encoder" else last_of(output))[0, -1].numpy()
        return output.last_hidden_state[0, -1].numpy()

    def open(self) -> torch.nn.Module:
        """The model from the disk; a fresh one each time, since dynamic scaling remembers."""
        kind = EncoderDecoderModel if self.config.model_type == "encoder-decoder" else AutoModel
        weights = TINY / weights_of(self.folder.name)
        self.model = kind.from_pretrained(
            weights, config=self.config, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        return self.model

    def numbers(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each part with heads taken away, zero and mean, and with pairs cut apart."""
        for part, (n_layer, n_head) in self.shapes.items():
            heads, n_heads = changed_heads(part, n_layer, n_head), {each: h for each, (_, h) in self.shapes.items()}
            self.open()
            plain, rows = self.last(part), []
            for ablate in ("zero", "mean"):
                if self.folder.name == IN_PARTS:
                    rows.append(np.full_like(plain, np.nan))
                    continue
                with heads_away(self.open(), heads, ablate, n_heads):
                    rows.append(self.said(ablate, part, plain))
            self.open()
            with cut_apart(cuts_of(*self.sizes[part]), *self.sizes[part], n_layer):
                rows.append(self.said("cut", part, plain))
            yield part, np.stack(rows)

    def said(self, kind: str, part: str, plain: np.ndarray) -> np.ndarray:
        """The last row, and a word where it is the unchanged one."""
        found = self.last(part)
        if np.abs(found - plain).max() < 1e-3:
            print(f"{self.folder.name} {part} {kind} moves it by {np.abs(found - plain).max():.1e}")
        return found


def main() -> None:
    """Write the numbers of these folders, or of all, anew."""
    modeling_llama.apply_rotary_pos_emb = modeling_phi3.apply_rotary_pos_emb  # the same, and knows partial rotation
    add_once()
    names = sys.argv[1:] or sorted(path.parent.name for path in TINY.glob("*/expected.npz"))
    kept = dict(np.load(CHANGES)) if sys.argv[1:] and CHANGES.exists() else {}
    for name in names:
        kept |= {f"{name}/{part}": rows for part, rows in Changed(TINY / name).numbers()}
    np.savez_compressed(CHANGES, **kept)


if __name__ == "__main__":
    main()
