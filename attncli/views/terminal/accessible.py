"""Pages in plain sentences, for screen readers: no boxes, no bars, no shades, no columns."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from rich.text import Text

from attncli.analysis.kinds import HeadKinds
from attncli.recipes.comparison import Compared, Comparison, changed_context
from attncli.recipes.explanation import CloseUp, Context, Explanation
from attncli.recipes.sources import Neighbour
from attncli.views.formula import Formula, formula_notes, formula_of
from attncli.views.rounding import as_number
from attncli.views.screen import Screen
from attncli.views.terminal.context import MOST_WORDS
from attncli.views.terminal.head_map import kind_sentences
from attncli.views.terminal.heading import closing, labelled, names
from attncli.views.terminal.nearest import moves
from attncli.views.terminal.roles import role_sentences
from attncli.views.terminal.typeset import wrap

MOST_KEYS = 20


def explain_sentences(explanation: Explanation, screen: Screen) -> list[Text]:
    """`attn explain` as sentences: the settings, and the context of each word."""
    remarks: list[str] = []
    sentences = [*_opening(explanation, screen), *_at_first_glance(explanation, screen)]
    sentences += _contexts(explanation, screen)
    n_layer, n_head = explanation.weights.shape[:2] if explanation.has_matrix else (1, 1)
    sentences += role_sentences(explanation)
    if n_head > 1:
        sentences += _heads(explanation, screen)
        remarks.append(f"the context of each word is the mean of {n_head} heads")
    if n_layer > 1:
        remarks.append(f"this is the last of {n_layer} layers")
    if len(explanation.context) > MOST_WORDS:
        remarks.append(f"the last {len(explanation.context) - MOST_WORDS} words are left out")
    rest = "all weights: --json" if explanation.has_matrix else "all words: --json"
    return [*_lines(sentences, screen), *closing(explanation, (*remarks, rest), screen)]


def _at_first_glance(explanation: Explanation, screen: Screen) -> list[str]:
    """What the weights say, on a terminal."""
    if not screen.height:
        return []
    from attncli.views.terminal.finding import finding_lines  # files and pipes need not wait for it

    said = " ".join(line.plain.strip() for line in finding_lines(explanation, screen))
    return [f"At first glance: {said}."] if said else []


def map_sentences(explanation: Explanation, kinds: HeadKinds, screen: Screen) -> list[Text]:
    """The map of a model's heads as sentences."""
    sentences = [*_opening(explanation, screen), *kind_sentences(explanation, kinds)]
    remarks = ["one head whole: --layer L --head H", "all numbers: --json"]
    return [*_lines(sentences, screen), *closing(explanation, remarks, screen)]


def close_up_sentences(explanation: Explanation, close_up: CloseUp, screen: Screen) -> list[Text]:
    """`attn explain --word` as sentences: each head's keys from the strongest on, then the nearest words."""
    sentences = [*_opening(explanation, screen)]
    for head in range(len(close_up.weights)):
        sentences += _steps(explanation, close_up, head, screen)
    sentences += _nearest(explanation, close_up, screen)
    if close_up.others:
        sentences.append(f"The same word is also at {', '.join(map(str, close_up.others))}.")
    remarks = [*formula_notes(explanation), "all numbers: --json --full"]
    return [*_lines(sentences, screen), *closing(explanation, remarks, screen)]


def _nearest(explanation: Explanation, close_up: CloseUp, screen: Screen) -> Iterator[str]:
    """The nearest words before and after; a model's vectors have none."""
    if not close_up.before:
        return
    yield f"Nearest words before attention: {_near(close_up.before, screen)}."
    if close_up.after is None:
        yield "After attention the vector is not in the space of the words: it has no nearest words."
    else:
        yield f"Nearest words after attention: {_near(close_up.after, screen)}."
        yield from _moved(explanation, close_up, screen)


def compare_sentences(comparison: Comparison, screen: Screen) -> list[Text]:
    """`attn compare` as sentences: each method's measures and the context words that changed."""
    from attncli.views.terminal.compare import equal_notes  # an explanation need not wait for it

    baseline, *others = comparison.methods
    explanation = baseline.explanation
    sentences = [
        *_opening(explanation, screen),
        f"The baseline is {baseline.method}.",
        f"{baseline.method}: entropy {_value(baseline.entropy)} bits a row.",
    ]
    for method in others:
        sentences += _measured(method, baseline, screen)
    sentences += [f"{note}." for note in equal_notes(comparison)]
    return [*_lines(sentences, screen), *closing(explanation, ["all weights: --json"], screen, comparison.warnings)]


