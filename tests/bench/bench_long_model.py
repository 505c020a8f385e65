"""The memory of `attn explain` and `attn heads` on 1,800 tokens under a model of 16 layers × 32 heads. Linux.

    python tests/bench/bench_long_model.py

The checkpoint of a billion parameters is that of bench_models_memory.py, with the tokenizer of the tiny Llama. Each
command runs in a process of its own, whose resident memory is read while it does. All scores and weights would take
13 GB; the bound is 2 GB of the process's own pages (RssAnon), without those of the mapped files, which the system may
drop at any time.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from bench_models_memory import resident, watch, write_checkpoint

TOKENIZER = Path(__file__).parents[1] / "oracles" / "tiny" / "llama"
WORDS = ["the", "dog", "sees", "the", "cat", "and", "the", "cat", "sees", "the", "dog", "."]
TOKENS = 1800
COMMANDS = {
    "explain, the map": ["explain", "-"],
    "explain --word": ["explain", "-", "--word", "3"],
    "explain --combine rollout": ["explain", "-", "--combine", "rollout", "--word", "3"],
    "heads --pattern": ["heads", "-", "--pattern", "induction"],
    "heads --from --to": ["heads", "-", "--from", "3", "--to", "2"],
}
BOUND = 2e9


def long_text(folder: Path) -> str:
    """A text of nearly TOKENS tokens."""
    from attncli.models.model import open_model

    each = len(open_model(folder).read(" ".join(WORDS)).tokens)
    return " ".join(WORDS * (TOKENS // each))


def measure(command: str, folder: str) -> None:
    """Run one command in this process, and say on standard error what it took."""
    from attncli.cli.app import run

    peak, done = dict(resident()), threading.Event()
    watcher = threading.Thread(target=watch, args=(peak, done))
    watcher.start()
    start = time.perf_counter()
    with suppress(SystemExit):
        run([*COMMANDS[command], "--model", folder])
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    own, mapped = peak["RssAnon"] / 1e6, peak["RssFile"] / 1e6
    print(f"{command:28}{own:8.0f} MB of its own{mapped:8.0f} MB mapped{seconds:8.1f} s", file=sys.stderr)
    assert peak["RssAnon"] <= BOUND


def main(wanted: list[str]) -> None:
    """Write the checkpoint, run each command (or those wanted) in a process of its own, delete it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_checkpoint(folder)
        for each in ("tokenizer.json", "tokenizer_config.json"):
            with suppress(FileNotFoundError):
                shutil.copy(TOKENIZER / each, folder / each)
        text = long_text(folder)
        for command in wanted or COMMANDS:
            measuring = [sys.executable, __file__, "--measure", command, name]
            subprocess.run(measuring, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    measure(*sys.argv[2:]) if sys.argv[1:2] == ["--measure"] else main(sys.argv[1:])
