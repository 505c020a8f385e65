"""The entry point, small so that Ctrl-C is met even while the rest is still being imported."""

import signal
import sys
from types import FrameType

PATIENCE = 0.5  # seconds


def main() -> None:
    """Run the command line and leave with its exit code, 130 when interrupted."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        from attncli.cli.app import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and once more a little later: an import or a destructor may have swallowed it."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
