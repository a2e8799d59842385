"""Bench `bandit_driver`: the lean driver beside bandit itself, in one process, file by file, over installed Python.

Both read bytes and end with findings; the driver's share holds its own decoding and parsing."""

import ast
import gc
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from bandit.core import config, manager

from scanners.decoding import decode_python
from scanners.engines.bandit_driver import check_tree, load_checks
from tests.benchmarks.corpora import list_distributions
from tests.benchmarks.figures import Figure, compare

FILES = 400
SHARE = 1 / 3

T = TypeVar("T")
Said = tuple[str, int, int, tuple[int, ...], str, str, str]


def run_bandit_driver(_: Path) -> list[Figure]:
    """Compare findings and processor time over a sample of everything installed."""
    logging.disable(logging.CRITICAL)
    try:
        return _compare(_sample())
    finally:
        logging.disable(logging.NOTSET)


def _compare(paths: Sequence[Path]) -> list[Figure]:
    load_checks()
    settings = config.BanditConfig()
    stock_seconds = own_seconds = 0.0
    different = findings = 0
    for path in paths:
        stock = manager.BanditManager(settings, "file", quiet=True, ignore_nosec=True)
        stock.files_list = [str(path)]
        _, stock_spent = _time(stock.run_tests)
        if stock.skipped:
            continue
        own, own_spent = _time(partial(_ask_driver, path))
        stock_seconds += stock_spent
        own_seconds += own_spent
        expected = [_as_said(issue) for issue in stock.results]
        different += own != expected
        findings += len(expected)
    files = f"of {len(paths)} files with {findings} findings"
    return [
        Figure("bandit_driver", f"files that differ, {files}", different, "files", "bandit: 0 files", different, 0.0),
        compare(
            "bandit_driver", metric="processor time", value=own_seconds, unit="s",
            against=("bandit in the same process", stock_seconds), target=SHARE,
        ),
    ]  # fmt: skip


def _time(act: Callable[[], T]) -> tuple[T, float]:
    """The answer and its processor time; the cycle collector, which runs when it likes, is out of both arms."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    answer = act()
    spent = time.process_time() - began
    gc.enable()
    return answer, spent


def _sample() -> list[Path]:
    paths = [path for _, files in list_distributions() for path in files]
    return paths[:: max(1, len(paths) // FILES)]


def _ask_driver(path: Path) -> list[Said]:
    text = decode_python(path.read_bytes()).text
    outcome = check_tree(ast.parse(text), text=text)
    return [(i.test_id, i.line, i.column, i.lines, i.severity, i.confidence, i.text) for i in outcome.issues]


def _as_said(issue: Any) -> Said:
    return (
        issue.test_id, issue.lineno, issue.col_offset, tuple(issue.linerange), issue.severity, issue.confidence,
        issue.text,
    )  # fmt: skip
