"""The one place where errors become a line, a hint and an exit code."""

import os
import sys
import traceback
from contextlib import suppress
from typing import Any

from typer.exceptions import TyperException

from attncli import __version__
from attncli.cli.lazy import ReaderGoneError
from attncli.cli.output import say
from attncli.errors import AttnError

REPORT = "https://github.com/attncli/attn/issues"


def exit_code(error: Exception) -> int:
    """Say what went wrong in one line, and how to go on in another; return the code to leave with."""
    _silence()
    if isinstance(error, ReaderGoneError | BrokenPipeError):
        return 0
    message, hint, code = _describe(error)
    say(f"error: {message}")
    if hint:
        say(f"hint: {hint}")
    if "--debug" in sys.argv and REPORT in (hint or ""):
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line)
    return code


def _describe(error: Exception) -> tuple[str, str | None, int]:
    if isinstance(error, AttnError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, TyperException):
        return *_usage(error), 2
    if isinstance(error, MemoryError):
        return "there is not enough memory for this", "fewer words, layers or heads at a time need less", 1
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename!r}: " if error.filename else "cannot write the output: "
        return f"{where}{error.strerror}", None, 1
    found = f"attn {__version__} failed with {type(error).__name__}: {error}"
    return found, f"please report this fault, with what --debug and attn --version --debug say, at {REPORT}", 1


def _usage(error: Any) -> tuple[str, str]:
    """Message and hint of a mistake that Typer found in the command line."""
    path = error.ctx.command_path if getattr(error, "ctx", None) else " ".join(["attn", *sys.argv[1:2]])
    message, _, near = error.format_message().rstrip(".?").partition(" Did you mean ")
    if possibilities := getattr(error, "possibilities", None):
        message, near = f"no such option: {error.option_name}", possibilities[0]
    if hasattr(error.__cause__, "errors"):  # pydantic's, which knows the value that Typer's message leaves out
        fault = error.__cause__.errors()[0]
        needed = {"int_parsing": "it takes a whole number", "float_parsing": "it takes a number"}
        message = f"{error.param.opts[0]} {fault['input']!r} does not work"
        return message, f"{needed.get(fault['type'], fault['msg'])}; see: {path} --help"
    if getattr(error, "option_name", None) and any(word.startswith("-") and " " in word for word in sys.argv):
        return message, f'a sentence that begins with a dash stands behind two: {path} -- "-…"'
    if "extra argument" in message and any(param.name == "sentence" for param in error.ctx.command.params):
        return message, f'put the sentence in quotes: {path} "…"'
    return message.rstrip("."), (f"did you mean {near}? " if near else "") + f"see: {path} --help"


def _silence() -> None:
    """Let the interpreter's own flush at exit fall on nothing: its second complaint would help nobody."""
    with suppress(OSError, ValueError, AttributeError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
