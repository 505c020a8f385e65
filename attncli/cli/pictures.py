"""A picture beside the output of a command, `--picture FILE.svg`: checked before the work, written after it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attncli.errors import UsageError
from attncli.settings.figure import FIGURED

if TYPE_CHECKING:
    from attncli.settings.figure import PictureOptions
    from attncli.views.figure.content import Figure


def check_picture(path: str) -> None:
    """Check the ending of a picture, and that matplotlib is installed; UsageError, ResourceError."""
    from attncli.views.figure.saving import check_installed

    if _form(path) not in FIGURED:
        endings = ", ".join(f".{each}" for each in FIGURED)
        raise UsageError(f"expected an ending among {endings}", setting="picture", value=path)
    check_installed()


def write_picture(path: str, content: "Figure", options: "PictureOptions") -> None:
    """Write a figure in the form that the file's ending says, and say the remarks about it."""
    from attncli.cli.output import open_sink, say
    from attncli.views.figure.saving import save_figure

    form: Any = _form(path)
    remarks: list[str] = []
    with open_sink(path) as sink:
        sink.document(lambda stream: remarks.extend(save_figure(content, "heat", stream, form, options)))
    for remark in remarks:
        say(f"note: {remark}")


def _form(path: str) -> str:
    return Path(path).suffix.lower().removeprefix(".")