def _opening(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """The settings and the sentence."""
    settings = ", ".join(screen.word(each.spoken) for each in labelled(explanation, screen))
    yield f"{'Attention with ' if explanation.source.kind == 'vectors' else ''}{settings}."
    names = ("Sentence",) if explanation.sentence.pair is None else ("First text", "Second text")
    for name, part in zip(names, explanation.sentence.parts, strict=True):
        yield f"{name}: {screen.word(part.text)}"
    if explanation.memory is not None:
        yield f"The keys and values are from: {screen.word(explanation.memory.text)}"


def _contexts(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """One sentence a word: "Bark attends to itself with 0.61, then to dog with 0.08, very with 0.07"."""
    queries, keys = names(explanation.sentence, screen), names(explanation.key_sentence, screen)
    for context in explanation.context[:MOST_WORDS]:
        yield f"{queries[context.query]} {_attends(context, keys)}."


def _attends(context: Context, keys: Sequence[str]) -> str:
    ranked = ", ".join(f"{keys[each.key]} with {each.weight:.2f}" for each in context.ranked)
    if context.itself is None:
        return f"attends to {ranked}" if ranked else "sees nothing"
    itself = f"attends to itself with {context.itself:.2f}"
    return f"{itself}, then to {ranked}" if ranked else f"{itself}, and sees nothing else"


def _heads(explanation: Explanation, screen: Screen) -> Iterator[str]:
    """The strongest key of each word in each head."""
    queries, keys = names(explanation.sentence, screen), names(explanation.key_sentence, screen)
    for head, weights in zip(explanation.head_numbers, explanation.weights[-1], strict=True):  # [n_query, n_key]
        best = weights[:MOST_WORDS].argmax(axis=1)  # [n_query]
        strongest = [
            f"{queries[query]} attends most to {keys[key]} with {weights[query, key]:.2f}"
            for query, key in enumerate(best)
        ]
        yield f"In head {head}: {'; '.join(strongest)}."


def _steps(explanation: Explanation, close_up: CloseUp, head: int, screen: Screen) -> Iterator[str]:
    word, keys = names(explanation.sentence, screen)[close_up.query], names(explanation.key_sentence, screen)
    scores, weights, parts = close_up.scores[head], close_up.weights[head], close_up.contributions[head]  # [n_key]
    best = close_up.lookup[head]
    yield f"Head {close_up.heads[head]}, the query is {word}."
    if best is None:
        yield "The mask lets it see nothing."
        return
    formula = formula_of(close_up.terms, head) if close_up.terms else None
    if formula:
        yield f"A score is {formula.in_words}."
    for key in np.argsort(-weights, kind="stable")[:MOST_KEYS]:
        if scores[key] != -np.inf:
            score, part = f"{_terms(formula, key)}score {as_number(scores[key])}", as_number(parts[key])
            yield f"{keys[key]}: {score}, weight {weights[key]:.2f}, contribution {part}."
    if len(keys) > MOST_KEYS:
        yield f"The other {len(keys) - MOST_KEYS} keys are left out."
    yield f"A look-up in a database would return the value of {keys[best]} alone; attention returns the mixture of all."


def _terms(formula: Formula | None, key: int) -> str:
    """The terms of a key's score, before the score; nothing where the score is its only term."""
    if formula is None or formula.plain:
        return ""
    position = f"position {formula.position_of(0, key)}, " if formula.positional else ""
    return f"{formula.terms.method.spoken} {formula.similarity_of(0, key)}, {position}"


def _near(neighbours: Iterable[Neighbour], screen: Screen) -> str:
    return ", ".join(f"{screen.word(each.text)} {each.similarity:.2f}" for each in neighbours)


def _moved(explanation: Explanation, close_up: CloseUp, screen: Screen) -> Iterator[str]:
    """The cosines of the vector with its context words, before and after."""
    keys = names(explanation.key_sentence, screen)
    for each in moves(explanation, close_up.query):
        yield f"Its cosine with {keys[each.key]} was {each.before:.2f} before attention and is {each.after:.2f} after."


def _measured(method: Compared, baseline: Compared, screen: Screen) -> Iterator[str]:
    queries = names(method.explanation.sentence, screen)
    keys = names(method.explanation.key_sentence, screen)
    yield (
        f"{method.method}: entropy {_value(method.entropy)} bits a row, Jensen-Shannon divergence from "
        f"{baseline.method} {_value(method.divergence)} bits a row, "
        f"rank correlation {_value(method.rank_correlation)}, "
        f"largest weight on the same word in {_value(method.top1_agreement)} of the rows."
    )
    for query, before, now in changed_context(method, baseline):
        was, is_now = (", ".join(keys[each.key] for each in context.ranked) for context in (before, now))
        yield f"With {method.method}, {queries[query]} attends most to {is_now}{_besides(now)}; before, to {was}."


def _besides(context: Context) -> str:
    return "" if context.itself is None else ", itself aside"


def _value(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"


def _lines(sentences: Iterable[str], screen: Screen) -> list[Text]:
    return [text for sentence in sentences for text in wrap([(sentence, "")], screen.columns)]
