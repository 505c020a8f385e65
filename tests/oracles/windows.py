"""The texts and settings that windows are compared with transformers on; make_windows.py writes what it gives."""

import json
import random
from typing import NamedTuple

from oracles.checkpoints import copy_of
from oracles.sentences import WORDS

LONG = " ".join(random.Random(8).choices([*WORDS, "very, very", "naïve 12345"], k=30))
#: Of words that the tiny BERT has.
BARKS = " ".join(random.Random(8).choices(["the dogs", "bark", "is very", "cute", "stop,", "he is a dog", "cat"], k=36))
SHORT = "the dogs bark"


class Case(NamedTuple):
    """A model of so many positions, whose tokenizer cuts at a side; how many tokens windows share; the text."""

    model: str
    positions: int
    stride: int
    side: str = "right"
    text: str = LONG


CASES = {
    "bert": Case("bert", 40, 9, text=BARKS),
    "bert apart": Case("bert", 40, 0, text=BARKS),
    "bert at most": Case("bert", 40, 37, text=BARKS),
    "bert from the end": Case("bert", 40, 9, "left", BARKS),
    "bert short": Case("bert", 40, 9, text=SHORT),
    "roberta": Case("roberta", 38, 11),
    "xlm-roberta from the end": Case("xlm-roberta", 38, 20, "left"),
    "llama": Case("llama", 64, 20),
    "gpt2": Case("gpt2", 64, 63),
    "gpt2 from the end": Case("gpt2", 64, 7, "left"),
}

#: Two texts in one input, which is cut to the positions: a case that names the model and the side, and the second text.
PAIRS = [
    (Case("bert", 40, 0, side, first), second)
    for side in ("right", "left")
    for first, second in ((BARKS, SHORT), (SHORT, BARKS), (BARKS, BARKS), (f"{SHORT} {SHORT}", BARKS), (SHORT, SHORT))
]
PAIRS += [(Case("roberta", 38, 0, text=LONG), SHORT), (Case("roberta", 38, 0, text=LONG), LONG)]


def folder_of(case, place):
    """A copy of a case's model in the folder `place`, whose tokenizer cuts at its side."""
    folder = copy_of(case.model, place / case.model)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text()) if path.exists() else {}
    if case.side == "left":
        path.write_text(json.dumps(settings | {"truncation_side": "left"}))
    return folder
