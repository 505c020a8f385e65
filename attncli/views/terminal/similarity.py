"""The similarity of two texts on the screen: the number, the matrix of shares, the pairs and words that carry it."""

import shlex
from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from attncli.arrays import Array
from attncli.errors import Setting
from attncli.recipes.leaving_out import Dropped
from attncli.recipes.text_similarity import Pair, Similarity
from attncli.settings.wording import Remark, Shown, shown_settings
from attncli.text.tokens import Sentence
from attncli.vectors.places import EMBEDDED, WORLD
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.heading import names, sentence_lines, source_shown, title_line, unknown_notes
from attncli.views.terminal.matrix import Matrix, matrix_lines
from attncli.views.terminal.typeset import BOLD, DIM, Block, Piece, bar, blocks_in_rows, heading, line, notes, wrap

TEXTS = ("a", "b")
DISTANCES = ("euclidean", "manhattan")
DIGITS = 3  # of the largest number of the matrix
MOST_WORDS = 60  # of a text that are listed
LONGEST_BAR = 12  # cells
LONGEST_TEXT = 60  # characters of a text in a command
CONTEXTUAL = "token vectors are contextual, so a pair's share says"
MADE_UP = "how the number is made up, not how it would change without the word: "
HEADS = "the heads that look from one text to the other: "


def similarity_lines(found: Similarity, screen: Screen) -> list[Text]:
    """The texts, the number, its parts and the changes without words; no line wider than the screen."""
    if screen.accessible:
        return _sentences(found, screen)
    matrix = Block([]) if found.contributions is None else _matrix(found, found.contributions, screen)
    parts = [
        title_line("attn similar", labelled(found, screen), screen),
        [text for name, side in _named(found) for text in sentence_lines(f"{name}  ", side, screen)],
        wrap([("similarity  ", BOLD), (number(found.value), BOLD), (f"  {how_made(found)}", DIM)], screen.columns, 2),
        _pairs(found, screen),
        matrix.lines,
        _words(found, screen),
        _left_out(found, screen),
        _dropped(found, screen),
    ]
    lines = [text for part in parts if part for text in (*part, Text())]
    return [*lines[:-1], *_closing(found, matrix.notes, screen)]


def labelled(found: Similarity, screen: Screen) -> Iterator[Shown]:
    """The pooling, the function, the vectors or the model, and the settings that are not the default."""
    yield Shown("pooling", "pooling", found.pooling, f"pooling {found.pooling}", False)
    yield Shown("function", "similarity", found.function, f"similarity {found.function}", False)
    yield source_shown(found.kind, found.name, screen.own(found.size))
    yield from shown_settings(found.settings)


def number(value: float) -> str:
    """A similarity with four decimals, or as a power of ten where these would be too many digits."""
    return "undefined" if np.isnan(value) else f"{value:z.4f}" if abs(value) < 1e5 else f"{value:.3e}"  # z: no -0


def signed(value: float) -> str:
    """A share or a change with its sign."""
    return ("+" if value >= 0 else "-") + number(abs(value)) if np.isfinite(value) else number(value)


def unit_of(contributions: Array) -> float:
    """The power of ten in which the largest share has DIGITS digits; 1 of shares that are all 0."""
    largest = float(np.abs(contributions).max(initial=0))
    return 10.0 ** (np.floor(np.log10(largest)) - DIGITS + 1) if largest > 0 else 1.0


def unit_shown(unit: float) -> str:
    """The power of ten in digits: `0.001`."""
    return np.format_float_positional(unit, trim="-")


def how_made(found: Similarity) -> str:
    """The measure of the similarity, and whether it is a sum."""
    if found.function in DISTANCES:
        return f"the {found.function} distance of the two texts, as a negative number; it is no sum over tokens"
    of_both = f"{found.function} of the two texts"
    return of_both + (", the sum of all contributions" if found.exact else f"; by {found.pooling} no sum over tokens")


def _named(found: Similarity) -> Iterator[tuple[str, Sentence]]:
    return zip(TEXTS, found.sentences, strict=True)


