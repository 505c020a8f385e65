"""What the weights say at first glance: its line, and the colours of the words that it names."""

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.views.findings import Clause, Named, clauses, findings_of
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names, sentence_lines
from attncli.views.terminal.typeset import BOLD, Piece, wrap

#: Colours that every terminal has, one for each group of words in turn; the line says the same without them.
STYLES = ("bold cyan", "bold magenta", "bold green")

Styles = Mapping[Named, str]


def spoken_of(explanation: Explanation) -> list[Clause]:
    """The clauses of what the weights say."""
    return clauses(findings_of(explanation), explanation.source.unit, explanation.memory is not None)


def finding_lines(explanation: Explanation, screen: Screen) -> list[Text]:
    """What the weights say in a line, or more where it is longer than one; none where they say nothing."""
    said = spoken_of(explanation)
    return wrap(_pieces(said, explanation, screen), screen.columns) if said else []


def coloured_sentences(explanation: Explanation, screen: Screen, most: int) -> list[Text]:
    """The sentence, or both of two, in `most` lines each, the words that are spoken of in their colours."""
    styles = _styles(spoken_of(explanation))
    queries = {word.place: style for word, style in styles.items() if not word.key}
    if explanation.memory is None:
        return sentence_lines("", explanation.sentence, screen, queries, most)
    keys = {word.place: style for word, style in styles.items() if word.key}
    return [
        *sentence_lines("queries  ", explanation.sentence, screen, queries, most),
        *sentence_lines("keys     ", explanation.memory, screen, keys, most),
    ]


def _styles(said: Sequence[Clause]) -> Styles:
    """A colour for each group of words that belong together, that of the first one for a word of several."""
    styles: dict[Named, str] = {}
    for number, group in enumerate(group for clause in said for group in clause.groups):
        for word in group:
            styles.setdefault(word, STYLES[number % len(STYLES)])
    return styles


def _pieces(said: Sequence[Clause], explanation: Explanation, screen: Screen) -> Iterator[Piece]:
    queries, keys = names(explanation.sentence, screen), names(explanation.key_sentence, screen)
    styles, quote = _styles(said), "" if screen.colours != "none" else '"'
    for number, clause in enumerate(said):
        if number:
            yield "; ", ""
        for part in clause.parts:
            if isinstance(part, Named):
                yield f"{quote}{(keys if part.key else queries)[part.place]}{quote}", styles.get(part, BOLD)
            else:
                yield screen.own(part), ""
