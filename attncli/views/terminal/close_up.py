"""One query in three steps: similarity, softmax, weighted sum; the look-up in a database; the neighbours."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from attncli.recipes.explanation import CloseUp, Explanation
from attncli.views.formula import Formula, formula_notes, formula_of
from attncli.views.rounding import as_number, as_weight
from attncli.views.screen import Screen, cells, pad
from attncli.views.terminal.heading import names, page
from attncli.views.terminal.key_table import Keys, key_table
from attncli.views.terminal.nearest import moves_lines, nearest_words
from attncli.views.terminal.typeset import BOLD, GLUE, Block, heading, wrap

MIXTURE = 4  # parts of the weighted sum that are written out


def close_up_lines(explanation: Explanation, close_up: CloseUp, screen: Screen) -> list[Text]:
    """The page of `attn explain --word`: one query of the last layer, every number on the way."""
    if screen.accessible:
        from attncli.views.terminal.accessible import close_up_sentences  # the other readers need not wait for it

        return close_up_sentences(explanation, close_up, screen)
    heads = [head_block(explanation, close_up, head, screen) for head in range(len(close_up.weights))]
    changed = [nearest_words(close_up, screen), moves_lines(explanation, close_up, screen)]
    remarks = (*(note for head in heads for note in head.notes), *_notes(explanation, close_up, screen))
    return page("attn explain", explanation, [*(head.lines for head in heads), *changed], remarks, screen)


def head_block(explanation: Explanation, close_up: CloseUp, head: int, screen: Screen) -> Block:
    """The steps, the table and the look-up of one head."""
    word = names(explanation.sentence, screen)[close_up.query]
    which = f"head {close_up.heads[head]}: " if len(close_up.weights) > 1 else ""
    formula = formula_of(close_up.terms, head) if close_up.terms else None
    table = key_table(explanation, close_up, head, screen, formula)
    steps = _steps(explanation, close_up, head, word, screen, formula)
    lines = [
        *heading(f"{which}{word}", "as the query, held against every key", screen),
        *_listed(steps, screen),
        Text(),
        *table.lines,
        Text(),
        *_listed(_database(explanation, close_up, head, screen), screen),
    ]
    return Block(lines, table.notes)


def _listed(parts: Iterator[tuple[str, str]], screen: Screen) -> list[Text]:
    """Named sentences, the names in a column of their own where there is room for it."""
    listed = [(screen.own(name), text) for name, text in parts]
    width = max(cells(name) for name, _ in listed) + 2
    hanging = width if screen.columns >= 60 else 2
    lines: list[Text] = []
    for name, text in listed:
        column = pad(name, width) if hanging > 2 else f"{name}  "
        lines += wrap([(column, BOLD), (text, "")], screen.columns, hanging)
    return lines


def _steps(
    explanation: Explanation, close_up: CloseUp, head: int, word: str, screen: Screen, formula: Formula | None
) -> Iterator[tuple[str, str]]:
    """The three steps, each with its definition and the numbers of its strongest key."""
    row, best, keys = Keys.of(close_up, head), close_up.lookup[head], names(explanation.key_sentence, screen)
    if best is None:
        yield "1 similarity", "the mask lets this word see nothing: no scores, no weights, and an output of 0"
        return
    seen, score, largest = len(row.order), as_number(row.scores[best]), int(row.contributions.argmax())
    written = f", {screen.own(formula.text)}" if formula else ""
    worked = f"{screen.own(formula.worked(0, best))} = " if formula and not formula.plain else ""
    highest = f"the highest is {word} with {keys[best]}: {worked.replace(' ', GLUE)}{score}"
    yield "1 similarity", f"a score for each of {seen} keys{written}; {highest}"
    share = f"{score} becomes {as_weight(row.shown[best])} for {keys[best]}"
    yield "2 softmax", f"e to the score, divided by the sum of all {seen}, so that they add up to 1: {share}"
    part = f"{_part(row, largest, keys, screen)}, of length {as_number(row.contributions[largest])}"
    yield "3 weighted sum", screen.own("the values, each times its weight α, added up; the longest part is ") + part


def _database(explanation: Explanation, close_up: CloseUp, head: int, screen: Screen) -> Iterator[tuple[str, str]]:
    """The one key that a hard look-up returns, against the mixture."""
    best = close_up.lookup[head]
    if best is None:
        yield "a look-up", "finds nothing"
        return
    keys = names(explanation.key_sentence, screen)
    yield "a look-up", f"in a database returns the value of one key, the best match: {keys[best]}"
    yield "attention", f"returns a mixture of all: {mixture(Keys.of(close_up, head), keys, screen)}"


def mixture(row: Keys, keys: Sequence[str], screen: Screen) -> str:
    """The weighted sum written out, strongest first: `0.61 × Bark + 0.08 × dog + 7 more`."""
    parts = [_part(row, key, keys, screen) for key in row.order[:MIXTURE]]
    rest = len(row.order) - MIXTURE
    return f"{GLUE}+ ".join([*parts, *([f"{rest}{GLUE}more"] if rest > 0 else [])])


def _part(row: Keys, key: int, keys: Sequence[str], screen: Screen) -> str:
    return f"{as_weight(row.shown[key])}{GLUE}{screen.own('×')}{GLUE}{keys[key]}"


def _notes(explanation: Explanation, close_up: CloseUp, screen: Screen) -> Iterator[str]:
    """The notes on a close-up."""
    n_layer = len(explanation.layers)
    yield from formula_notes(explanation)
    word = screen.word(explanation.sentence.tokens[close_up.query].name)
    if close_up.others:
        places = ", ".join(map(str, close_up.others))
        yield f"{word} stands here at {close_up.query}, and also at {places} (--word N)"
    if n_layer > 1:
        yield f"this is the last of {n_layer} layers; --json has all of them"
    if close_up.before and close_up.after is None:
        yield "no nearest words after attention: the output does not live in the space of the word vectors"
