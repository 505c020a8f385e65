"""A run of the explorer on the terminal, with the signals of its caller restored behind it."""

import signal
from typing import TYPE_CHECKING

from attncli import interrupts

if TYPE_CHECKING:
    from attncli.explore.app import Explorer


def run(app: "Explorer") -> int:
    """Run the app on the terminal and return its exit code; its signals are the caller's again, also after a fault.

    Raises:
        Exception: the fault that ended the app.
    """
    handlers = {number: signal.getsignal(number) for number in interrupts.numbers()}
    try:
        app.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0
