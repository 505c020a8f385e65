"""The top of the screen: the settings, and the sentence with the query marked and its keys in their colours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from rich.style import Style
from rich.text import Text

from attncli.explore.keys import action_of
from attncli.explore.view import View, clickable
from attncli.recipes.sources import Source, VectorSource
from attncli.settings.wording import shown, shown_settings
from attncli.text.tokens import Sentence
from attncli.vectors.places import EMBEDDED
from attncli.views.screen import Screen, cells, cut
from attncli.views.terminal.typeset import BOLD, DIM, Piece, wrap

STRONGEST = 3  # keys that the sentence shows in their colours; more would be hard to read
QUERY = Style(bold=True, reverse=True)
LOOKED_AT = Style(underline=True)


def title_lines(view: View, width: int, _height: int) -> list[Text]:
    """One line: every setting, or on a short line as many as fit, those that are the default left out first."""
    settings, end = list(_entries(view)), view.screen.own("…")
    line = _title(settings, view)
    while cells(line.plain) > width and len(settings) > 1:
        usual = [each for each in settings if each.usual]
        settings.remove((usual or settings)[-1])
        line = _title(settings, view).append("" if usual else f"  {end}")
    if cells(line.plain) > width:
        line.truncate(width - 1)
        line.append(end)
    return [line]


def _title(settings: Sequence["Entry"], view: View) -> Text:
    line = Text(no_wrap=True).append("attn", BOLD)
    for each in settings:
        line.append(f"  {each.label} ", DIM).append(view.screen.word(each.value), clickable(action=each.action))
    return line


class Entry(NamedTuple):
    """A label, its value, the action of a click on it, and whether it is the default."""

    label: str
    value: str
    action: str = ""
    usual: bool = False


CHANGED = ("combine", "without", "ablate", "cut")  # of a model: what is another matrix than its own
STEPPED = ("method", "mode", "mask", "temperature")  # which a key steps through: shown at all times


def _entries(view: View) -> Iterator[Entry]:
    yield from ENTRIES[view.whole.source.kind](view.whole.source, view)


def _of_model(source: Source, view: View) -> Iterator[Entry]:
    yield Entry("model", source.name, "ask('open')")
    if not source.combined:
        yield from _place(view)
    changed = [each for each in shown_settings(source.settings) if each.name in CHANGED]
    yield from (Entry(each.label, each.value, action_of(each.name)) for each in changed)


def _place(view: View) -> Iterator[Entry]:
    """The layer and the head that are shown, named at all times."""
    yield Entry("layer", str(view.layer), "layer(1)", view.state.layer is None and not view.of_model)
    head = view.head_in_words.removesuffix(" heads")
    yield Entry("head", head, "head(1)", view.state.head is None and not view.of_model)


def _of_vectors(source: VectorSource, view: View) -> Iterator[Entry]:
    asked, settings = view.state.ask, source.settings
    heads = f" × {settings.heads}" if settings.mode == "multihead" else ""
    for each in (shown(settings, name) for name in STEPPED):
        value = each.value + view.screen.own(heads) if each.name == "mode" else each.value
        yield Entry(each.label, value, action_of(each.name), each.usual)
    settings = replace(settings, projections=asked.settings.projections)  # the choice of None is a note
    others = (each for each in shown_settings(settings) if each.name not in (*STEPPED, "heads"))
    yield from (Entry(each.label, each.value, action_of(each.name)) for each in others)
    yield Entry("vectors", source.name, "ask('open')", source.name == EMBEDDED)
    several = {"layer": view.n_layer > 1, "head": view.n_head > 1}
    yield from (each for each in _place(view) if several[each.label])


ENTRIES: Mapping[str, Callable[[Any, View], Iterator[Entry]]] = {"vectors": _of_vectors, "model": _of_model}


def sentence_lines(view: View, width: int, height: int) -> list[Text]:
    """The sentence, and with a memory both; at most `height` lines, the query's among them."""
    screen, part = view.sized(width), view.selection
    if part.sentence.pair is not None:
        return window(_of_pair(part.sentence, _marked(view, True, True), screen), height, view)
    if part.memory is None:
        return window(_lines("", part.sentence, _marked(view, True, True), screen), height, view)
    over = window(_lines("queries ", part.sentence, _marked(view, True, False), screen), max(height // 2, 1), view)
    under = _lines("keys    ", part.memory, _marked(view, False, True), screen)
    return [*over, *under[: max(height - len(over), 1)]]


def _of_pair(sentence: Sentence, styles: Sequence[Style], screen: Screen) -> list[Text]:
    """Both texts, one under the other."""
    first, second = sentence.parts
    n = len(first.tokens)
    return [*_lines("first   ", first, styles[:n], screen), *_lines("second  ", second, styles[n:], screen)]


def _marked(view: View, queries: bool, keys: bool) -> list[Style]:
    """The style of every word of the queries' sentence, or of the keys'."""
    n = len((view.selection.sentence if queries else view.selection.key_sentence).tokens)
    strongest = {each.key for each in view.selection.context_of(view.state.query).ranked[:STRONGEST]} if keys else set()
    papers = [LOOKED_AT + view.paper(key) if key in strongest else Style.null() for key in range(n)]
    if not queries:
        return papers
    styles = [paper + clickable(query=query) for query, paper in enumerate(papers)]
    styles[view.state.query] = QUERY + clickable(query=view.state.query)
    return styles


def _lines(label: str, sentence: Sentence, styles: Sequence[Style], screen: Screen) -> list[Text]:
    pieces: list[Piece] = [(label, DIM)]
    at = 0
    for token, style in zip(sentence.tokens, styles, strict=True):
        if token.special:  # it is nowhere in the text
            pieces += [(" ", ""), (screen.word(token.name), style), (" ", "")]
            continue
        pieces.append((screen.word(sentence.text[at : token.start]), DIM))
        pieces.append((screen.word(sentence.text[max(at, token.start) : token.end]), style))
        at = max(at, token.end)
    pieces.append((screen.word(sentence.text[at:]), DIM))
    if pieces[1] == (" ", ""):
        del pieces[1]
    return wrap(pieces, screen.columns, len(label))


def window(lines: list[Text], height: int, view: View) -> list[Text]:
    """As many lines as there is room for, the query's among them; the last one says how many are missing."""
    if len(lines) <= height:
        return lines
    place = next((i for i, line in enumerate(lines) if _has_query(line, view.state.query)), 0)
    room = max(height - 1, 1)
    start = min(max(place - room // 2, 0), len(lines) - room)
    missing = len(lines) - room
    note = Text(cut(f"({missing} more lines of the sentence: widen the terminal)", view.screen.columns), style=DIM)
    return [*lines[start : start + room], *([note] if height > 1 else [])]


def _has_query(line: Text, query: int) -> bool:
    return any(isinstance(span.style, Style) and span.style.meta.get("query") == query for span in line.spans)
