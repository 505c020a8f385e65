"""The frame of every page: the title and the sentence above, the notes below."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.settings.wording import Shown, shown_settings
from attncli.text.tokens import Sentence, Token, Unknown
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Piece, notes, wrap

MOST_SENTENCE_LINES = 20
MOST_UNKNOWN = 10
_OF_EMOJI = ("\ufe0e", "\ufe0f", "\u20e3")  # these make an emoji of the character before, and are no part of the word


def page(
    name: str,
    explanation: Explanation,
    parts: Iterable[Sequence[Text]],
    remarks: Iterable[str],
    screen: Screen,
    warnings: tuple[str, ...] | None = None,
) -> list[Text]:
    """The parts one under another in the frame; `warnings` in place of the explanation's."""
    over = [
        title(name, explanation, screen),
        sentences(explanation.sentence, explanation.memory, screen),
    ]
    lines = [text for part in (*over, *parts) if part for text in (*part, Text())]
    return [*lines[:-1], *closing(explanation, remarks, screen, warnings)]


def title(name: str, explanation: Explanation, screen: Screen) -> list[Text]:
    """The first line: mode, method, vector set or model, and every setting that is not the default."""
    return title_line(name, labelled(explanation, screen), screen)


def title_line(name: str, settings: Iterable[Shown], screen: Screen) -> list[Text]:
    """The name of the command and the settings."""
    pieces: list[Piece] = [(name, BOLD), (" ", "")]
    for each in settings:
        pieces += [(f" {each.label}{GLUE}", DIM), (screen.word(each.value), ""), (screen.own(f"{GLUE}·"), DIM)]
    return wrap(pieces[:-1], screen.columns, hanging=2)


def settings_shown(explanation: Explanation, screen: Screen) -> str:
    """The settings as plain text in one line."""
    shown = labelled(explanation, screen)
    return screen.own(" · ").join(f"{each.label} {screen.word(each.value)}" for each in shown)


def labelled(explanation: Explanation, screen: Screen) -> Iterator[Shown]:
    """The settings, with the vectors behind mode and method, or with the model before them."""
    source = explanation.source
    settings = [*shown_settings(source.settings)]
    first = 2 if source.kind == "vectors" else 0  # the mode and the method
    yield from settings[:first]
    yield source_shown(source.kind, source.name, screen.own(source.size))
    yield from settings[first:]


def source_shown(label: str, name: str, size: str) -> Shown:
    """The vectors or the model, as settings are shown; its size is not spoken of vectors."""
    shown = f"{name} ({size})"
    return Shown(label, label, shown, f"{label} {name if label == 'vectors' else shown}", False)


def sentences(sentence: Sentence, memory: Sentence | None, screen: Screen) -> list[Text]:
    """The sentence with its unknown words in brackets; with a memory or a second text both, and which is which."""
    if memory is not None:
        return [*sentence_lines("queries  ", sentence, screen), *sentence_lines("keys     ", memory, screen)]
    if sentence.pair is None:
        return sentence_lines("", sentence, screen)
    first, second = sentence.parts
    return [*sentence_lines("first    ", first, screen), *sentence_lines("second   ", second, screen)]


def sentence_lines(
    label: str,
    sentence: Sentence,
    screen: Screen,
    styles: Mapping[int, str] = MappingProxyType({}),
    most: int = MOST_SENTENCE_LINES,
) -> list[Text]:
    """The sentence behind a label, cut where it is very long; styles: those of some of its tokens, by their places."""
    lines = wrap([("  ", ""), (label, DIM), *_marked(sentence, screen, styles)], screen.columns, hanging=2)
    if len(lines) <= most:
        return lines
    rest = len(lines) - most
    left_out = [(f"({rest} more lines of the sentence are left out here)", DIM)]
    return [*lines[:most], *wrap([("  ", ""), *left_out], screen.columns, hanging=2)]


def _marked(sentence: Sentence, screen: Screen, styles: Mapping[int, str]) -> Iterator[Piece]:
    """The whole text, each unknown word as `[word?]`, and each whose vector is composed as `[word+]`."""
    at = 0
    styled = [token for token in sentence.tokens if token.index in styles and token not in sentence.composed]
    marked: list[Token | Unknown] = [*sentence.unknown, *sentence.composed, *styled]
    for unknown in sorted(marked, key=lambda word: word.start):
        end = unknown.end
        if isinstance(unknown, Token) and unknown in styled:
            yield screen.word(sentence.text[at : unknown.start]), ""
            yield screen.word(sentence.text[unknown.start : end]), styles[unknown.index]
            at = max(at, end)
            continue
        while sentence.text[end : end + 1] in _OF_EMOJI:
            end += 1
        yield screen.word(sentence.text[at : unknown.start]), ""
        sign = "?" if isinstance(unknown, Unknown) else "+"
        yield f"[{screen.word(sentence.text[unknown.start : end])}{sign}]", DIM
        at = end
    yield screen.word(sentence.text[at:]), ""


def names(sentence: Sentence, screen: Screen) -> list[str]:
    """A name for each token: its text, with its place behind it where the sentence has the word twice."""
    repeated = Counter(token.name.casefold() for token in sentence.tokens)
    return [
        screen.word(token.label) + place(token.index, screen) * (repeated[token.name.casefold()] > 1)
        for token in sentence.tokens
    ]


def place(index: int, screen: Screen) -> str:
    """The mark behind a word that the sentence has twice."""
    return f" (word {index})" if screen.accessible else f"[{index}]"


def closing(
    explanation: Explanation, remarks: Iterable[str], screen: Screen, warnings: tuple[str, ...] | None = None
) -> list[Text]:
    """Unknown words, notes and warnings after an empty line, if there are any."""
    warnings = explanation.warnings if warnings is None else warnings
    lines = [*notes(closing_notes(explanation, remarks, screen), screen), *notes(warnings, screen, "warning")]
    return [Text(), *lines] if lines else []


def closing_notes(explanation: Explanation, remarks: Iterable[str], screen: Screen) -> list[str]:
    """The notes on unknown words, then these remarks, then those of the explanation."""
    texts = [explanation.sentence, *([explanation.memory] if explanation.memory else [])]
    vectors = explanation.source.vectors
    of = (vectors.name, vectors.composed_of) if vectors else None
    unknown = [note for text in texts for note in unknown_notes(text, *of, screen)] if of else []
    return [*unknown, *remarks, *explanation.remarks]


def unknown_notes(sentence: Sentence, name: str, composed_of: str | None, screen: Screen) -> Iterator[str]:
    """Each unknown word once, with its nearest spellings, and those whose vectors are composed.

    name: of the vector set; composed_of: the parts.
    """
    name = screen.word(name)
    if made := dict.fromkeys(token.text for token in sentence.composed):
        words = ", ".join(f"[{screen.word(text)}+]" for text in made)
        yield f"not in {name}, their vectors are composed of their {composed_of}: {words}"
    unknown = {each.text: each.suggestions for each in sentence.unknown}
    for text, suggestions in list(unknown.items())[:MOST_UNKNOWN]:
        near = f"; nearest spellings: {', '.join(map(screen.word, suggestions))}" if suggestions else ""
        word = screen.word(text) if screen.accessible else f"[{screen.word(text)}?]"
        yield f"{word} is not in {name} and takes no part{near}"
    if len(unknown) > MOST_UNKNOWN:
        yield f"{len(unknown) - MOST_UNKNOWN} more words are not in {name} either"
