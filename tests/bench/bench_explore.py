"""How soon `attn explore` shows a change: from the key to the last repaint it causes, 60 tokens on 120 × 40 cells.

Also how long it takes to start, against a bare Textual app measured in the same run. Run:
python tests/bench/bench_explore.py [ROUNDS]
"""

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.exploring import SIXTY, explorer, settled

from attncli.explore.app import Explorer

CHANGES = {
    "move the query": ("right", {}),
    "method": ("m", {}),
    "mode": ("M", {}),
    "head": ("right_square_bracket", {"mode": "multihead"}),
    "layer": ("right_curly_bracket", {"mode": "multihead", "layers": 3}),
    "temperature": ("plus", {"mode": "multihead"}),
    "mask": ("a", {"mode": "multihead"}),
    "close-up": ("c", {}),
}
KNOWN = ("right", "right_square_bracket", "right_curly_bracket", "c")  # these never ask anew
FLOOR = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("attn")
    def on_ready(self):
        self.exit()

Bare().run(headless=True, size=(120, 40))
"""
START = """
import sys
sys.path.insert(0, {tests!r})
from support.exploring import SIXTY, explorer
app = explorer(SIXTY)
app.post_display_hook = lambda: app.view is None or app.exit()
app.run(headless=True, size=(120, 40))
"""


class Timed(Explorer):
    """Knows when it last painted."""

    painted = 0.0

    def post_display_hook(self):
        self.painted = time.perf_counter()


async def latencies(key, settings, rounds):
    """Seconds from each press of the key to the last repaint that followed, every question a new one."""
    app = explorer(SIXTY, **settings)
    app.__class__ = Timed
    found = []
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        for _ in range(rounds):
            if key not in KNOWN:
                app.explainer._known.clear()
            start = time.perf_counter()
            await pilot.press(key)
            await settled(pilot)
            found.append(app.painted - start)
    return found


def seconds(program):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return time.perf_counter() - start


def main(rounds=20):
    for name, (key, settings) in CHANGES.items():
        found = asyncio.run(latencies(key, settings, rounds))
        print(f"{name:16} median {1000 * statistics.median(found):6.1f} ms   worst {1000 * max(found):6.1f} ms")
    programs = FLOOR, START.format(tests=str(Path(__file__).parent.parent))
    floor, start = (statistics.median(seconds(program) for _ in range(7)) for program in programs)
    print(f"start {start:.3f} s, a bare Textual app {floor:.3f} s: {start / floor:.2f} x")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
