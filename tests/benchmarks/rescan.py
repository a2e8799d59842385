"""Benches `rescan` and `one_rule`: what a second scan costs when nothing, or one rule of the set, has changed.

They need a door with a cache; without one nothing is measured, and the line says so."""

import hashlib
import inspect
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import scanners
from governance.stack.paths import CHECKOUT
from scanners.cache import DirectoryCache
from tests.benchmarks.corpora import Plugin, make_small
from tests.benchmarks.figures import Figure, compare, report_missing
from tests.benchmarks.peers import COMMAND_LINES, run_command_lines, write_rules
from tests.benchmarks.scan import renew, scan
from tests.benchmarks.usage import measure_all, measure_children

COUNT, PEER_COUNT = 64, 8
ROUNDS = 20  # of the cheap arms, so that a tick of the kernel's clock is no figure
RESCAN_SHARE, FLOOR_TIMES, ONE_RULE_SHARE = 1 / 1_000, 3.0, 0.15
NO_DOOR = "the engine's door takes no cache"
# The one rule that changes: its words are in many files, so that it is no lucky pick.
CHANGED_FILE, CHANGED_FROM, CHANGED_TO = "destruction.toml", '"shutil.rmtree(', '"shutil. rmtree('


def run_rescan(var: Path) -> list[Figure]:
    """Scan small plugins again, unchanged, in a warm process with a directory cache."""
    rescan = _find_door(renew(var / "rescan_cache"))
    if rescan is None:
        return [
            report_missing("rescan", metric="processor time a plugin", unit="s", reason=NO_DOOR, target=target)
            for target in (RESCAN_SHARE, FLOOR_TIMES)
        ]
    plugins = make_small(renew(var / "rescan"), count=COUNT)
    for plugin in plugins:
        rescan(plugin.archive)
    own = floor = 0.0
    for _ in range(ROUNDS):
        own += _spend(rescan, plugins)
        floor += _spend(_hash, plugins)
    rules = write_rules(var / "rescan" / "rules.yml")
    with measure_children() as peer:
        for plugin in plugins[:PEER_COUNT]:
            run_command_lines(plugin.folder, rules=rules)
    each = own / ROUNDS / COUNT
    return [
        _compare("rescan", each, against=(COMMAND_LINES, peer.cpu_seconds / PEER_COUNT), target=RESCAN_SHARE),
        _compare("rescan", each, against=("read and hash", floor / ROUNDS / COUNT), target=FLOOR_TIMES),
    ]


def run_one_rule(var: Path) -> list[Figure]:
    """Scan small plugins in full, change one rule in a copy of the engine, and scan them again."""
    if _find_door(renew(var / "one_rule_cache")) is None or not _has_option("--cache"):
        return [
            report_missing("one_rule", metric="processor time", unit="s", reason=NO_DOOR, target=ONE_RULE_SHARE)
        ]  # fmt: skip
    plugins = make_small(renew(var / "one_rule"), count=COUNT)
    home = renew(var / "one_rule_engine")
    shutil.copytree(CHECKOUT / "scanners", home / "scanners", ignore=shutil.ignore_patterns("__pycache__"))
    words = ("--cache", str(var / "one_rule_cache"))
    with measure_children() as full:
        scan(plugins, *words, home=home)
    rules = home / "scanners" / "rules" / CHANGED_FILE
    text = rules.read_text(encoding="utf-8")
    if CHANGED_FROM not in text:
        raise LookupError(f"{CHANGED_FILE} no longer holds what this bench changes")
    rules.write_text(text.replace(CHANGED_FROM, CHANGED_TO, 1), encoding="utf-8")
    with measure_children() as changed:
        scan(plugins, *words, home=home)
    full_scan = ("full scan", full.cpu_seconds)
    return [_compare("one_rule", changed.cpu_seconds, against=full_scan, target=ONE_RULE_SHARE)]


def _find_door(folder: Path) -> Callable[[Path], Any] | None:
    """The public door with a cache in a folder, when it takes one."""
    door: Callable[..., Any] = scanners.scan_artifact
    if "cache" not in inspect.signature(door).parameters:
        return None
    cache = DirectoryCache(folder)
    return lambda path: door(path, cache=cache)


def _has_option(word: str) -> bool:
    return word in (CHECKOUT / "scanners" / "__main__.py").read_text(encoding="utf-8")


def _spend(act: Callable[[Path], Any], plugins: Sequence[Plugin]) -> float:
    with measure_all() as spent:
        for plugin in plugins:
            act(plugin.archive)
    return spent.cpu_seconds


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _compare(bench: str, value: float, *, against: tuple[str, float], target: float) -> Figure:
    metric = "processor time a plugin" if bench == "rescan" else "processor time"
    return compare(bench, metric=metric, value=value, unit="s", against=against, target=target)
