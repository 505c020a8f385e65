"""The one place where errors become a line, a hint and an exit code, their settings named as options."""

import os
import shlex
import sys
import traceback
from contextlib import suppress
from typing import Any

from typer.exceptions import TyperException

from attncli import __version__
from attncli.cli.lazy import ReaderGoneError
from attncli.cli.output import say
from attncli.errors import AttnError, ExitCode, Subject
from attncli.settings.wording import as_option

REPORT = "https://github.com/attncli/attn/issues"


def report(error: AttnError, where: str = "", hinted: bool = True) -> None:
    """Print an error in one line, its place `where` before it, and its hint in another."""
    message, hint = error.in_words(as_option)
    say(f"error: {where}{message}")
    if hinted and hint:
        say(f"hint: {hint}")


def exit_code(error: Exception) -> ExitCode:
    """Print the error in one line and its hint in another; returns the exit code."""
    _silence()
    if isinstance(error, ReaderGoneError | BrokenPipeError):
        return ExitCode.FINE
    message, hint, code = _describe(error)
    say(f"error: {message}")
    if hint:
        say(f"hint: {hint}")
    if "--debug" in sys.argv and REPORT in (hint or ""):
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line)
    return code


def _describe(error: Exception) -> tuple[str, str | None, ExitCode]:
    if isinstance(error, AttnError):
        message, hint = error.in_words(as_option)
        return message, hint or (f"see: {_command()} --help" if error.setting else None), error.exit_code
    if isinstance(error, TyperException):
        return *_usage(error), ExitCode.WRONG_USAGE
    if isinstance(error, MemoryError):
        hint = "fewer words, layers or heads at a time need less"
        return "there is not enough memory for this", hint, ExitCode.FAILED
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename!r}: " if error.filename else "cannot write the output: "
        return f"{where}{error.strerror}", None, ExitCode.FAILED
    found = f"attn {__version__} failed with {type(error).__name__}: {error}"
    hint = f"please report this fault, with the output of --debug and attn --version --debug, at {REPORT}"
    return found, hint, ExitCode.FAILED


def _command() -> str:
    """The command that was typed, without its arguments."""
    return " ".join(["attn", *sys.argv[1:2]])


def _usage(error: Any) -> tuple[str, str]:
    """Message and hint of a mistake that Typer found in the command line."""
    path = error.ctx.command_path if getattr(error, "ctx", None) else _command()
    message, _, near = error.format_message().rstrip(".?").partition(" Did you mean ")
    if possibilities := getattr(error, "possibilities", None):
        message, near = f"No such option: {error.option_name}", possibilities[0]
    if (behind := _behind_its_command(error)) is not None:
        return f"{error.option_name} stands before the command", behind
    message = message[:1].lower() + message[1:]
    if hasattr(error.__cause__, "errors"):  # pydantic's, which knows the value that Typer's message leaves out
        fault = error.__cause__.errors()[0]
        expected = {"int_parsing": "a whole number", "float_parsing": "a number"}.get(fault["type"], fault["msg"])
        subject = as_option(Subject(error.param.name, fault["input"]))
        return f"{subject}: expected {expected}", f"see: {path} --help"
    if getattr(error, "option_name", None) and any(word.startswith("-") and " " in word for word in sys.argv):
        return message, f'put two dashes before a sentence that begins with a dash: {path} -- "-…"'
    if "extra argument" in message and any(param.name == "sentence" for param in error.ctx.command.params):
        return message, f'put the sentence in quotes: {path} "…"'
    return message.rstrip("."), (f"did you mean {near}? " if near else "") + f"see: {path} --help"


def _behind_its_command(error: Any) -> str | None:
    """The command line with its command first, where an option before it is one of that command's."""
    option, commands = getattr(error, "option_name", None), getattr(error.ctx and error.ctx.command, "commands", {})
    named = next((word for word in sys.argv[1:] if word in commands), "explain")
    command = commands.get(named)
    if not option or not any(option in param.opts for param in getattr(command, "params", ())):
        return None
    words = list(sys.argv[1:])
    if named in words:
        words.remove(named)
    return shlex.join(["attn", named, *words])


def _silence() -> None:
    """Point standard output at the null device, so that the interpreter's flush at exit does not fail again."""
    with suppress(OSError, ValueError, AttributeError):
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
