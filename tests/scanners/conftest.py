"""Scans for the engine's tests: Eve's trees in, a report out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scanners import ScanReport, scan_artifact
from tests.samples import archives

Scan = Callable[[archives.Tree | Path], ScanReport]


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return a function that packs a tree as a zip and scans it."""

    def run(tree: archives.Tree | Path) -> ScanReport:
        artifact = tmp_path_factory.mktemp("artifact") / "plugin.zip"
        artifact.write_bytes(archives.pack_zip(tree))
        return scan_artifact(artifact)

    return run
