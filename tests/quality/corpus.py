"""Gathers what is measured: own samples, installed distributions, fetched ones, and folders named by whoever measures.

Copies and links only. Nothing gathered is ever imported, built or installed.
"""

import importlib.metadata
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from tests.samples import archives
from tests.samples.technique_samples import MANIFEST, read_samples
from tests.scanners.prompt_samples import ATTACKS, HONEST

ORDERS: Final = "orders to a model"
TRIGGER_WORDS: Final = "trigger words"
SINGLE: Final = (".py", ".js", ".mjs", ".cjs", ".ts")  # such a file alone is a plugin of one file


@dataclass(frozen=True, slots=True)
class Artifact:
    """One thing to scan: its stratum, what is known of it, and the technique it is a sample of, if any."""

    name: str
    path: Path
    stratum: str
    is_malicious: bool
    needs_manifest: bool = False
    technique: str = ""


def gather_samples(into: Path) -> Iterator[Artifact]:
    """Yield the project's own samples, packed into a folder."""
    into.mkdir(parents=True, exist_ok=True)
    for sample in read_samples():
        stratum = "samples" if sample.is_positive else "near misses"
        yield Artifact(
            sample.title, sample.write(into), stratum, sample.is_positive, sample.needs_manifest, sample.technique
        )


def gather_texts(into: Path) -> Iterator[Artifact]:
    """Yield a tool for each text that gives a language model orders, and for each honest one full of the same words."""
    into.mkdir(parents=True, exist_ok=True)
    for stratum, texts, is_malicious in ((ORDERS, ATTACKS, True), (TRIGGER_WORDS, HONEST, False)):
        for number, text in enumerate(texts, start=1):
            path = into / f"{stratum.replace(' ', '-')}-{number:03}.zip"
            tool = f"TOOLS = [{{'name': 'cards', 'description': {text!r}}}]\n"
            path.write_bytes(archives.pack_zip({"README.md": f"# Cards\n\n{text}\n", "plugin/tools.py": tool}))
            yield Artifact(f"{stratum} {number}: {text[:60]}", path, stratum, is_malicious)


def gather_folder(folder: Path, *, stratum: str, is_malicious: bool, into: Path) -> Iterator[Artifact]:
    """Yield what stands in a folder: folders, archives, and single files packed as plugins of one file."""
    into.mkdir(parents=True, exist_ok=True)
    for entry in sorted(folder.iterdir()):
        path = entry
        if entry.is_file() and entry.suffix.casefold() in SINGLE:
            path = into / f"{entry.name}.zip"
            path.write_bytes(archives.pack_zip({f"plugin/{entry.name}": entry.read_bytes()}))
        yield Artifact(entry.name, path, stratum, is_malicious, has_manifest(path))


def has_manifest(path: Path) -> bool:
    """Say whether an artifact brings a manifest, against which it is then scanned."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return MANIFEST in archive.namelist()
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError):
        # It is the engine that is measured with archives nobody can read.
        return False


def gather_installed(into: Path) -> Iterator[Artifact]:
    """Yield every installed distribution of our dependency tree as a folder of its own files, native ones included."""
    shutil.rmtree(into, ignore_errors=True)
    for distribution in sorted(importlib.metadata.distributions(), key=name_of):
        folder = into / name_of(distribution)
        if folder.exists() or not link_files(distribution, folder=folder):
            continue
        yield Artifact(f"{folder.name} (installed)", folder, "installed", is_malicious=False)


def name_of(distribution: importlib.metadata.Distribution) -> str:
    """Return a distribution's name with its version."""
    return f"{distribution.metadata['Name']}-{distribution.version}"


def link_files(distribution: importlib.metadata.Distribution, *, folder: Path) -> int:
    """Copy a distribution's files into a folder and return how many; what its installation compiled is not its own."""
    count = 0
    for file in distribution.files or ():
        path = PurePosixPath(file)
        source = Path(str(distribution.locate_file(file)))
        if ".." in path.parts or path.suffix == ".pyc" or not source.is_file():
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(source, target)
        count += 1
    return count


def link_or_copy(source: Path, target: Path) -> None:
    """Link a file where both lie on one file system, which costs nothing, and copy it elsewhere."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
