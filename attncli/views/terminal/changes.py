"""The context words that are others under one method than under the baseline."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from attncli.recipes.comparison import Compared, Comparison, changed_context
from attncli.recipes.explanation import Context
from attncli.views.screen import Screen
from attncli.views.terminal.heading import names
from attncli.views.terminal.typeset import DIM, GLUE, Block, Piece, heading, wrap

MOST_WORDS = 10  # of one method, with what changed
NO_WORD = "no word has other context words"


def context_changes(comparison: Comparison, screen: Screen) -> Block:
    """For each method the words whose ranked context words are not the baseline's: `he: and → dog, +dog -very`."""
    baseline, *others = comparison.methods
    if not others:
        return Block([])
    top = baseline.explanation.top
    aside = "" if baseline.explanation.memory else ", itself aside"
    how = f"strongest word{aside}, under {baseline.method} → now; + joined, - left the strongest {top}"
    lines, left_out = heading("context", how, screen), 0
    width = max(len(method.method) for method in others)
    for method in others:
        changes = list(_changes(method, baseline, screen))
        left_out += len(changes[MOST_WORDS:])
        lines += _listed(method.method, changes[:MOST_WORDS], width, screen)
    note = f"{left_out} more words with changed context are left out; --json has the context of every word"
    return Block(lines, (note,) if left_out else ())


def _listed(method: str, changes: Sequence[str], width: int, screen: Screen) -> list[Text]:
    entries: list[Piece] = [(f"   {change}", "") for change in changes or [NO_WORD]]
    return wrap([(f"{method:<{width}}", DIM), *entries], screen.columns, width + 3 if screen.columns >= 40 else 2)


def _changes(method: Compared, baseline: Compared, screen: Screen) -> Iterator[str]:
    """What changed for each word, as a text that is broken nowhere; words with a new order alone at the end."""
    queries = names(method.explanation.sentence, screen)
    keys = names(method.explanation.key_sentence, screen)
    reordered = []
    for query, before, now in changed_context(method, baseline):
        if change := _change(before, now, keys, screen):
            yield f"{queries[query]}:{GLUE}{change}"
        else:
            reordered.append(queries[query])
    if reordered:
        yield f"another order only: {', '.join(reordered)}"


def _change(before: Context, now: Context, keys: Sequence[str], screen: Screen) -> str:
    """Another strongest word, and what joined or left the strongest: `dog → a, +he -cute`; empty for a new order."""
    was, is_now = [each.key for each in before.ranked], [each.key for each in now.ranked]
    ends = dict.fromkeys(keys[each[0]] for each in (was, is_now) if each)  # one name if the strongest stayed
    strongest = f"{GLUE}{screen.own('→')}{GLUE}".join(ends) if len(ends) > 1 else ""
    joined = [f"+{keys[key]}" for key in is_now if key not in was]
    left = [f"-{keys[key]}" for key in was if key not in is_now]
    return f",{GLUE}".join(filter(None, [strongest, GLUE.join([*joined, *left])]))
