"""Runs in a sandboxed process: bandit's own checks over the staged files, with its silencers off.

Reads no configuration from anywhere. A check that fails inside bandit is an error here, not a line in a log.
"""

import json
import logging
import sys
import threading
from pathlib import Path

from bandit.core import config, manager

from scanners import limits


class ErrorCollector(logging.Handler):
    """Keeps what bandit only logs: a check that crashed has not looked."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage()[:200])


def run(names: list[str]) -> None:
    """Check the named files of the working folder and print findings, files read and errors as JSON."""
    collector = ErrorCollector()
    logger = logging.getLogger("bandit")
    logger.addHandler(collector)
    logger.propagate = False
    # No file of the plugin can be a configuration: the default one is built here, in memory.
    bandit = manager.BanditManager(config.BanditConfig(), "file", quiet=True, ignore_nosec=True)
    bandit.files_list = names
    bandit.run_tests()
    skipped = {name: str(reason)[:200] for name, reason in bandit.skipped}
    answer = {
        "findings": [
            {"test_id": issue.test_id, "name": issue.fname, "line": issue.lineno,
             "end_line": max([issue.lineno, *issue.linerange])}
            for issue in bandit.results
        ],
        "read": sorted(name for name in names if name in bandit.metrics.data and name not in skipped),
        "errors": [f"{name}: {reason}" for name, reason in sorted(skipped.items())] + collector.messages,
    }  # fmt: skip
    json.dump(answer, sys.stdout)
    sys.stdout.flush()


def main() -> None:
    """Run on a big stack: bandit's visitor recurses with every level of nesting."""
    sys.setrecursionlimit(limits.CHILD_RECURSION)
    threading.stack_size(limits.CHILD_STACK_BYTES)
    names = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    worker = threading.Thread(target=run, args=(names,))
    worker.start()
    worker.join()


if __name__ == "__main__":
    main()
