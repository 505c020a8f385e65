"""A text that a model says, on the screen: what it was given, the answer as it comes, and the notes."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from attncli.recipes.prediction import Prediction
from attncli.settings.model import ModelSettings
from attncli.views.screen import Screen
from attncli.views.terminal.prediction import MADE_UP_FOR, texts, title
from attncli.views.terminal.typeset import heading, notes


def continuation_lines(prediction: Prediction, screen: Screen) -> list[Text]:
    """The whole page, once everything is said."""
    answer = "".join(said_text([prediction.answer], screen))
    said = [Text(line) for line in answer.split("\n")]
    return [*opening_lines(prediction, screen), *said, *closing_lines(prediction, screen)]


def opening_lines(prediction: Prediction, screen: Screen) -> list[Text]:
    """The model, the text or the texts, and the heading of the answer."""
    meaning = _meaning(prediction.settings)
    return [*title(prediction, screen), Text(), *texts(prediction, screen), Text(), *heading("answer", meaning, screen)]


def _meaning(settings: ModelSettings) -> str:
    if settings.sample is None:
        return "the likeliest token each time"
    among = "" if settings.top_p == 1 else f" among the likeliest, which have {settings.top_p:g} together"
    return f"each token drawn by its probability at temperature {settings.sample:g}{among}"


def said_text(pieces: Iterable[str], screen: Screen) -> Iterator[str]:
    """The text of tokens as a screen shows it: lines are broken where the model breaks them, nothing else acts.

    Without the white space at its beginning, for it begins a line.
    """
    begun = False
    for piece in pieces:
        shown = piece if begun else piece.lstrip()
        begun = begun or bool(shown)
        yield "\n".join(screen.word(line) for line in shown.split("\n"))


def closing_lines(prediction: Prediction, screen: Screen) -> list[Text]:
    """What changed, and the notes and warnings, after an empty line."""
    said = [
        *_changes(prediction),
        *[MADE_UP_FOR] * bool(prediction.settings.without),
        *prediction.remarks,
        "the probability of each token, and of others in its place: --json",
    ]
    return [Text(), *notes(said, screen), *notes(prediction.warnings, screen, "warning")]


def _changes(prediction: Prediction) -> Iterator[str]:
    """How often the unchanged model has another likeliest token."""
    if (before := prediction.with_all) is None:
        return
    pairs = zip(prediction.predictions, before.predictions, strict=True)
    others = [answer.position for answer, was in pairs if answer.top[0].id != was.top[0].id]
    n = len(prediction.predictions)
    yield f"the unchanged model has another likeliest token in {len(others):,} of these {n:,} places of the same text"
