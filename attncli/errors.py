"""What can go wrong, each kind with the exit code that the command line gives it."""


class AttnError(Exception):
    """Something the user can act on: a one-line message that quotes the input, and the next step.

    `message` and `hint` are plain text; whoever prints them makes control characters visible.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(AttnError, ValueError):
    """A wrong option value or combination, or an empty sentence (exit 2)."""

    exit_code = 2


class ResourceError(AttnError):
    """Vectors, projections, a model or an extra that is missing or unreadable (exit 3)."""

    exit_code = 3


class FinalError(UsageError):
    """A wrong use that ends a batch: no later sentence could fare better (exit 2)."""


def quoted(value: object, most: int = 60) -> str:
    """The value as Python writes it, cut to about `most` characters: what errors quote may come from a stranger."""
    try:
        text = repr(value[: most + 1] if isinstance(value, str | bytes) else value)
    except (RecursionError, ValueError):  # nested too deeply; a number of more digits than Python writes
        text = f"a {type(value).__name__}"
    return text if len(text) <= most + 2 else f"{text[:most]}…"
