"""The entry point, small so that Ctrl-C is caught even while the rest is being imported."""

import gc
import sys
import warnings

from attncli import address_space, interrupts
from attncli.errors import ExitCode

# Imports make many objects and no garbage: looking for it so often would take a sixth of a short command's time.
OBJECTS_BEFORE_COLLECTION = 100_000
WITHOUT_NUMPY = {"-h", "--help", "help", "--version", "version", "completion"}


def main() -> None:
    """Run the command line and leave with its exit code: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
    interrupts.heed()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # they are for developers, who ask for them
    if (refusal := address_space.heed(address_space.limit())) and not WITHOUT_NUMPY.intersection(
        sys.argv[1:] or ["-h"]
    ):
        sys.exit(f"error: {refusal}\nhint: ulimit -v unlimited")  # with the exit code 1
    try:
        code = _ended()
    except KeyboardInterrupt:  # a third time, which is the last: see interrupts.AGAIN
        code = interrupts.exit_code(ExitCode.INTERRUPTED)
    gc.freeze()  # the end of the process searches all objects for garbage: a sixth of the time of a short command
    interrupts.leave(code)


def _ended() -> int:
    try:
        return interrupts.exit_code(_run())
    except KeyboardInterrupt:  # once more, before a slow machine was done with the first
        return interrupts.exit_code(ExitCode.INTERRUPTED)


def _run() -> int:
    try:
        from attncli.cli.app import run

        return run()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


if __name__ == "__main__":
    main()
