"""Tokenize texts in a process that can be stopped: `python -I -S child.py`, which takes lines of JSON.

The first line is the setup: the places of the modules and of the tokenizer, and limits of memory and time; every other
is a text or two, to be read with the tokens around them or bare, or the id of a token. The reply to each is a line:
{"warnings", "side", "marks", "roles"} to the first, {"encoded"} to texts, {"piece"} to an id, {"fault"} to an error.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def limit_memory(room: int) -> None:
    """Take `room` bytes more than there are in use now, and never more than is allowed already."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            most = int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE") + room
    except (ImportError, OSError):  # not Linux: the time is all that is limited
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    given = [each for each in (soft, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([most, *given]), hard))


def limit_time(seconds: float) -> None:
    """End this process after so many seconds of work from now on; 0: never."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def replies(setup: Mapping[str, Any], lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    """The reply to the setup, and those to the texts."""
    from attncli.errors import AttnError
    from attncli.tokenizer.encoding import encode, open_tokenizer
    from attncli.tokenizer.form import FaultyTokenizerError

    limit_memory(setup["room"])
    limit_time(setup["seconds"])
    try:
        folder = Path(setup["folder"])
        opened = open_tokenizer((folder / "tokenizer.json").read_bytes(), folder, setup["config"], confined=True)
    except (FaultyTokenizerError, AttnError) as error:
        yield {"fault": str(error)}
        return
    yield {"warnings": opened.warnings, "side": opened.side, "marks": opened.marks, "roles": opened.roles}
    for line in lines:
        request = json.loads(line)
        limit_time(request["seconds"])
        try:
            if "id" in request:
                yield {"piece": opened.tokenizer.id_to_token(request["id"])}
            else:
                how = {"bare": request["bare"], "segmented": opened.segmented}
                yield {"encoded": encode(opened.tokenizer, request["text"], request["pair"], **how)}
        except FaultyTokenizerError as error:
            yield {"fault": str(error)}


def main() -> None:
    """From standard input to standard output, until that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends this process
    setup = json.loads(sys.stdin.readline())
    sys.path[:] = setup["path"]
    for reply in replies(setup, iter(sys.stdin.readline, "")):
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()
        limit_time(0)  # no limit until the next text


if __name__ == "__main__":
    main()
