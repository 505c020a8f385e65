"""What a model says of a text: the most probable tokens with bars, a line each, or its labels."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.text import Text

from attncli.recipes.prediction import Answer, Prediction
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.heading import place
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, notes, wrap

LONGEST_NAME, LONGEST_BAR = 24, 40  # cells
NARROWEST = 24
NUMBERS = 7  # cells of a logit


class Entry(NamedTuple):
    """A line of a list: a token or a label, and its numbers."""

    name: str
    probability: float
    logit: float


def prediction_lines(prediction: Prediction, screen: Screen) -> list[Text]:
    """The texts, then each answer under a heading, then the notes."""
    lines = [*_title(prediction, screen), Text(), *_texts(prediction, screen)]
    for title, meaning, entries in _lists(prediction, screen):
        lines += [Text(), *heading(title, meaning, screen), *_entries(entries, screen)]
    closing = [*notes(_remarks(prediction), screen), *notes(prediction.warnings, screen, "warning")]
    return [*lines, Text(), *closing] if closing else lines


def _title(prediction: Prediction, screen: Screen) -> list[Text]:
    model = prediction.model
    size = screen.own(f"({model.family}, {model.layers} layers × {model.heads} heads)")
    return wrap([("attn predict  ", BOLD), (f"{screen.word(model.name)} {size}", "")], screen.columns, 2)


def _texts(prediction: Prediction, screen: Screen) -> Iterator[Text]:
    target, pair = prediction.target, prediction.tokens.pair
    texts = [("", prediction.text)] if target is None else [("source  ", prediction.text), ("target  ", target.text)]
    if pair is not None:
        texts = [("first   ", prediction.text.removesuffix(f"\n{pair}")), ("second  ", pair)]
    for label, text in texts:
        yield from wrap([("  ", ""), (label, DIM), (screen.word(text), "")], screen.columns, hanging=2)


def _lists(prediction: Prediction, screen: Screen) -> Iterator[tuple[str, str, list[Entry]]]:
    """Each list with its heading, and what the heading says of it."""
    for answer in prediction.predictions:
        entries = [Entry(quoted(each.token, screen), each.probability, each.logit) for each in answer.top]
        yield *_place(answer, prediction, screen), entries
    if prediction.labels:
        labels = [Entry(screen.word(label), *numbers) for label, *numbers in prediction.labels]
        meaning = "how probable each is" if len(labels) > 1 else "one score; its probability is the logistic function"
        yield "labels", meaning, labels


def _place(answer: Answer, prediction: Prediction, screen: Screen) -> tuple[str, str]:
    tokens = [each.text.strip() or each.piece for each in prediction.answered.tokens]
    name = screen.word(tokens[answer.position])
    name += place(answer.position, screen) * (tokens.count(tokens[answer.position]) > 1)
    if prediction.masked:
        return name, "the most probable tokens in its place"
    return "next token", f"the most probable after {name}"


def quoted(token: str, screen: Screen) -> str:
    """A token in quotation marks, so that the space in front of it is seen."""
    return f'"{screen.word(token)}"'


def _entries(entries: Iterable[Entry], screen: Screen) -> Iterator[Text]:
    """A line each: the name, the probability with a bar of it, and the logit where there is room."""
    entries = list(entries)
    if screen.accessible or screen.columns < NARROWEST:
        for rank, each in enumerate(entries, start=1):
            sentence = f"{rank}: {each.name}, probability {each.probability:.3f}, logit {each.logit:.2f}."
            yield from wrap([(sentence, "")], screen.columns, hanging=2)
        return
    longest = max(cells(each.name) for each in entries)
    width = min(longest, LONGEST_NAME, screen.columns - 2 - 7)
    room = screen.columns - 2 - width - 7
    with_logit = room >= NUMBERS + 10
    bars = min(LONGEST_BAR, room - 2 - (NUMBERS + 2) * with_logit)
    for each in entries:
        yield _line(each, width, bars, with_logit, screen)


def _line(each: Entry, width: int, bars: int, with_logit: bool, screen: Screen) -> Text:
    line = Text(f"  {pad(cut(each.name, width, screen.own('…')), width)}  {each.probability:.3f}", no_wrap=True)
    if with_logit:
        line.append(f"  {each.logit:{NUMBERS}.2f}")
    if bars > 5:
        line.append("  " + bar(each.probability, bars, screen), DIM)
    return line


def _remarks(prediction: Prediction) -> list[str]:
    return [*prediction.remarks, "more of them: --top K; every number: --json"]
