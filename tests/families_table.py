"""The page of the types of models, made from FAMILIES and from the differences to PyTorch that were measured.

    python tests/families_table.py            (measures every checkpoint of tests/oracles/tiny, then writes the page)

The differences are the largest of one weight, of one number of the last hidden state and of the score of one token
(of the last place of a text), in float32, over all texts and all checkpoints of a type: tests/oracles/differences.json
keeps them.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from oracles.checkpoints import TINY, weights_of
from support.places import PACKAGE, ROOT, TESTS

from attncli.models.checkpoint.config import Config, read_config
from attncli.models.checkpoint.tensors import Checkpoint, array_files
from attncli.models.families import FAMILIES, read_family
from attncli.models.model import open_model
from attncli.models.output import token_logits
from attncli.models.pack import Pack

STORED = TESTS / "oracles" / "differences.json"
PAGE = ROOT / ".github" / "docs" / "families.md"
README = ROOT / "README.md"
LENGTHS = (3, 17, 40)
HEAD = (
    "| model_type | paper, and the block | sees | checkpoints | worst weight | worst hidden state | worst logit |\n"
    "|---|---|---|---|---|---|---|\n"
)
COUNT = re.compile(r"\[\d+ types of models\]")


def texts_of(folder):
    """What PyTorch gave for each text: ids, the rows of weights that were kept, those weights, the hidden state."""
    stored = np.load(folder / "expected.npz")
    if "0.ids" in stored:
        numbers = range(sum(name.endswith(".ids") for name in stored))
        return [(stored[f"{i}.ids"], ..., stored[f"{i}.weights"], stored[f"{i}.hidden"]) for i in numbers]
    return [tuple(stored[f"{each}_{n}"] for each in ("ids", "rows", "weights", "hidden")) for n in LENGTHS]


def run(folder, ids):
    """The weights `[n_layer, n_head, n, n]` of a model on token ids, and its last hidden state `[n, d_model]`."""
    family = read_family(Config(dict(read_config(folder).values)))
    tensors = Checkpoint(array_files(TINY / weights_of(folder.name)), family.names)
    family, pack = family.stored(tensors.bare_names), Pack.of([ids])
    x, weights = family.embed(tensors, pack), []
    for number in range(family.shape.n_layer):
        layer = family.layer(tensors, number, x, pack).single
        weights.append(layer.attention.weights)
        x = layer.output
    return family.shape.causal, np.stack(weights), family.final(tensors, x)


def differences(folder):
    """Whom a token sees, and the largest differences of a weight and of the last hidden state, of every text."""
    pairs = "cross_3" in np.load(folder / "expected.npz")
    for ids, rows, weights, hidden in texts_of(folder):
        causal, ours, last = run(folder, ids)
        kept = ours if rows is ... else ours[:, :, rows]
        sees = "a target its source" if pairs else "the tokens before" if causal else "all tokens"
        yield sees, float(np.abs(kept - weights).max()), float(np.abs(last - hidden).max())
    for n in LENGTHS if pairs else ():
        yield from _of_decoder(folder, n)


def _of_decoder(folder, n):
    """The same of both attentions of a decoder on a source and a target."""
    expected, model = np.load(folder / "expected.npz"), open_model(TINY / weights_of(folder.name))
    family = read_family(Config(dict(read_config(folder).values))).stored(model._tensors.bare_names)
    model = replace(model, _family=family)
    for part in ("decoder", "cross"):
        layers = [*model.run_pair(expected[f"ids_{n}"], expected[f"target_{n}"], part, dtype=np.float32)]
        weights = np.stack([layer.attention.weights for layer in layers])
        last = family.final_target(model._tensors, layers[-1].output)
        found = (weights, expected[f"{part}_{n}"]), (last, expected[f"decoded_{n}"])
        yield "a target its source", *(float(np.abs(ours - theirs).max()) for ours, theirs in found)


def logit_differences(folder):
    """The largest difference of the score of a token, of every text of a folder with an output layer."""
    path, stored, model = (
        folder / "logits.npz",
        np.load(folder / "expected.npz"),
        open_model(TINY / weights_of(folder.name)),
    )
    family = read_family(Config(dict(read_config(folder).values))).stored(model._tensors.bare_names)
    model = replace(model, _family=family, shape=family.shape)
    for key, scores in np.load(path).items() if path.exists() else ():
        ids, target = (stored.get(key.replace("logits", each)) for each in ("ids", "target"))
        layers = model.run(ids, dtype=np.float32) if target is None else model.run_pair(ids, target, dtype=np.float32)
        *_, last = layers
        yield float(np.abs(token_logits(family, model._tensors, last.output[-1:])[0] - scores).max())


def measured():
    """model_type → its checkpoints, the tokens that one sees, and the worst differences."""
    found = defaultdict(list)
    for folder in sorted(path.parent for path in TINY.glob("*/expected.npz")):
        found[read_config(folder).values["model_type"]].append(folder)
    return {model_type: _row(found[model_type]) for model_type in FAMILIES if model_type in found}


def _row(folders):
    logits = [difference for folder in folders for difference in logit_differences(folder)]
    folders = [list(differences(folder)) for folder in folders]
    seen, weights, hidden = zip(*(text for texts in folders for text in texts), strict=True)
    sees = seen[0] if len({*seen}) == 1 else "either, as its config says"
    worst = {"weights": max(weights), "hidden": max(hidden), "logits": max(logits)}
    return {"checkpoints": len(folders), "sees": sees, **worst}


def stored():
    """The differences that were measured."""
    return json.loads(STORED.read_text())


def paper_of(model_type):
    """The paper of a type and its block, as the first line of its file says them."""
    text = ast.get_docstring(ast.parse((PACKAGE / "models" / "families" / f"{FAMILIES[model_type]}.py").read_text()))
    return text.splitlines()[0].rstrip(".")


def table():
    """The table: a row a type; of a type without a checkpoint of its own, the first of its file that has one."""
    known = stored()
    return HEAD + "".join(_line(model_type, known) for model_type in sorted(FAMILIES))


def _line(model_type, known):
    kin = [each for each in FAMILIES if FAMILIES[each] == FAMILIES[model_type] and each in known]
    of = model_type if model_type in known else kin[0]
    row, like = known[of], "" if of == model_type else f" of `{of}`"
    numbers = f"{row['checkpoints']}{like} | {row['weights']:.0e} | {row['hidden']:.0e} | {row['logits']:.0e}"
    return f"| `{model_type}` | {paper_of(model_type)} | {row['sees']} | {numbers} |\n"


def with_table(page):
    """The page with the table as it is now between its two marks."""
    before, mark, rest = page.partition("<!-- types -->\n")
    return before + mark + table() + rest[rest.index("<!-- end -->") :]


def with_count(page):
    """A page that says how many types there are, with their number now."""
    return COUNT.sub(f"[{len(FAMILIES)} types of models]", page)


if __name__ == "__main__":
    STORED.write_text(json.dumps(measured(), indent=1) + "\n")
    PAGE.write_text(with_count(with_table(PAGE.read_text())))
    README.write_text(with_count(README.read_text()))
