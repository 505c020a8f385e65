"""The top of the screen: what is shown, and the sentence with the query marked and its keys in their colours."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.style import Style
from rich.text import Text

from attncli.explore.view import View, clickable
from attncli.recipes.model_explanation import ModelExplanation
from attncli.settings.explanation import Settings
from attncli.text.tokens import Sentence
from attncli.views.screen import Screen, cells, cut
from attncli.views.terminal.typeset import BOLD, DIM, Piece, wrap

STRONGEST = 3  # keys that the sentence shows in their colours; more would be hard to read
QUERY = Style(bold=True, reverse=True)
LOOKED_AT = Style(underline=True)


def title_lines(view: View, width: int, _height: int) -> list[Text]:
    """One line: every setting, or on a short line as many as fit, those that are the default left out first."""
    settings, end = list(_settings(view)), view.screen.own("…")
    line = _title(settings, view)
    while cells(line.plain) > width and len(settings) > 1:
        usual = [each for each in settings if each.usual]
        settings.remove((usual or settings)[-1])
        line = _title(settings, view).append("" if usual else f"  {end}")
    if cells(line.plain) > width:
        line.truncate(width - 1)
        line.append(end)
    return [line]


def _title(settings: Sequence["Setting"], view: View) -> Text:
    line = Text(no_wrap=True).append("attn", BOLD)
    for each in settings:
        line.append(f"  {each.label} ", DIM).append(view.screen.word(each.value), clickable(action=each.action))
    return line


class Setting(NamedTuple):
    """A label, its value, what a click on it does, and whether it is so without being asked for."""

    label: str
    value: str
    action: str = ""
    usual: bool = False


def _settings(view: View) -> Iterator[Setting]:
    whole = view.whole
    if isinstance(whole, ModelExplanation):
        yield Setting("model", whole.model.name, "ask('open')")
        if whole.choice.combine != "none":
            yield Setting("combine", whole.choice.combine)
    else:
        settings = whole.settings
        heads = f" × {settings.heads}" if settings.mode == "multihead" else ""
        yield Setting("method", settings.method, "method")
        yield Setting("mode", settings.mode + view.screen.own(heads), "mode")
        yield Setting("mask", " + ".join(settings.mask) or "none", "mask", not settings.mask)
        yield Setting("temperature", f"{settings.temperature:g}", "temperate", settings.temperature == 1)
        if settings.exclude_self:
            yield Setting("itself", "excluded", "exclude_self")
        yield from _others(settings)
        yield Setting("vectors", whole.vectors.name, "ask('open')", not view.state.ask.vectors)


def _others(settings: Settings) -> Iterator[Setting]:
    """What no key changes."""
    if settings.layers > 1:
        yield Setting("layers", str(settings.layers))
    if settings.positions != "none":
        yield Setting("positions", settings.positions)


def sentence_lines(view: View, width: int, height: int) -> list[Text]:
    """The sentence, and with a memory both; at most `height` lines, the query's among them."""
    screen, part = view.sized(width), view.part
    if part.memory is None:
        return window(_lines("", part.sentence, _marked(view, True, True), screen), height, view)
    over = window(_lines("queries ", part.sentence, _marked(view, True, False), screen), max(height // 2, 1), view)
    under = _lines("keys    ", part.memory, _marked(view, False, True), screen)
    return [*over, *under[: max(height - len(over), 1)]]


def _marked(view: View, queries: bool, keys: bool) -> list[Style]:
    """The style of every word of the queries' sentence, or of the keys'."""
    n = len((view.part.sentence if queries else view.part.key_sentence).tokens)
    strongest = {each.key for each in view.part.context_of(view.state.query).ranked[:STRONGEST]} if keys else set()
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
        if token.special:  # it stands nowhere in the text
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
