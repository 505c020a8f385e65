"""What a model says of a text: the most probable tokens with bars, a line each, or its labels."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.text import Text

from attncli.recipes.prediction import Answer, Prediction
from attncli.settings.wording import shown_settings
from attncli.views.screen import Screen, cells, cut, pad
from attncli.views.terminal.heading import place
from attncli.views.terminal.typeset import BOLD, DIM, bar, heading, notes, wrap

LONGEST_NAME, LONGEST_BAR, SHORTEST_BAR = 24, 40, 10  # cells
NUMBER, LOGIT = 7, 7  # cells of a probability with the space before it, and of a logit
NARROWEST = 24
MADE_UP_FOR = "other heads may make up for one that is taken away: a small change does not say that it does nothing"


class Entry(NamedTuple):
    """A line of a list: a token or a label, its numbers, and its probability before the changes, if there are any."""

    name: str
    probability: float
    logit: float
    before: float | None = None


def prediction_lines(prediction: Prediction, screen: Screen) -> list[Text]:
    """The texts, then each answer under a heading, then the notes."""
    if prediction.said:
        from attncli.views.terminal.continuation import continuation_lines  # which is made of what stands here

        return continuation_lines(prediction, screen)
    lines = [*title(prediction, screen), Text(), *texts(prediction, screen)]
    for name, meaning, entries in _lists(prediction, screen):
        lines += [Text(), *heading(name, meaning, screen), *_entries(entries, screen)]
    return [*lines, *closing(prediction, (), screen)]


def title(prediction: Prediction, screen: Screen) -> list[Text]:
    """The model, and the changes of it."""
    model = prediction.model
    size = screen.own(f"({model.size})")
    shown = settings_shown(prediction, screen)
    return wrap([("attn predict  ", BOLD), (f"{screen.word(model.name)} {size}", ""), (shown, "")], screen.columns, 2)


def settings_shown(prediction: Prediction, screen: Screen) -> str:
    """The settings that are not the default, behind the name of the model."""
    shown = shown_settings(prediction.settings)
    return "".join(f"{screen.own(' · ')}{each.label} {screen.word(each.value)}" for each in shown)


def texts(prediction: Prediction, screen: Screen) -> Iterator[Text]:
    """The text, and the second one or the target."""
    target, pair = prediction.target, prediction.tokens.pair
    named = [("", prediction.text)]
    if target is not None:
        named = [("source  ", prediction.text), ("target  ", target.text.removesuffix(prediction.answer))]
    if pair is not None:
        named = [("first   ", prediction.text.removesuffix(f"\n{pair}")), ("second  ", pair)]
    for label, text in named:
        yield from wrap([("  ", ""), (label, DIM), (screen.word(text), "")], screen.columns, hanging=2)


def closing(prediction: Prediction, remarks: Iterable[str], screen: Screen) -> list[Text]:
    """What changed, and the notes and warnings, after an empty line."""
    said = [
        *map(screen.own, _changes(prediction)),
        *[MADE_UP_FOR] * bool(prediction.settings.without),
        *remarks,
        *prediction.remarks,
        "more of them: --top K; every number: --json",
    ]
    return [Text(), *notes(said, screen), *notes(prediction.warnings, screen, "warning")]


def _changes(prediction: Prediction) -> Iterator[str]:
    """What became of the first answer of the unchanged model."""
    before = prediction.with_all
    if before is None or prediction.logits is None or prediction.probabilities is None:
        return
    for answer, logits, shares in zip(before.predictions, prediction.logits, prediction.probabilities, strict=True):
        first = answer.top[0]
        now, probability = float(logits[first.id]), float(shares[first.id])
        where = f" at {answer.position}" * (len(before.predictions) > 1)
        rank = int((logits > logits[first.id]).sum()) + 1
        was = f'the unchanged model{where} says "{first.token}", {first.probability:.3f}, logit {first.logit:.2f}'
        yield f"{was}; here {probability:.3f}, logit {now:.2f}, rank {rank:,}"


def _lists(prediction: Prediction, screen: Screen) -> Iterator[tuple[str, str, list[Entry]]]:
    """Each list with its heading, and what the heading says of it."""
    for number, answer in enumerate(prediction.predictions):
        entries = [
            Entry(quoted(each.token, screen), each.probability, each.logit, prediction.before(number, each.id))
            for each in answer.top
        ]
        yield *_place(answer, prediction, screen), entries
    if labels := prediction.labels:
        entries = [
            Entry(screen.word(each.label), each.probability, each.logit, prediction.label_before(each))
            for each in labels
        ]
        meaning = "each by itself: several may hold" if prediction.apart else "how probable each is"
        meaning = meaning if len(labels) > 1 else "one score; its probability is the logistic function"
        yield "labels", meaning, entries


def entries_of(prediction: Prediction, screen: Screen) -> Iterator[list[Entry]]:
    """The tokens of each answer, or the labels."""
    return (entries for _, _, entries in _lists(prediction, screen))


def _place(answer: Answer, prediction: Prediction, screen: Screen) -> tuple[str, str]:
    name = token_name(prediction, answer.position, screen)
    if prediction.masked:
        return name, "the most probable tokens in its place"
    return "next token", f"the most probable after {name}"


def token_name(prediction: Prediction, position: int, screen: Screen) -> str:
    """The token of a position, with that position where it stands twice."""
    tokens = [each.text.strip() or each.piece for each in prediction.answered.tokens]
    return screen.word(tokens[position]) + place(position, screen) * (tokens.count(tokens[position]) > 1)


def quoted(token: str, screen: Screen) -> str:
    """A token in quotation marks, so that the space in front of it is seen."""
    return f'"{screen.word(token)}"'


def _entries(entries: Sequence[Entry], screen: Screen) -> Iterator[Text]:
    """A line each: the name, the probability with a bar of it, and more numbers where there is room."""
    if screen.accessible or screen.columns < NARROWEST:
        for rank, each in enumerate(entries, start=1):
            yield from wrap([(f"{rank}: {_sentence(each)}.", "")], screen.columns, hanging=2)
        return
    width = min(max(cells(each.name) for each in entries), LONGEST_NAME, screen.columns - 2 - NUMBER)
    for each in entries:
        yield _line(each, width, screen)


def _sentence(each: Entry) -> str:
    before = "" if each.before is None else f", before the change {each.before:.3f}"
    return f"{each.name}, probability {each.probability:.3f}{before}, logit {each.logit:.2f}"


def _line(each: Entry, width: int, screen: Screen) -> Text:
    line = Text(f"  {pad(cut(each.name, width, screen.own('…')), width)}  {each.probability:.3f}", no_wrap=True)
    before = [] if each.before is None else [f"  was {each.before:.3f}"]
    for more in (*before, f"  {each.logit:{LOGIT}.2f}"):
        line.append(more * (len(line) + len(more) + SHORTEST_BAR <= screen.columns))
    room = min(LONGEST_BAR, screen.columns - cells(line.plain) - 2)
    if room >= SHORTEST_BAR - 2:
        line.append("  " + bar(each.probability, room, screen), DIM)
    return line
