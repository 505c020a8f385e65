"""The summary of `attn corpus`: the texts read, attention by distance, entropy, heads, and the strongest pairs."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from rich.text import Text

from attncli.corpus.run import Corpus
from attncli.corpus.tables import table_class
from attncli.corpus.tables.table import Line
from attncli.settings.explanation import Settings
from attncli.settings.model import PartOptions
from attncli.settings.wording import shown_settings
from attncli.views.records.json import json_line
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, bar, heading, notes, wrap

LONGEST_BAR, LONGEST_LABEL = 24, 16
OF_TEXTS = [each.name for each in fields(PartOptions)]  # the settings of models that are told


def corpus_json(corpus: Corpus) -> str:
    """The manifest as one line."""
    return json_line(dict(corpus.manifest))


def corpus_lines(corpus: Corpus, screen: Screen, kept: bool) -> list[Text]:
    """The summary as lines, none wider than the screen."""
    parts = [_read(corpus, screen)]
    parts += [list(_table(corpus, name, screen)) for name, rows in corpus.tables.items() if rows]
    lines = [line for part in parts for line in (*part, Text())]
    return [*lines, *notes(_notes(corpus, kept), screen), *notes(corpus.warnings, screen, "warning")]


def about(corpus: Corpus, screen: Screen) -> str:
    """The vectors or model and the settings, in one line."""
    name, attention = screen.word(corpus.name), corpus.attention
    untrained = isinstance(attention, Settings)
    told = [each for each in shown_settings(attention) if untrained or each.name in OF_TEXTS]
    settings = [f"{each.label} {screen.word(each.value)}" for each in told]
    parts = [*settings[:2], f"vectors {name}", *settings[2:]] if untrained else [name, *settings]
    return screen.own(" · ".join(parts))


def _read(corpus: Corpus, screen: Screen) -> list[Text]:
    manifest = corpus.manifest
    words = manifest["words"]
    share = manifest["unknown"] / max(words + manifest["unknown"], 1)
    rate = manifest["texts"] / max(manifest["seconds"], 1e-9)
    text = (
        f"{manifest['texts']:,} texts of {manifest['lines']:,} lines, {words:,} known words ({share:.1%} unknown), "
        f"{rate:,.0f} texts/s in each process"
    )
    over = wrap([("attn corpus  ", BOLD), (about(corpus, screen), "")], screen.columns, 2)
    return [*over, *wrap([(screen.own(text), "")], screen.columns, 2)]


def _table(corpus: Corpus, name: str, screen: Screen) -> Iterator[Text]:
    """A heading, and the lines of a table's own summary."""
    table = table_class(name)
    lines = list(table.summary(corpus.tables[name]))
    width = min(max((cells(screen.word(line.label)) for line in lines), default=0), LONGEST_LABEL)
    yield from heading(name, table.explanation, screen)
    for line in lines:
        yield from _with_bar(line, screen) if line.share is not None else _line(line, width, screen)


def _line(line: Line, width: int, screen: Screen) -> list[Text]:
    """A label, padded to a width, and items after it, which are not broken unless they are longer than a line."""
    label = pad(cut(screen.word(line.label), width, screen.own("…")), width) + "  " if width else ""
    indent = width + 2 if width else 2
    items = (screen.own(screen.word(item)) for item in line.items)
    glued = (item.replace(" ", GLUE) if cells(item) < screen.columns - indent else item for item in items)
    return wrap([(label, BOLD if line.of_text else DIM), (line.separator.join(glued), "")], screen.columns, indent)


def _with_bar(line: Line, screen: Screen) -> Iterator[Text]:
    text = Text("  ".join([line.label, *line.items, ""]), no_wrap=True)
    if not screen.accessible:
        text.append(bar(line.share or 0, min(LONGEST_BAR, screen.columns - 16), screen), DIM)
    yield text


def _notes(corpus: Corpus, kept: bool) -> Iterator[str]:
    skipped: Mapping[str, int] = corpus.manifest["skipped"]
    if skipped:
        counts = ", ".join(f"{reason} {count:,}" for reason, count in sorted(skipped.items()))
        yield f"skipped lines: {counts}" + ("; the first of each kind stand in errors.ndjson" if kept else "")
    if corpus.manifest["lost"]:
        yield f"shards that no worker finished: {corpus.manifest['lost']}; --resume tries them again"
    if kept:
        yield f"tables and manifest.json are in {corpus.folder}"
    else:
        yield "nothing was kept: -o DIR writes tables for DuckDB, Polars and pandas"
    yield from filter(None, (table_class(name).note(rows) for name, rows in corpus.tables.items() if rows))
