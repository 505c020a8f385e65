"""How help reads: plain text, the options in groups, and examples that the tests run."""

from collections import defaultdict
from typing import Any

from typer.core import TyperCommand, TyperGroup


class ReaderGoneError(Exception):
    """Whoever read standard output has seen enough."""


class Command(TyperCommand):
    """A command whose options stand under the panels they were given, its epilog being one example a line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What is to be typed; Typer's braces around what must be given stay around choices alone."""
        pieces = super().collect_usage_pieces(ctx)
        return [piece if "|" in piece else piece.replace("{", "").replace("}", "") for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """One section a panel, in the order of the options; those of Typer itself come last."""
        panels: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record:
                if param.param_type_name == "argument":
                    panels["Arguments"].append((record[0].split(" <")[0], record[1]))  # its type says nothing more
                else:
                    panels[getattr(param, "rich_help_panel", None) or "Help"].append(record)
        for panel, records in panels.items():
            with formatter.section(panel):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, unwrapped, so that they can be copied."""
        with formatter.section("Examples"):
            for example in (self.epilog or "").splitlines():
                formatter.write(f"  {example}\n")


class Commands(TyperGroup):
    """A group that leaves its errors to `run` instead of printing them itself."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Without Typer's own error boxes and exits."""
        return super().main(*args, **kwargs | {"standalone_mode": False})

    def invoke(self, ctx: Any) -> Any:
        """Let a reader that went away (`attn … | head`) pass Typer by, which would make it exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    format_epilog = Command.format_epilog
