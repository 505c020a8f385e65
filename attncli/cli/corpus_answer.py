"""What `attn corpus` gives back: its figure, and its summary or manifest."""

from pathlib import Path
from typing import Any

from attncli.cli.answer import answer, answer_json
from attncli.cli.corpus_options import RunOptions
from attncli.cli.options import AnswerOptions
from attncli.cli.output import open_sink, say
from attncli.corpus.run import Corpus
from attncli.views.figure.distances import distance_content
from attncli.views.figure.saving import save_figure
from attncli.views.terminal.corpus import corpus_json, corpus_lines


def draw(corpus: Corpus, path: str) -> None:
    """A figure of attention by distance, in the form that the file's ending says."""
    form: Any = Path(path).suffix.lower().removeprefix(".")
    with open_sink(path) as sink:
        remarks: list[str] = []
        sink.document(form, lambda stream: remarks.extend(save_figure(distance_content(corpus), "heat", stream, form)))
    for remark in remarks:
        say(f"note: {remark}")


def show(corpus: Corpus, run: RunOptions, answers: AnswerOptions) -> None:
    """The summary, or the manifest as JSON."""
    if run.json:
        answer_json([corpus_json(corpus)])
    else:
        answer(lambda screen: corpus_lines(corpus, screen, kept=run.output is not None), answers)
