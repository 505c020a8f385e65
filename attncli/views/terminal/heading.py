"""The frame of every page: over it what is shown and the sentence, under it the notes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from attncli.recipes.explanation import Explanation
from attncli.recipes.model_explanation import ModelExplanation
from attncli.settings.explanation import Settings
from attncli.text.tokens import Sentence, Token, Unknown
from attncli.vectors import Vectors
from attncli.views.screen import Screen
from attncli.views.terminal.typeset import BOLD, DIM, GLUE, Piece, notes, wrap

MOST_SENTENCE_LINES = 20
MOST_UNKNOWN = 10
_OF_EMOJI = ("\ufe0e", "\ufe0f", "\u20e3")  # these make an emoji of the character before, and are no part of the word


def page(
    name: str,
    explanation: Explanation,
    parts: Iterable[Sequence[Text]],
    said: Iterable[str],
    screen: Screen,
    warnings: tuple[str, ...] | None = None,
) -> list[Text]:
    """The parts one under another with what belongs over and under them; `warnings` in place of the explanation's."""
    over = [
        title(name, explanation, screen),
        sentences(explanation.sentence, explanation.memory, screen),
    ]
    lines = [text for part in (*over, *parts) if part for text in (*part, Text())]
    return [*lines[:-1], *closing(explanation, said, screen, warnings)]


def title(name: str, explanation: Explanation, screen: Screen) -> list[Text]:
    """The first line: mode, method, vector set or model, and every setting that is not the default."""
    pieces: list[Piece] = [(name, BOLD), (" ", "")]
    for label, value in shown_settings(explanation, screen):
        pieces += [(f" {label}{GLUE}", DIM), (screen.word(value), ""), (screen.own(f"{GLUE}·"), DIM)]
    return wrap(pieces[:-1], screen.columns, hanging=2)


def model_settings(explanation: ModelExplanation, screen: Screen) -> Iterator[tuple[str, str]]:
    """The model and what was chosen of it, as labels with their values."""
    model, choice = explanation.model, explanation.choice
    size = screen.own(f"{model.family}, {model.layers} layers × {model.heads} heads")
    yield "model", f"{model.name} ({size})"
    for label, asked in (("layer", choice.layer), ("head", choice.head)):
        if asked is not None:
            yield label, ",".join(map(str, asked))
    if choice.combine != "none":
        yield "combine", choice.combine
    if choice.words:
        yield "pieces", "merged into words"
    if choice.hide_special:
        yield "special", "hidden"


def settings_shown(explanation: Explanation, screen: Screen) -> str:
    """The same as plain text in one line."""
    shown = shown_settings(explanation, screen)
    return screen.own(" · ").join(f"{label} {screen.word(value)}" for label, value in shown)


def shown_settings(explanation: Explanation, screen: Screen) -> Iterator[tuple[str, str]]:
    """What was computed, as labels with their values."""
    if isinstance(explanation, ModelExplanation):
        yield from model_settings(explanation, screen)
        return
    settings, vectors = explanation.settings, explanation.vectors
    yield "mode", settings.mode
    yield "method", settings.method
    size = screen.own(f"{vectors.words:,} × {vectors.dimensions}")
    yield "vectors", f"{vectors.name} ({size})"
    yield from special_settings(settings)


def special_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    """The settings that are not the default, in the order of the options."""
    seed = f" (seed {settings.seed})" if settings.projections == "random" else ""
    special = {
        "heads": settings.mode == "multihead" and str(settings.heads),
        "layers": settings.layers > 1 and str(settings.layers),
        "projections": settings.projections and settings.projections + seed,
        "mask": " + ".join(settings.mask),
        "itself": settings.exclude_self and "excluded",
        "temperature": settings.temperature != 1.0 and f"{settings.temperature:g}",
        "sigma": settings.sigma is not None and f"{settings.sigma:g}",
        "positions": settings.positions != "none" and settings.positions,
    }
    yield from ((name, value) for name, value in special.items() if value)


def sentences(sentence: Sentence, memory: Sentence | None, screen: Screen) -> list[Text]:
    """The sentence with its unknown words in brackets; with a memory both, and which is which."""
    if memory is None:
        return _sentence("", sentence, screen)
    return [*_sentence("queries  ", sentence, screen), *_sentence("keys     ", memory, screen)]


def _sentence(label: str, sentence: Sentence, screen: Screen) -> list[Text]:
    lines = wrap([("  ", ""), (label, DIM), *_marked(sentence, screen)], screen.columns, hanging=2)
    if len(lines) <= MOST_SENTENCE_LINES:
        return lines
    rest = len(lines) - MOST_SENTENCE_LINES
    left_out = [(f"({rest} more lines of the sentence are left out here)", DIM)]
    return [*lines[:MOST_SENTENCE_LINES], *wrap([("  ", ""), *left_out], screen.columns, hanging=2)]


def _marked(sentence: Sentence, screen: Screen) -> Iterator[Piece]:
    """The whole text, each unknown word as `[word?]`, and each whose vector is composed as `[word+]`."""
    at = 0
    marked: list[Token | Unknown] = [*sentence.unknown, *(token for token in sentence.tokens if token.row is None)]
    for unknown in sorted(marked, key=lambda word: word.start):
        end = unknown.end
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
        screen.word(token.name) + place(token.index, screen) * (repeated[token.name.casefold()] > 1)
        for token in sentence.tokens
    ]


def place(index: int, screen: Screen) -> str:
    """What stands behind a word that is there twice."""
    return f" (word {index})" if screen.accessible else f"[{index}]"


def closing(
    explanation: Explanation, said: Iterable[str], screen: Screen, warnings: tuple[str, ...] | None = None
) -> list[Text]:
    """Unknown words, notes and warnings after an empty line, if there are any."""
    texts = [explanation.sentence, *([explanation.memory] if explanation.memory else [])]
    vectors = explanation.inputs.vectors
    unknown = [note for text in texts for note in unknown_notes(text, vectors, screen)] if vectors else []
    warnings = explanation.warnings if warnings is None else warnings
    lines = [*notes([*unknown, *said, *explanation.remarks], screen), *notes(warnings, screen, "warning")]
    return [Text(), *lines] if lines else []


def unknown_notes(sentence: Sentence, vectors: Vectors, screen: Screen) -> Iterator[str]:
    """Each unknown word once, with its nearest spellings, and those whose vectors are composed."""
    if composed := dict.fromkeys(token.text for token in sentence.tokens if token.row is None):
        words = ", ".join(f"[{screen.word(text)}+]" for text in composed)
        yield f"not in {screen.word(vectors.name)}, their vectors are composed of their {vectors.composed_of}: {words}"
    unknown = {each.text: each.suggestions for each in sentence.unknown}
    for text, suggestions in list(unknown.items())[:MOST_UNKNOWN]:
        near = f"; nearest spellings: {', '.join(map(screen.word, suggestions))}" if suggestions else ""
        word = screen.word(text) if screen.accessible else f"[{screen.word(text)}?]"
        yield f"{word} is not in {screen.word(vectors.name)} and takes no part{near}"
    if len(unknown) > MOST_UNKNOWN:
        yield f"{len(unknown) - MOST_UNKNOWN} more words are not in {screen.word(vectors.name)} either"
