"""The summary of `attn corpus`: what was read, attention by distance, entropy, heads, and the strongest pairs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.text import Text

from attncli.corpus.run import Corpus
from attncli.corpus.seen import REACH
from attncli.settings.explanation import Settings
from attncli.views.records.json import json_line
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.glyphs import bar
from attncli.views.terminal.heading import special_settings
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, heading, notes, wrap

NEAR = 8  # words to each side of a query that the summary shows
MOST_HEADS, MOST_WORDS, MOST_CONTEXT = 12, 12, 5
LONGEST_BAR, LONGEST_WORD = 24, 16


def corpus_json(corpus: Corpus) -> str:
    """The manifest as one line."""
    return json_line(dict(corpus.manifest))


def corpus_lines(corpus: Corpus, screen: Screen, kept: bool) -> list[Text]:
    """The summary as lines, none wider than the screen."""
    parts = [_read(corpus, screen)]
    parts += [list(part(corpus, screen)) for name, part in PARTS.items() if corpus.tables.get(name)]
    lines = [line for part in parts for line in (*part, Text())]
    return [*lines, *notes(_notes(corpus, kept), screen), *notes(corpus.warnings, screen, "warning")]


def about(corpus: Corpus, screen: Screen) -> str:
    """What attended, and how, in one line."""
    told, attention = [f"{screen.word(corpus.name)}"], corpus.attention
    if isinstance(attention, Settings):
        told = [f"mode {attention.mode}", f"method {attention.method}", f"vectors {told[0]}"]
        told += [f"{name} {screen.word(value)}" for name, value in special_settings(attention)]
    return screen.own(" · ".join(told))


def _read(corpus: Corpus, screen: Screen) -> list[Text]:
    told = corpus.manifest
    words = told["words"]
    share = told["unknown"] / max(words + told["unknown"], 1)
    rate = told["texts"] / max(told["seconds"], 1e-9)
    text = (
        f"{told['texts']:,} texts of {told['lines']:,} lines, {words:,} known words ({share:.1%} unknown), "
        f"{rate:,.0f} texts/s in each process"
    )
    over = wrap([("attn corpus  ", BOLD), (about(corpus, screen), "")], screen.columns, 2)
    return [*over, *wrap([(screen.own(text), "")], screen.columns, 2)]


def _context(corpus: Corpus, screen: Screen) -> Iterator[Text]:
    """Some words with their context words, each with its mean weight and how often it was one."""
    table = corpus.tables["context"]
    yield from heading("context", "words and their strongest context words: mean weight, times", screen)
    by_word: dict[str, list[str]] = {}
    columns = (table[name] for name in ("word", "context", "mean_weight", "count"))
    for word, other, weight, count in zip(*columns, strict=True):
        told = f"{screen.word(other).replace(' ', GLUE)}{GLUE}{weight:.2f}{GLUE}×{count:,}"
        by_word.setdefault(word, []).append(screen.own(told))
    shown = list(by_word.items())[:MOST_WORDS]
    width = min(max(cells(screen.word(word)) for word, _ in shown), LONGEST_WORD)
    for word, others in shown:
        label = pad(cut(screen.word(word), width, screen.own("…")), width)
        yield from wrap([(label, BOLD), ("  " + ", ".join(others[:MOST_CONTEXT]), "")], screen.columns, width + 2)


def _distance(corpus: Corpus, screen: Screen) -> Iterator[Text]:
    """The mean weight at each distance, over all heads of the last layer, and how many there are."""
    sums = corpus.sums["distance"]
    share = sums["weight"][-1].mean(axis=0) / np.maximum(sums["pairs"], 1)  # [distances]
    yield from heading("distance", "the mean weight of a word that stands so far before or after", screen)
    shown = range(REACH - NEAR, REACH + NEAR + 1)
    most = max(float(share[list(shown)].max()), 1e-9)
    for at in shown:
        if sums["pairs"][at]:
            line = Text(f"{at - REACH:+4d}  {share[at]:.4f}  ".replace("+0", " 0"), no_wrap=True)
            if not screen.accessible:
                line.append(bar(float(share[at]) / most, min(LONGEST_BAR, screen.columns - 16), screen), DIM)
            yield line


def _entropy(corpus: Corpus, screen: Screen) -> Iterator[Text]:
    sums = corpus.sums["entropy"]
    rows, total = sums["rows"].sum(axis=0), sums["total"].sum(axis=0)  # [n_layer, n_head]
    mean = total / np.maximum(rows, 1)
    yield from heading("entropy", "mean bits of a word's weights: 0 is one word, more is broader", screen)
    yield from _by_head(corpus.numbers, mean, screen)


def _by_head(numbers: tuple[Sequence[int], Sequence[int]], values: Any, screen: Screen) -> Iterator[Text]:
    """A line a layer, the numbers of its heads one after another."""
    for i, layer in enumerate(numbers[0]):
        label = f"layer {layer}  " if len(numbers[0]) > 1 else ""
        several = len(numbers[1]) > 1
        told = "  ".join(f"{f'head {n} ' if several else ''}{values[i, j]:.2f}" for j, n in enumerate(numbers[1]))
        yield from wrap([(label, DIM), (told, "")], screen.columns, len(label))


def _heads(corpus: Corpus, screen: Screen) -> Iterator[Text]:
    table = corpus.tables["heads"]
    yield from heading("heads", "what each does, over all texts", screen)
    for layer, head, kind, distance in zip(
        *(table[name][:MOST_HEADS] for name in ("layer", "head", "kind", "distance")), strict=True
    ):
        text = f"layer {layer}, head {head}: {kind}, {distance:.1f} words away on average"
        yield from wrap([(screen.own(text), "")], screen.columns, 2)


def _notes(corpus: Corpus, kept: bool) -> Iterator[str]:
    skipped: Mapping[str, int] = corpus.manifest["skipped"]
    if skipped:
        told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(skipped.items()))
        yield f"skipped lines: {told}" + ("; the first of each kind stand in errors.ndjson" if kept else "")
    if corpus.manifest["lost"]:
        yield f"shards that no worker finished: {corpus.manifest['lost']}; --resume tries them again"
    if kept:
        yield f"tables and manifest.json are in {corpus.folder}"
    else:
        yield "nothing was kept: -o DIR writes tables for DuckDB, Polars and pandas"
    if len(corpus.tables.get("heads", {}).get("layer", ())) > MOST_HEADS:
        yield f"only the first {MOST_HEADS} heads are listed; the table has all"


PARTS = {"context": _context, "distance": _distance, "entropy": _entropy, "heads": _heads}
