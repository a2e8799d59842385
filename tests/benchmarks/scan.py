"""Benches of the engine through its public doors, beside the command lines of other scanners over the same plugins.

Processor time is that of all processes; arms take turns within one run, so that a busy machine slows all alike."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from governance.stack.paths import CHECKOUT
from scanners import scan_artifact
from tests.benchmarks.corpora import Plugin, make_large, make_small
from tests.benchmarks.figures import Figure, compare, report_missing
from tests.benchmarks.peers import (
    COMMAND_LINES,
    PeerMissing,
    install_guarddog,
    run_command_lines,
    run_guarddog,
    write_rules,
)
from tests.benchmarks.usage import measure_children, watch_memory

TURN = 16  # plugins of one arm before it is the next one's turn
SCAN_SECONDS = 1_800
ENGINE_EXITS = frozenset({0, 1, 2, 3})
SMALL_SHARE, SMALL_GUARDDOG_SHARE = 1 / 15, 1 / 3
LARGE_SHARE, LARGE_GUARDDOG_SHARE = 1 / 6, 1.0
WORKER_MB, CORE_MB = 200.0, 150.0
BYTES_A_MEGABYTE = 1_000_000
CORE_NAME = "semgrep-core"
MEMORY_COUNT, LATENCY_COUNT = 16, 40
LATENCY_SECONDS = 1.0
Arm = Callable[[Sequence[Plugin]], None]


def run_scan_small(var: Path) -> list[Figure]:
    """Scan 64 small plugins with an empty cache."""
    plugins = make_small(renew(var / "scan_small"))
    shares = {COMMAND_LINES: SMALL_SHARE, "guarddog": SMALL_GUARDDOG_SHARE}
    return measure_arms("scan_small", plugins, var=var, shares=shares)


def run_scan_large(var: Path) -> list[Figure]:
    """Scan 30 whole distributions with an empty cache."""
    plugins = make_large(renew(var / "scan_large"))
    shares = {COMMAND_LINES: LARGE_SHARE, "guarddog": LARGE_GUARDDOG_SHARE}
    return measure_arms("scan_large", plugins, var=var, shares=shares)


def measure_arms(bench: str, plugins: Sequence[Plugin], *, var: Path, shares: dict[str, float]) -> list[Figure]:
    """Let the engine and its peers take turns over the plugins; one figure against each peer, in seconds a plugin."""
    rules = write_rules(plugins[0].archive.parent / "rules.yml")
    arms: dict[str, Arm] = {"engine": scan, COMMAND_LINES: lambda turn: over_each(turn, rules=rules)}
    missing: dict[str, str] = {}
    try:
        command = install_guarddog(var)
        arms["guarddog"] = lambda turn: over_each_guarddog(turn, command=command)
    except (PeerMissing, OSError, subprocess.SubprocessError) as error:
        missing["guarddog"] = f"guarddog is not installed: {error}"
    used = dict.fromkeys(arms, 0.0)
    for start in range(0, len(plugins), TURN):
        for name, arm in arms.items():
            with measure_children() as spent:
                arm(plugins[start : start + TURN])
            used[name] += spent.cpu_seconds / len(plugins)
    metric = f"processor time a plugin, {len(plugins)} plugins"
    return [
        compare(bench, metric=metric, value=used["engine"], unit="s", against=(peer, used[peer]), target=share)
        if peer in used
        else report_missing(bench, metric=metric, unit="s", reason=missing[peer], target=share)
        for peer, share in shares.items()
    ]


def run_scan_memory(var: Path) -> list[Figure]:
    """Watch the processes of the engine while it scans small plugins."""
    plugins = make_small(renew(var / "scan_memory"), count=MEMORY_COUNT)
    with watch_memory() as peaks:
        scan(plugins)
    worker = max((peak for name, peak in peaks.by_program.items() if name.startswith("python")), default=0)
    core = peaks.by_program.get(CORE_NAME, 0)
    return [
        judge_peak("largest worker", peak=worker, limit=WORKER_MB),
        judge_peak(CORE_NAME, peak=core, limit=CORE_MB),
    ]


def judge_peak(metric: str, *, peak: int, limit: float) -> Figure:
    """Return the figure for the most bytes a process held; one that was never seen was not measured."""
    if not peak:
        return report_missing("scan_memory", metric=metric, unit="MB", reason="no such process was seen", target=1.0)
    value = peak / BYTES_A_MEGABYTE
    return compare("scan_memory", metric=metric, value=value, unit="MB", against=("limit", limit), target=1.0)


def run_latency(var: Path) -> list[Figure]:
    """Time single small plugins in a process that is warm, with nothing else to do."""
    plugins = make_small(renew(var / "latency"), count=LATENCY_COUNT + 1)
    scan_artifact(plugins[0].archive)
    times = []
    for plugin in plugins[1:]:
        began = time.perf_counter()
        scan_artifact(plugin.archive)
        times.append(time.perf_counter() - began)
    slow = sorted(times)[int(len(times) * 0.95) - 1]
    limit = ("limit", LATENCY_SECONDS)
    return [
        compare("latency", metric="95th percentile, one small plugin", value=slow, unit="s", against=limit, target=1)
    ]


def scan(plugins: Sequence[Plugin], *words: str, home: Path = CHECKOUT) -> None:
    """Scan plugins with one command of the engine in `home`; raises ChildProcessError when it did not scan."""
    done = subprocess.run(
        [sys.executable, "-m", "scanners", "--json", *words, *(str(plugin.archive) for plugin in plugins)],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=SCAN_SECONDS,
        check=False,
    )
    if done.returncode not in ENGINE_EXITS or done.stdout.count("\n") != len(plugins):
        raise ChildProcessError(f"the engine ended with {done.returncode}: {done.stderr[-500:]}")


def over_each(plugins: Sequence[Plugin], *, rules: Path) -> None:
    """Run the command lines over each plugin."""
    for plugin in plugins:
        run_command_lines(plugin.folder, rules=rules)


def over_each_guarddog(plugins: Sequence[Plugin], *, command: Path) -> None:
    """Run guarddog over each plugin."""
    for plugin in plugins:
        run_guarddog(command, plugin.folder, folder=plugin.archive.parent)


def renew(folder: Path) -> Path:
    """Empty a folder and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
