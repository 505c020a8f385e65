"""Screen `crossing`: cross-attention, queries from one sentence, keys and values from one of another language.

Vaswani et al. 2017, section 3.2.3, "encoder-decoder attention"; here over the vectors of words alone.
"""

from dataclasses import dataclass

import numpy as np

from attncli.analysis.measures import top1
from attncli.arrays import Array
from attncli.attention.similarity.cosine import cosine
from attncli.errors import AttnError
from attncli.recipes.explaining import explain_with
from attncli.recipes.explanation import Explanation
from attncli.recipes.sources import VectorSource
from attncli.settings.explanation import check_settings
from attncli.text.tokens import Sentence
from attncli.tour.parts import NARROW, Cell, Part, Phrase, number, paragraph, rest_of, table, word
from attncli.tour.strips import heat
from attncli.tour.tour import Command, Tour, once
from attncli.tour.word_by_word import Language, Made, back_to, made_of
from attncli.vectors.catalogue import EmbeddedSets
from attncli.vectors.places import WORLD
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import DIM, GLUE

MOST = 8  # rows; the text needs more lines than elsewhere
MOST_LOST = 2  # words that are named
HALF = 0.5
MOST_KEYS = 20  # cells of a strip of weights


@dataclass(frozen=True, eq=False)
class Crossing:
    """The sentence and another, whose words are the keys and values; `explanation` has weights [1, 1, n, m].

    `best` [n] is the key of most weight of each query and `likeness` [n] its cosine with it. `language` is that of the
    other sentence where it was made word by word, backwards, None where it was given; `back` then has for each query
    the nearest word of the first language to the word that was made of it, where that language is known.
    """

    explanation: Explanation[VectorSource]
    best: Array
    likeness: Array
    language: Language | None
    back: tuple[str, ...] | None

    @property
    def weights(self) -> Array:
        """The weights [n, m]."""
        weights: Array = self.explanation.weights[0, 0]
        return weights


@once
def crossing_of(tour: Tour) -> Crossing | str:
    """The weights between the sentence and the other one; a sentence that says why there are none."""
    sets = EmbeddedSets()
    if sets.world is None:
        return f"This screen takes {WORLD}, the vectors of many languages, which are not here."
    try:
        return _crossing(tour, sets)
    except AttnError as error:
        if tour.memory is not None:
            raise  # it was typed for this screen
        return f"This screen takes {WORLD}, the vectors of many languages: {error}."


def _crossing(tour: Tour, sets: EmbeddedSets) -> Crossing:
    assert sets.world is not None
    made = Made(tour.memory) if tour.memory is not None else made_of(tour.text, sets.world, sets.usual)
    explanation = explain_with(tour.text, check_settings(memory=made.text), sets.world)
    best = top1(explanation.weights[0, 0])  # [n]
    inputs = explanation.source.inputs
    likeness = cosine(inputs.x, inputs.key_x)[np.arange(len(best)), best]  # [n]
    return Crossing(explanation, best, likeness, made.language, made.back)


def parts(tour: Tour, screen: Screen) -> list[Part]:
    """The other sentence, each query's weights over it, and where they mislead."""
    value = crossing_of(tour)
    if isinstance(value, str):
        return [paragraph(screen, (screen.word(value), ""))]
    left_out = rest_of(len(set(_words(value))), screen, MOST)
    memory = paragraph(screen, "k, v: ", (screen.word(_text(value)), DIM))
    return [[*_intro(value, screen), *memory], [*_table(value, screen), *left_out], _misleading(value, screen)]


def _text(value: Crossing) -> str:
    return value.explanation.key_sentence.text


def _words(value: Crossing) -> list[str]:
    return [token.word for token in value.explanation.sentence.tokens]


def _names(sentence: Sentence, screen: Screen) -> list[str]:
    return [screen.word(token.name) for token in sentence.tokens]


def _different(value: Crossing) -> list[int]:
    """The first places of the first MOST different words."""
    words = _words(value)
    return [place for place, each in enumerate(words) if words.index(each) == place][:MOST]


def _intro(value: Crossing, screen: Screen) -> Part:
    source, (n, m) = value.explanation.source, value.weights.shape
    other = "the one that you gave" if value.language is None else _making(value.language, source.name)
    product = f"q·k / √{source.inputs.x.shape[1]} / {source.temperature:g} (temperature)"
    return paragraph(
        screen,
        f"Cross-attention: q are the vectors of your sentence, k and v those of another, {other}. "
        f"W = softmax({product}), {n}{GLUE}×{GLUE}{m}, Y = W·v.",
    )


def _making(language: Language, name: str) -> str:
    return f"made word by word (the nearest {language.name} words in {name}, no translation), backwards"


def _table(value: Crossing, screen: Screen) -> Part:
    strips = value.weights.shape[1] <= MOST_KEYS and screen.columns >= NARROW and not screen.accessible
    head = [
        "q",
        *(["its row of W"] if strips else []),
        "most to",
        "weight",
        "cosine(q, k)",
        *(["made back"] if value.back else []),
    ]
    return table(head, [_row(value, place, strips, screen) for place in _different(value)], screen)


def _row(value: Crossing, place: int, strips: bool, screen: Screen) -> list[Cell]:
    weights, best = value.weights[place], int(value.best[place])
    strip = heat(weights, screen, signed=False)
    name = _names(value.explanation.sentence, screen)[place]
    key = _names(value.explanation.key_sentence, screen)[best]
    numbers = [f"{weights[best]:.2f}", f"{value.likeness[place]:.2f}"]
    return [
        name,
        *([strip] if strips else []),
        key,
        *numbers,
        *([screen.word(value.back[place])] if value.back else []),
    ]


def _misleading(value: Crossing, screen: Screen) -> Part:
    """The query whose best key fits least, and the words that do not lead back."""
    least = _least_fitting(value)
    name = word(_names(value.explanation.sentence, screen)[least])
    key = word(_names(value.explanation.key_sentence, screen)[int(value.best[least])])
    weight = number(f"{value.weights[least, value.best[least]]:.2f}")
    given: list[Phrase] = [name, " gives ", key, " ", weight, f" at cosine(q, k) {value.likeness[least]:.2f}"]
    return paragraph(screen, *given, ": a row sums to 1 whether a key fits or not. ", *_lost(value, screen))


def _least_fitting(value: Crossing) -> int:
    """The query of the lowest cosine with its best key, among those that give that key at least half, if there are."""
    most = value.weights.max(axis=-1)  # [n]
    sure = most >= min(HALF, float(most.max()))  # [n]
    return int(np.where(sure, value.likeness, np.inf).argmin())


def _lost(value: Crossing, screen: Screen) -> list[Phrase]:
    """The words that the way back does not lead to."""
    if value.back is None or value.language is None:
        return []
    words, labels, back = _words(value), _names(value.explanation.sentence, screen), value.back
    lost = [place for place in _different(value) if back[place] != words[place]]
    named = [(word(labels[place]), " is ", word(screen.word(back[place])), ", ") for place in lost[:MOST_LOST]]
    away = f"Made back into {back_to(value.language).name}, "
    return [away, *[piece for each in named for piece in each][:-1], "."] if lost else [f"{away}each is itself."]


def command(tour: Tour) -> Command:
    """The two sentences."""
    value = crossing_of(tour)
    if isinstance(value, str):
        return Command("align", of_tour=False)
    return Command("explain", ("--vectors", WORLD), tour.text, _text(value), of_tour=False)