def _matrix(found: Similarity, contributions: Array, screen: Screen) -> Block:
    """The shares of all pairs, in a unit in which they are whole numbers."""
    unit = unit_of(contributions)
    rows, columns = (tuple(token.label for token in side.tokens) for side in found.sentences)
    hidden = np.zeros(contributions.shape, bool)
    shares = Matrix(contributions, hidden, rows, columns, signed=True, unit=unit, crossed=True)
    drawn = matrix_lines(shares, screen)
    how = f"the share of each pair of words, in units of {unit_shown(unit)}; they sum to {number(found.value)}"
    return Block([*heading("contributions", how, screen), *drawn.lines], drawn.notes)


def _pairs(found: Similarity, screen: Screen) -> list[Text]:
    """The pairs that carry the similarity beside those that speak against it, and the special tokens."""
    if found.contributions is None:
        return []
    listed = [(title, pairs) for title, pairs in (("for", found.ranked), ("against", found.against)) if pairs]
    most = max((abs(each.share) for _, pairs in listed for each in pairs), default=1.0)
    blocks = [_list(found, title, pairs, most, screen) for title, pairs in listed]
    lines = blocks_in_rows(blocks, screen).lines if blocks else []
    return [
        *heading("pairs", "that carry the similarity, and those against it", screen),
        *lines,
        *_special(found, screen),
    ]


def _list(found: Similarity, title: str, pairs: Sequence[Pair], most: float, screen: Screen) -> Block:
    """A line a pair: its words, its share, and a bar."""
    left, right = (names(side, screen) for side in found.sentences)
    texts = [f"{left[each.token]} {screen.own('·')} {right[each.other]}" for each in pairs]
    shares = [signed(each.share) for each in pairs]
    width, digits = max(map(cells, texts)), max(map(len, shares))
    if width + digits + 4 > screen.columns:
        both = zip(texts, shares, strict=True)
        wrapped = (wrap([(f"  {text}", ""), (f" {share}", DIM)], screen.columns, 4) for text, share in both)
        return Block([line((title, DIM)), *(row for rows in wrapped for row in rows)])
    room = min(LONGEST_BAR, screen.columns - width - digits - 6)
    lines = [line((f"  {title}", DIM))]
    for text, share, each in zip(texts, shares, pairs, strict=True):
        drawn = line((f"  {pad(text, width)}  {pad(share, digits, 'right')}", ""))
        if room > 3:
            drawn.append(f"  {bar(abs(each.share) / most, room, screen)}", DIM)
        lines.append(drawn)
    return Block(lines)


def _special(found: Similarity, screen: Screen) -> list[Text]:
    return [] if found.special is None else wrap([(f"  {of_special(found)}", "")], screen.columns, 2)


def of_special(found: Similarity) -> str:
    """What the special tokens add."""
    pieces = dict.fromkeys(token.text for side in found.sentences for token in side.tokens if token.special)
    return f"pairs with {', '.join(pieces)} add {signed(found.special or 0.0)}"


def _words(found: Similarity, screen: Screen) -> list[Text]:
    """What each word adds with all words of the other text, the most first."""
    if found.totals is None:
        return []
    lines = heading("words", "what each adds with all of the other text", screen)
    return [*lines, *_each_word(found, [-each for each in found.totals], found.totals, screen)]


def _left_out(found: Similarity, screen: Screen) -> list[Text]:
    """The change without each word, the largest loss first."""
    if found.left_out is None:
        return []
    lines = heading("left out", "the change of the similarity without each word, one at a time", screen)
    return [*lines, *_each_word(found, found.left_out, found.left_out, screen)]


def _each_word(found: Similarity, order: Sequence[Array], values: Sequence[Array], screen: Screen) -> Iterator[Text]:
    """The words of either text with a number each, in ascending order of others; without special tokens."""
    for (name, side), keys, numbers in zip(_named(found), order, values, strict=True):
        words = names(side, screen)
        places = _of_words(side, keys)
        pieces: list[Piece] = [("  ", ""), (f"{name}  ", DIM)]
        for i in places[:MOST_WORDS]:
            pieces += [(f"{words[i]}\0", ""), (signed(float(numbers[i])), DIM), ("  ", "")]
        if (rest := len(places) - MOST_WORDS) > 0:
            pieces += [(f"and {rest} more", DIM)]
        yield from wrap(pieces, screen.columns, 5)


