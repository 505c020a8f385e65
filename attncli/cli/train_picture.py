"""The picture of `attn train`: checked before the training, which is watched for it, and drawn after it."""

from typing import TYPE_CHECKING

from attncli.cli.pictures import check_picture, write_picture
from attncli.cli.train_options import TrainOptions
from attncli.settings.figure import PictureOptions

if TYPE_CHECKING:
    from attncli.training.block import Shape
    from attncli.training.corpus import Corpus
    from attncli.training.loop import Trained
    from attncli.training.watching import Watch
    from attncli.vectors import Vectors

ENDED = {
    "done": "",
    "stopped": "; it fell after that, so training ended",
    "interrupted": "; interrupted",
    "diverged": "; the loss was no longer a number, so training ended",
}


class TrainPicture:
    """The picture that --picture asks for, or none; errors as of `check_picture`, and AttnError for a bad place."""

    def __init__(self, training: TrainOptions, options: PictureOptions) -> None:
        from attncli.training.files import check_writable

        self._path, self._resumed, self._options = training.picture, training.resume is not None, options
        self._watch: Watch | None = None
        if self._path is not None:
            check_picture(self._path)
            check_writable(self._path, "--picture FILE.svg")

    def watch(self, corpus: "Corpus", vectors: "Vectors", shape: "Shape") -> "Watch | None":
        """Whatever collects the course of the training for it."""
        from attncli.training.watching import Watch

        self._watch = Watch(corpus, vectors, shape) if self._path is not None else None
        return self._watch

    def draw(self, trained: "Trained", vectors: "Vectors") -> str | None:
        """Write it beside the heads, which are safe by then; its path."""
        if self._path is None or self._watch is None:
            return None
        from attncli.views.figure.content import PAPER
        from attncli.views.figure.course import course_content

        history, n_head = self._watch.history(), len(trained.profile)
        title = f"Training of {n_head} head{'s' * (n_head > 1)}" + ", resumed" * self._resumed
        of = f"{history.method} · vectors {PAPER.word(vectors.name)}"
        figure = f"held-out MRR {trained.held_out:.3f} after {history.looks[-1].step:,} steps{ENDED[trained.ended]}"
        write_picture(self._path, course_content(history, title, f"{of} · {figure}"), self._options)
        return self._path
