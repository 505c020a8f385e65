"""How long the page takes to open and to answer, in Chromium: python tests/bench/bench_page.py (and MiniLM)."""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from oracles.minilm_folder import MINILM
from oracles.sentences import LONGEST, words
from support.chromium import Browser

from attncli import explain
from attncli.recipes.model_explaining import explain_model
from attncli.views.page import explanation_page

# From an event to the lines being laid out, each in a frame of its own.
TIMED = """
const [script, times, done] = arguments, step = new Function("i", script), taken = [];
function next(i) {
  if (i === times) return done(taken.sort((a, b) => a - b)[times >> 1]);
  requestAnimationFrame(() => {
    const start = performance.now();
    step(i);
    highlight();
    document.body.offsetHeight;
    taken.push(performance.now() - start);
    next(i + 1);
  });
}
next(0);
"""
HOVER = """document.querySelectorAll("#queries button")[i * 7 % view.queries.length]
  .dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));"""
MOVE = """const box = found("cells").getBoundingClientRect();
const at = { clientX: box.left + i * 4, clientY: box.top + i * 3 };
found("cells").dispatchEvent(new PointerEvent("pointermove", at));"""
HEADS = """const start = performance.now();
thumbs.all.forEach(drawPicture);
document.body.offsetHeight;
return performance.now() - start;"""
CASES = {
    "9 words": lambda: explain("Bark is very cute and he is a dog"),
    "60 words, 3 heads": lambda: explain(words(60), mode="multihead"),
    "72 tokens, 72 heads": lambda: explain_model(words(70), MINILM),
    "512 tokens, 72 heads": lambda: explain_model(LONGEST, MINILM),
    "512 tokens, 1 head": lambda: explain_model(LONGEST, MINILM, layer=0, head=0),
}


def measure(browser, name, explanation, folder):
    page = folder / "page.html"
    page.write_text(explanation_page(explanation), encoding="utf-8")
    start = time.perf_counter()
    browser.open(page).settle()
    opened = time.perf_counter() - start
    hover, move = (browser.driver.execute_async_script(TIMED, script, 60) for script in (HOVER, MOVE))
    pictures = min(browser.run(HEADS) for _ in range(5)) if browser.all("#grid") else 0
    size, cells = page.stat().st_size, explanation.weights.size
    print(f"{name:22} {size / 1000:9,.0f} kB {size / cells:7.2f} B/weight  opens {opened:.2f} s", end="  ")
    print(f"hover {hover:5.1f} ms  pointer in the matrix {move:5.1f} ms  all heads {pictures:4.0f} ms")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder) / "profile")
        for name, make in CASES.items():
            measure(browser, name, make(), Path(folder))
        browser.driver.quit()