def _of_words(side: Sentence, keys: Array) -> list[int]:
    """The places of its words in ascending order of their keys; without special tokens."""
    return [int(i) for i in np.argsort(keys, kind="stable") if not side.tokens[int(i)].special]


def _dropped(found: Similarity, screen: Screen) -> list[Text]:
    """The similarity without the words that were asked for."""
    lines = heading("dropped", "the similarity without a word", screen) if found.dropped else []
    of_each = (wrap([(f"  {without(found, each, screen)}", "")], screen.columns, 4) for each in found.dropped)
    return [*lines, *(text for some in of_each for text in some)]


def without(found: Similarity, each: Dropped, screen: Screen) -> str:
    """The similarity without a word, and the change."""
    side = found.sentences[TEXTS.index(each.text)]
    word = side.text[side.tokens[each.tokens[0]].start : side.tokens[each.tokens[-1]].end]
    return f"without {screen.word(word)} in {each.text}: {number(each.similarity)}, a change of {signed(each.change)}"


def notes_of(found: Similarity, screen: Screen) -> Iterator[str]:
    """The reading of the numbers, and the unknown words."""
    for side in found.sentences:
        yield from unknown_notes(side, found.name, "parts", screen)
    yield from found.remarks
    if found.exact:
        beginning = CONTEXTUAL if found.kind == "model" else "a pair's share says"
        yield Remark((f"{beginning} {MADE_UP}", Setting("drop", "WORD")))


def looked_at(found: Similarity) -> str:
    """The command that shows which heads look from one text to the other, or which words attend to which."""
    quoted = [shlex.quote(side.text) for side in found.sentences]
    first, second = quoted if max(map(len, quoted)) <= LONGEST_TEXT else ("A", "B")
    if found.kind == "model":
        return f"{HEADS}attn explain {first} --pair {second} --model {shlex.quote(found.named or found.name)}"
    usual = found.named is None and found.name in (EMBEDDED, WORLD)  # as explain picks it
    of_set = "" if usual else f" --vectors {shlex.quote(found.named or found.name)}"
    return f"attention from one text to the other: attn explain {first} --memory {second}{of_set}"


def _closing(found: Similarity, remarks: Sequence[str], screen: Screen) -> list[Text]:
    """The notes and the warnings."""
    said = [*notes_of(found, screen), *remarks, looked_at(found)]
    return [Text(), *notes(said, screen), *notes(found.warnings, screen, "warning")]


def _sentences(found: Similarity, screen: Screen) -> list[Text]:
    """The same in plain sentences, for screen readers."""
    lines = [text for each in _said(found, screen) for text in wrap([(screen.own(each), "")], screen.columns)]
    return [*lines, *_closing(found, (), screen)]


def _said(found: Similarity, screen: Screen) -> Iterator[str]:
    settings = ", ".join(screen.word(each.spoken) for each in labelled(found, screen))
    yield f"Similarity of two texts with {settings}."
    for name, side in _named(found):
        yield f"Text {name}: {screen.word(side.text)}"
    yield f"Similarity {number(found.value)}: {how_made(found)}."
    left, right = (names(side, screen) for side in found.sentences)
    for how, pairs in (("carries", found.ranked), ("speaks against", found.against)):
        for each in pairs:
            yield f"{left[each.token]} with {right[each.other]} {how} it, share {signed(each.share)}."
    if found.special is not None:
        yield f"The {of_special(found)}."
    yield from _changes_said(found, screen)


def _changes_said(found: Similarity, screen: Screen) -> Iterator[str]:
    for (name, side), changes in zip(_named(found), found.left_out or (), strict=False):
        words = names(side, screen)
        places = _of_words(side, changes)
        for i in places[:MOST_WORDS]:
            yield f"Without {words[i]} of text {name} it changes by {signed(float(changes[i]))}."
        if (rest := len(places) - MOST_WORDS) > 0:
            yield f"{rest} more words of text {name} are left out of this list: --json has all."
    for each in found.dropped:
        said = without(found, each, screen)
        yield f"{said[0].upper()}{said[1:]}."
