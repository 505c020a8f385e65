"""The three sentences about a page, with its terms explained where they stand."""

from html import escape

TERMS = {
    "query": "The word that looks: its vector is held against the key of every word.",
    "key": "The word that is looked at, by the vector that queries are held against.",
    "weight": "A share of attention, from 0 to 1: the softmax of the scores of a row, which add up to 1.",
    "head": "One way of looking, with queries, keys and values of its own.",
    "layer": "One step of a model; its heads look at the same time, and the next layer reads what they found.",
    "value": "The vector that a word hands on, times its weight, to those that look at it.",
}
SENTENCES = (
    "A row of the matrix is a word that looks, the {query}, a column one that is looked at, the {key}, and a cell is "
    "the {weight} that the one gives the other.",
    "A {layer} has one {head} or several, each with a matrix of its own: choose one above, or see all of them at once "
    "where there are more.",
    "A weight says how much of a word's {value} is taken over, and not why: point at a word or a cell to read its "
    "numbers, and click a word to follow its three steps below.",
)


def meaning() -> str:
    """A paragraph of SENTENCES; a term says what it means under a pointer and to the keyboard."""
    marked = {
        name: f'<span class="term" tabindex="0" aria-describedby="term-{name}">{name}'
        f'<span role="tooltip" id="term-{name}">{escape(means)}</span></span>'
        for name, means in TERMS.items()
    }
    return f"<p>{' '.join(SENTENCES).format(**marked)}</p>\n"
