"""Outlives a killed supervisor just long enough to end everything that it had started.

Waits for the end of its standard input, which the supervisor alone holds open; never starts anything."""

import os
import signal
import sys
from typing import TextIO

from governance.stack.processes import end_processes, list_family

# PostgreSQL on TERM waits for its clients and on QUIT does not; celery and gunicorn take QUIT as "now".
_STEPS = {signal.SIGTERM: 1.0, signal.SIGQUIT: 1.5, signal.SIGKILL: 2.0}


def read_watched(lines: TextIO) -> set[int]:
    """The processes outside our group that were still to be watched when `lines` ended."""
    watched: set[int] = set()
    for line in lines:
        verb, pid = line.split()
        if verb == "watch":
            watched.add(int(pid))
        else:
            watched.discard(int(pid))
    return watched


def main() -> None:
    """End the whole group, and its runaways, once the supervisor is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    watched = read_watched(sys.stdin)
    own = os.getpid()
    family = [process for process in list_family(watched, group=os.getpgrp()) if process.pid != own]
    end_processes(family, steps=_STEPS)


if __name__ == "__main__":
    main()
