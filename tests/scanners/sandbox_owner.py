"""Runs as a program: takes something away from itself as a container would, then tries what still holds its children.

`python -m tests.scanners.sandbox_owner LESS`, where LESS names what the kernel is to refuse from now on.
"""

import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator

from scanners.sandbox_calls import CALLS
from scanners.sandbox_probes import PTRACE
from scanners.sandbox_scratch import make_scratch
from scanners.sandbox_seccomp import AT_NUMBER, EQUAL, ERRNO, LET, LOAD, RETURN, Step, load_filter
from scanners.sandbox_status import sandbox_status
from scanners.sandbox_syscalls import MACHINE, PR_SET_NO_NEW_PRIVS, control_process
from scanners.warm import Warm
from tests.scanners.warm_functions import TARGETS

SECCOMP = CALLS[MACHINE].seccomp
LANDLOCK = (444, 445, 446)
# mount, umount2, pivot_root, unshare, setns
MOUNTING = {"x86_64": (155, 165, 166, 272, 308), "aarch64": (39, 40, 41, 97, 268)}
LESS = {
    "nothing": ((), errno.EPERM),
    "namespaces": ((*MOUNTING[MACHINE], PTRACE[MACHINE]), errno.EPERM),
    "seccomp": ((SECCOMP,), errno.ENOSYS),
    "landlock": (LANDLOCK, errno.ENOSYS),
    "both": ((SECCOMP, *LANDLOCK), errno.ENOSYS),
}


def refuse(numbers: Iterable[int], *, error: int) -> Iterator[Step]:
    yield (LOAD, 0, 0, AT_NUMBER)
    for number in numbers:
        yield from ((EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | error))
    yield LET


def main() -> None:
    numbers, error = LESS[sys.argv[1]]
    if numbers:
        if os.geteuid() != 0:
            control_process(PR_SET_NO_NEW_PRIVS, 1)
        load_filter(refuse(numbers, error=error), number=SECCOMP)
    warm = Warm(targets={"probe": "scanners.sandbox_probes:run_probes", **TARGETS})
    status = sandbox_status(through=warm)
    with make_scratch() as scratch:
        daemon = warm.call("leave_daemon", {}, scratch=scratch, seconds=20)
        mark = scratch / "alive"
        before = mark.read_text() if mark.exists() else ""
        bomb = warm.call("bomb", {}, scratch=scratch, seconds=3)
        alive = [before, mark.read_text() if mark.exists() else ""]
    json.dump(
        {
            "through": [probe.name for probe in status.probes if not probe.is_blocked],
            "probes": len(status.probes),
            "in_force": status.in_force,
            "refusal": status.refusal,
            "daemon": [daemon.state, daemon.value],
            "alive": alive,
            "bomb": [bomb.state, bomb.seconds],
        },
        sys.stdout,
    )
    warm.close()


if __name__ == "__main__":
    main()
