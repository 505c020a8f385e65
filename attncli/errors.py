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
