"""Scans for the engine's tests: Eve's trees in, a report out."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanners import ScanReport, scan_artifact
from scanners.scan import Options
from tests.samples import archives

ROOT = Path(__file__).resolve().parents[2]
Scan = Callable[[archives.Tree | Path], ScanReport]


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return a function that packs a tree as a zip and scans it."""

    def run(tree: archives.Tree | Path) -> ScanReport:
        artifact = tmp_path_factory.mktemp("artifact") / "plugin.zip"
        artifact.write_bytes(archives.pack_zip(tree))
        return scan_artifact(artifact, options=Options(needs_manifest=False))

    return run


@pytest.fixture
def start_python() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Return a function that starts a program of ours, behind other words if need be, and ends it with the test."""
    started = []

    def start(code: str, *, behind: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
        argv = [*behind, sys.executable, "-B", "-c", code]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
