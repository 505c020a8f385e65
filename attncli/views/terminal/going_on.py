"""The commands that go on from a page: what was typed, with one more option each."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from attncli.analysis.kinds import ANCHOR, BROADLY, HeadKinds
from attncli.recipes.explanation import Explanation
from attncli.views.findings import findings_of
from attncli.views.screen import Screen, cells, encodes
from attncli.views.shell import shell_word
from attncli.views.terminal.typeset import DIM, Piece, wrap

NEXT = "next: "
BETWEEN = "  or  "
ELLIPSIS = '"…"'


def next_lines(explanation: Explanation, screen: Screen, most: int = 2) -> list[Text]:
    """Two commands on one line, or each on its own; nothing where the command that was typed is not known.

    most: of the lines; on a single one long words of the commands are left out.
    """
    if not screen.command:
        return []
    room = screen.columns - len(NEXT)
    if most == 1:
        room = (room - len(BETWEEN)) // 2
    commands = [_fitting(screen.command, more, room, screen) for more in _suggestions(explanation, screen.command)]
    if cells(BETWEEN.join(commands)) <= screen.columns - len(NEXT):
        pieces: list[Piece] = [(NEXT, DIM)]
        for place, command in enumerate(commands):
            pieces += [(BETWEEN, DIM)] * (place > 0) + [(command, "")]
        return wrap(pieces, screen.columns, hanging=len(NEXT))
    return [
        text
        for place, command in enumerate(commands)
        for text in wrap([(" " * len(NEXT) if place else NEXT, DIM), (command, "")], screen.columns, len(NEXT))
    ]


def _fitting(typed: Sequence[str], more: Sequence[str], room: int, screen: Screen) -> str:
    """The command with further options; where it is longer than a line, long words of it are left out."""
    whole = _joined(typed, more, screen)
    if cells(whole) <= room:
        return whole
    return _joined([ELLIPSIS if len(word.split()) > 1 else word for word in typed], more, screen)


def _joined(typed: Sequence[str], more: Sequence[str], screen: Screen) -> str:
    """The words of a command line, further options before a `--` that ends them, and in the place of their like."""
    end = typed.index("--") if "--" in typed else len(typed)
    kept = [*_without(typed[:end], [word for word in more if word.startswith("-")]), *more, *typed[end:]]
    elided = ELLIPSIS if encodes(ELLIPSIS, screen.encoding) else '"..."'
    shown = (elided if word == ELLIPSIS else screen.word(shell_word(word)) for word in kept)
    return " ".join(["attn", *shown])


def _without(typed: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """The words without some options and their values."""
    for place, word in enumerate(typed):
        if {*options}.isdisjoint(typed[max(place - 1, 0) : place + 1]) and word.partition("=")[0] not in options:
            yield word


def _suggestions(explanation: Explanation, typed: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Options that lead on: the close-up of a telling word, then more heads, or a page; of a map, one of its heads."""
    if explanation.source.kinds is not None and not explanation.single:
        yield _decided(explanation, explanation.source.kinds)
        yield ("-o", "page.html") if "--numbers" in typed else ("--numbers",)
        return
    yield "--word", _telling(explanation)
    settings = explanation.source.settings
    of_vectors = explanation.source.kind == "vectors" and "--mode" not in typed
    if of_vectors and getattr(settings, "method", "") == "dot":
        yield "--method", "scaled"
    elif of_vectors and explanation.memory is None:
        yield "--mode", "multihead"
    else:
        yield "-o", "page.html"


def _decided(explanation: Explanation, kinds: HeadKinds) -> tuple[str, ...]:
    """The options of the head with the least entropy, the first token's and spread ones behind all others."""
    last = np.isin(kinds.kind, (ANCHOR, BROADLY)) * (kinds.entropy.max() + 1)  # [n_layer, n_head]
    layer, head = np.unravel_index(int((kinds.entropy + last).argmin()), kinds.kind.shape)
    return "--layer", str(explanation.layer_numbers[layer]), "--head", str(explanation.head_numbers[head])


def _telling(explanation: Explanation) -> str:
    """The word of the first finding with the larger weight on another one, by its place where it is there twice.

    Even rows lead nowhere: where there are no others, it is any word.
    """
    found = [each for each in findings_of(explanation) if each.kind != "even"]
    tokens = explanation.sentence.tokens
    queries = {query for each in found[:1] for query in each.queries} or {*range(len(tokens))}
    there = Counter(token.text.casefold() for token in tokens)
    once = {token.index: token.text.isalpha() and there[token.text.casefold()] == 1 for token in tokens}
    ranked = [context for context in explanation.context if context.ranked and context.query in queries]
    best = max(ranked, key=lambda context: (once[context.query], context.ranked[0].weight), default=None)
    query = 0 if best is None else best.query
    return tokens[query].text if once[query] else str(query)


def more_heads(rest: int) -> str:
    """The way to the heads that a list leaves out."""
    return f"{rest} more head{'s' * (rest != 1)}: --top K, or --json"
