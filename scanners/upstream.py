"""Knows files of published projects by their hash, so that a bundled copy is judged as what it is.

`python -m scanners.upstream build DIR... -o INDEX` makes the index from unpacked projects. Nothing of them is run.
"""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from functools import cache
from pathlib import Path

from scanners import limits
from scanners.declared import read_text
from scanners.dependency_javascript import load_object
from scanners.errors import RecordsUnreadable

VARIABLE = "NEXUS_UPSTREAM_INDEX"
LINE = re.compile(r"^([0-9a-f]{64})\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
FOLDER_NAME = re.compile(r"^(.+?)-(v?\d[\w.+!-]*)$")


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a file is known from: the first project, by name, that publishes these very bytes."""

    project: str
    version: str
    path: str


def known_upstream(sha256: str) -> Upstream | None:
    """Return where these bytes are published; None when they are not known. Raises RecordsUnreadable."""
    name = os.environ.get(VARIABLE)
    return load_index(Path(name)).get(sha256) if name else None


@cache
def load_index(path: Path) -> dict[str, Upstream]:
    """Return an index file, read once: lines of hash, project, version and path. Raises RecordsUnreadable."""
    try:
        if path.stat().st_size > limits.UPSTREAM_INDEX_BYTES:
            raise RecordsUnreadable(f"{VARIABLE}: over {limits.UPSTREAM_INDEX_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise RecordsUnreadable(f"{VARIABLE}: {type(error).__name__}") from error
    index: dict[str, Upstream] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = LINE.match(line)
        if match is None:
            raise RecordsUnreadable(f"{VARIABLE}: line {number} is no line of an index")
        index.setdefault(match[1], Upstream(project=match[2], version=match[3], path=match[4]))
    return index


def build_lines(folders: Sequence[Path]) -> list[str]:
    """Return the lines of an index over unpacked projects, each hash once, sorted."""
    lines: dict[str, str] = {}
    for folder in sorted(folders):
        project, version = identify(folder)
        for path in walk(folder):
            content = path.read_bytes()
            if len(content) >= limits.UPSTREAM_FILE_BYTES:
                place = re.sub(r"[\t\r\n]", " ", path.relative_to(folder).as_posix())
                digest = hashlib.sha256(content).hexdigest()
                lines.setdefault(digest, f"{digest}\t{project}\t{version}\t{place}")
    return [lines[digest] for digest in sorted(lines)]


def walk(folder: Path) -> Iterator[Path]:
    """Yield the regular files of a folder in order; what a link leads to belongs to somebody else."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def identify(folder: Path) -> tuple[str, str]:
    """Return a project's name and version from its own metadata, or else from its folder's name."""
    for path in sorted([*folder.glob("*.dist-info/METADATA"), folder / "PKG-INFO"]):
        if path.is_file():
            headers = HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace"))
            return clean(str(headers.get("Name", ""))), clean(str(headers.get("Version", "")))
    if (folder / "package.json").is_file():
        document = load_object((folder / "package.json").read_text(encoding="utf-8", errors="replace")) or {}
        return clean(read_text(document, "name")), clean(read_text(document, "version"))
    match = FOLDER_NAME.match(folder.resolve().name)
    return (clean(match[1]), clean(match[2])) if match else (clean(folder.resolve().name), "")


def clean(text: str) -> str:
    """Return a text that fits a column."""
    return re.sub(r"\s+", " ", text).strip()[: limits.SNIPPET_CHARACTERS]


def main(arguments: Sequence[str] | None = None) -> int:
    """Build an index from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scanners.upstream", description="Index published projects.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="hash every file of unpacked projects")
    build.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="one unpacked project each")
    build.add_argument("-o", "--output", metavar="INDEX", type=Path, required=True, help="the index to write")
    options = parser.parse_args(arguments)
    if missing := [folder for folder in options.folders if not folder.is_dir()]:
        parser.error(f"{missing[0]} is no folder")
    lines = build_lines(options.folders)
    options.output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    sys.stdout.write(f"{len(lines)} files of {len(options.folders)} projects\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
