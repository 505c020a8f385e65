"""Screen 4: the head that finds what came next the last time, on the sentence said twice.

Induction heads: Elhage et al. 2021, "A mathematical framework for transformer circuits"; Olsson et al. 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attncli.analysis.kinds import MOSTLY
from attncli.analysis.patterns import induction_pattern, pattern_score
from attncli.arrays import Array
from attncli.errors import AttnError
from attncli.recipes.answering import check_scores, probabilities
from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explaining import explain_model_with
from attncli.recipes.model_input import read_input
from attncli.recipes.model_source import ModelSource
from attncli.settings.model import ModelSettings
from attncli.tour.of_model.model_tour import Found, ModelTour, counted, highest
from attncli.tour.parts import Part, Phrase, listed, number, paragraph, rest_of, table
from attncli.tour.tour import Command, once
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names

MOST_ROWS = 5  # the text needs more lines than elsewhere
MOST_KEYS = 2
#: Said twice where no head does so on the reader's sentence.
OWN = "seven green lamps under the old bridge"


@dataclass(frozen=True, eq=False)
class Induction:
    """The head with the largest share of weight on what came next the last time, of the rows that have a last time.

    text: the one that is said twice; explanation: of both times; rows: the queries with such a key, and next_keys
    those of each, one for every time that its token stood before; a token itself is none; heads: how many have more
    than half of their weight there; guesses: the mean probability of the right next token the first time and the
    second, None of a model that does not write.
    """

    text: str
    explanation: Explanation[ModelSource]
    head: Found
    rows: tuple[int, ...]
    next_keys: tuple[tuple[int, ...], ...]
    heads: int
    guesses: tuple[float, float] | None

    @property
    def found(self) -> bool:
        """Whether the head has more than half of its weight there."""
        return self.head.score > MOSTLY

    @property
    def twice(self) -> str:
        """The text said twice."""
        return said_twice(self.text)

    @property
    def weights(self) -> Array:
        """The weights of the head: `[n, n]`."""
        head: Array = self.explanation.weights[self.head.layer, self.head.head]
        return head


def said_twice(text: str) -> str:
    """A text and the same again."""
    return f"{text.strip()} {text.strip()}"


@once
def induction_of(tour: ModelTour) -> Induction:
    """On the sentence said twice, or where no head is found, or the model has no room for it, on OWN."""
    try:
        given = _on(tour, tour.text)
    except AttnError:
        given = None
    if given is not None and given.found:
        return given
    own = _on(tour, OWN)
    return given if given is not None and given.rows and not own.found else own


def _on(tour: ModelTour, text: str) -> Induction:
    explanation = explain_model_with(said_twice(text), tour.model, ModelSettings())
    ids = np.array([token.row for token in explanation.sentence.tokens])  # [n]
    special = explanation.source.special  # [n]
    pattern = induction_pattern(ids)  # [n, n]
    pattern[special] = pattern[:, special] = 0
    np.fill_diagonal(pattern, 0)  # of a word twice in a row, which may as well look at itself
    rows = np.flatnonzero(pattern.any(axis=1))  # [rows]
    scores = pattern_score(explanation.weights[..., rows, :], pattern[rows])  # [n_layer, n_head]
    keys = tuple(tuple(np.flatnonzero(pattern[row]).tolist()) for row in rows)
    heads = int((scores > MOSTLY).sum())
    guesses = _guesses(tour, said_twice(text))
    return Induction(text, explanation, highest(scores), tuple(rows.tolist()), keys, heads, guesses)


def _guesses(tour: ModelTour, text: str) -> tuple[float, float] | None:
    """The mean probability of the right next token in the first half of the tokens, and in the second."""
    model = tour.model
    if not (model.has_output and model.shape.causal) or model.has_decoder:
        return None
    given = read_input(text, model, ModelSettings())
    ids = np.array(given.queries.ids)  # [n]
    check_scores(len(ids), model)
    shares = probabilities(model.logits(model.output(given)[:-1]))  # [n - 1, vocabulary]
    right = shares[np.arange(len(ids) - 1), ids[1:]]  # [n - 1]
    half = len(ids) // 2
    return float(right[: half - 1].mean()) if half > 1 else 0.0, float(right[half:].mean()) if half > 1 else 0.0


def parts(tour: ModelTour, screen: Screen) -> list[Part]:
    """What the head does in the repetition, a row a token, and what it is worth."""
    value = induction_of(tour)
    none = [] if value.found else [_not_here(tour)]
    last = paragraph(screen, *_other_tokens(value, screen), *_found(tour, screen), *none, *_worth(tour))
    return [_intro(tour, screen), _figure(tour, screen), last]


def _intro(tour: ModelTour, screen: Screen) -> Part:
    value = induction_of(tour)
    own = ("a text of our own, ", (screen.word(value.text), "dim"), ",")
    whose = ("your sentence",) if value.text == tour.text else own
    said = " can be foretold by looking back: find where this token stood before, read what came next. Head "
    return paragraph(screen, "Said twice, ", *whose, said, number(value.head.name), ":")


def _figure(tour: ModelTour, screen: Screen) -> Part:
    value = induction_of(tour)
    labels, weights = names(value.explanation.sentence, screen), value.weights
    rows = [
        [labels[row], _came(keys, labels), f"{weights[row, keys].sum():.2f}", labels[int(weights[row].argmax())]]
        for row, keys in zip(value.rows[:MOST_ROWS], value.next_keys, strict=False)
    ]
    head = ["again", "before, next came", "weight there", "looks most at"]
    return [*table(head, rows, screen), *rest_of(len(value.rows), screen, MOST_ROWS)]


def _came(keys: tuple[int, ...], labels: Sequence[str]) -> str:
    """The tokens that came next, the latest of them if there are many."""
    left_out = "… " * (len(keys) > MOST_KEYS)
    return left_out + listed(labels[key] for key in keys[-MOST_KEYS:])


def unlike(value: Induction) -> tuple[int, int] | None:
    """The first places of the text and of its repetition, where these are two different tokens."""
    tokens, special = value.explanation.sentence.tokens, value.explanation.source.special
    words = [token.index for token in tokens if not special[token.index]]
    first, again = words[0], next((at for at in words if tokens[at].start > len(value.text.strip())), None)
    return None if again is None or tokens[again].row == tokens[first].row else (first, again)


def _other_tokens(value: Induction, screen: Screen) -> list[Phrase]:
    """Why the first word of the repetition has no row."""
    places = unlike(value)
    if places is None:
        return []
    first, again = (names(value.explanation.sentence, screen)[place] for place in places)
    return [f"{again} has no row: behind a space it is another token than {first}. "]


def _found(tour: ModelTour, screen: Screen) -> list[Phrase]:
    value, share = induction_of(tour), number(f"{induction_of(tour).head.score:.2f}")
    if value.found:
        counts = f"More than half: {counted(value.heads, tour.n_heads)}. "
        return ["An induction head: ", share, " of the rows' weight there. ", counts, _known(tour)]
    none = (
        f"No head of {screen.word(tour.explanation.source.name)} has more than half of its weight there; the nearest "
    )
    return [none, "has ", share, ". "]


def _known(tour: ModelTour) -> str:
    """The mechanism, as it is known of models that write; it is not computed here."""
    if not tour.causal:
        return ""
    return (
        "Known of such heads (Olsson et al. 2022): one on the token before (screen 2) marks each key with what "
        "precedes it, and q asks for the key marked with its own token. "
    )


def _worth(tour: ModelTour) -> list[Phrase]:
    guesses = induction_of(tour).guesses
    if guesses is None:
        return []
    first, second = (number(f"{each:.2f}") for each in guesses)
    said: list[Phrase] = ["The model gives the right next token ", first, " on average the first time, ", second]
    better = ": it has read the text by then; nothing is trained here." if guesses[1] > 2 * guesses[0] else "."
    return [*said, f" the second{better}"]


def _not_here(tour: ModelTour) -> str:
    """Why a model may have none."""
    if not tour.causal:
        return "It sees both sides and need not foretell: such heads are known of models that write. "
    return "It takes two layers at least, the first with a head on the token before, and training. "


def command(tour: ModelTour) -> Command:
    """The heads ranked by that pattern."""
    return Command("heads", ("--pattern", "induction"), induction_of(tour).twice)
