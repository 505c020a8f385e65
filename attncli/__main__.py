"""The entry point, small so that Ctrl-C is met even while the rest is still being imported."""

import gc
import signal
import sys
from types import FrameType

PATIENCE = 0.5  # seconds
# Imports make many objects and no garbage: looking for it so often would take a sixth of a short command's time.
OBJECTS_BEFORE_COLLECTION = 100_000


def main() -> None:
    """Run the command line and leave with its exit code, 130 when interrupted."""
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what is half-written goes away
    try:
        from attncli.cli.app import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and once more a little later: an import or a destructor may have swallowed it.

    What a destructor then says of it helps nobody.
    """
    sys.unraisablehook = lambda _: None
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
