"""The plugins that scan benches read: made at run time from whatever distributions are installed, the same each time.

Small ones are a few files of one distribution, as a bot's plugin is; large ones are whole distributions."""

import ast
import importlib.metadata
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SMALL_COUNT, SMALL_FILES = 64, 8
LARGE_COUNT, LARGE_FILES, LARGE_FILES_MAX = 30, 20, 150
FILE_BYTES_MAX = 200_000  # larger ones are tables and bundles, not what a person writes for a bot
EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One plugin twice: unpacked for tools that want a folder, and as the archive that a publisher uploads."""

    name: str
    folder: Path
    archive: Path


def make_small(into: Path, *, count: int = SMALL_COUNT) -> list[Plugin]:
    """Make small plugins of eight random files each."""
    chance = random.Random(1)  # noqa: S311 (the same plugins each time)
    found = [files for _, files in list_distributions() if len(files) >= SMALL_FILES]
    picks = [chance.sample(chance.choice(found), SMALL_FILES) for _ in range(count)]
    return [make_plugin(f"small{number:02}", files, into=into) for number, files in enumerate(picks)]


def make_large(into: Path, *, count: int = LARGE_COUNT) -> list[Plugin]:
    """Make plugins out of whole distributions, the largest that fit the bounds."""
    found = [(name, files) for name, files in list_distributions() if LARGE_FILES <= len(files) <= LARGE_FILES_MAX]
    found.sort(key=lambda item: (-len(item[1]), item[0]))
    return [make_plugin(name, files, into=into) for name, files in found[:count]]


def list_distributions() -> Iterator[tuple[str, list[Path]]]:
    """Yield the name and the Python files of every installed distribution, by name."""
    found = {item.metadata["Name"].casefold(): item for item in importlib.metadata.distributions()}
    for name in sorted(found):
        paths = [Path(str(file.locate())) for file in found[name].files or () if file.suffix == ".py"]
        yield name, sorted(path for path in paths if is_ordinary(path))


def is_ordinary(path: Path) -> bool:
    """Say whether a file is there, not empty and no table."""
    return path.is_file() and 0 < path.stat().st_size <= FILE_BYTES_MAX


def make_plugin(name: str, files: list[Path], *, into: Path) -> Plugin:
    """Write one plugin as a folder and as an archive; files that are no Python 3 are left out."""
    folder, archive = into / "trees" / name, into / f"{name}.zip"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, path in enumerate(files):
            data = path.read_bytes()
            if not parses(data):
                continue
            place = f"m{number:03}_{path.name}"
            (folder / place).write_bytes(data)
            packed.writestr(zipfile.ZipInfo(place, EARLIEST), data, zipfile.ZIP_DEFLATED)
    return Plugin(name=name, folder=folder, archive=archive)


def parses(data: bytes) -> bool:
    """Say whether this is a module of this Python."""
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True
