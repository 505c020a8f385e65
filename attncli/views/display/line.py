"""A value in one line, for `repr`: its name, its texts, its sizes, and its model or vector set."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from attncli.views.formats import kind_of
from attncli.views.rounding import counted
from attncli.views.screen import cut

LONGEST = 40  # cells of a text
MOST_TEXTS = 3


class Line(NamedTuple):
    """The parts of a line: the texts that a value is of, its sizes, and the name of its model or vector set."""

    texts: Sequence[str]
    size: str
    source: str


def line_of(record: Any) -> str:
    """`<Explanation 'Bark is very cute': 1 layer × 1 head, 4 × 4 words, attn-en>`; text of others is escaped."""
    name = type(record).__name__
    line = LINES[kind_of(type(record))](record)
    texts = [repr(cut(text, LONGEST)) for text in line.texts[:MOST_TEXTS]]
    texts += ["…"] * (len(line.texts) > MOST_TEXTS)
    return f"<{name} {' / '.join(texts)}: {line.size}, {repr(cut(line.source, LONGEST))[1:-1]}>"


def _explanation(record: Any) -> Line:
    pair = f"{len(record.sentence.tokens)} × {len(record.key_sentence.tokens)} {record.source.unit}s"
    heads = f"{counted(len(record.layers), 'layer')} × {counted(len(record.head_numbers), 'head')}"
    return Line(_texts(record), f"{record.source.combined or heads}, {pair}", record.source.name)


def _comparison(record: Any) -> Line:
    return Line(_texts(record), ", ".join(each.method for each in record.methods), record.vectors.name)


def _models(record: Any) -> Line:
    names = dict.fromkeys(each.source.name for each in (record.baseline, record.other))
    return Line(record.texts, f"{counted(len(record.heads), 'head')}", " against ".join(names))


def _ranked(by: Callable[[Any], str]) -> Callable[[Any], Line]:
    return lambda record: Line(
        _texts(record), f"{counted(len(record.heads), 'head')} by {by(record)}", record.model.name
    )


def _prediction(record: Any) -> Line:
    size = counted(len(record.labels), "label") if record.labels else counted(len(record.predictions), "answer")
    return Line([record.text], size, record.model.name)


def _lens(record: Any) -> Line:
    size = f"{counted(len(record.layers) - 1, 'layer')} × {counted(len(record.positions), 'place')}"
    return Line([record.prediction.text], size, record.prediction.model.name)


def _alignment(record: Any) -> Line:
    n, m = record.weights.shape
    return Line(_texts(record), f"{n} × {m} words, {counted(len(record.links), 'link')}", record.space.name)


def _similarity(record: Any) -> Line:
    n, m = len(record.tokens), len(record.other_tokens)
    return Line(_texts(record), f"{record.function} {record.value:.3f}, {n} × {m} words", record.space.name)


def _search(record: Any) -> Line:
    return Line([record.query], f"{len(record.found):,} of {counted(record.lines, 'line')}", record.best.space.name)


def _treebank(record: Any) -> Line:
    heads = f"{counted(len(record.layers), 'layer')} × {counted(len(record.heads), 'head')}"
    return Line(record.files, f"{counted(len(record.relations), 'relation')}, {heads}", record.source.name)


def _texts(record: Any) -> list[str]:
    return [part.text for sentence in record.sentences for part in sentence.parts]


#: The line of each type of record, by its name: no view imports them all.
LINES: Mapping[str, Callable[[Any], Line]] = {
    "Explanation": _explanation,
    "Comparison": _comparison,
    "ModelComparison": _models,
    "HeadRanking": _ranked(lambda record: record.pattern or "pair"),
    "HeadEffects": _ranked(lambda record: "effect"),
    "HeadContributions": _ranked(lambda record: "contribution"),
    "Prediction": _prediction,
    "Lens": _lens,
    "Alignment": _alignment,
    "Similarity": _similarity,
    "TextSearch": _search,
    "TreebankHeads": _treebank,
}
