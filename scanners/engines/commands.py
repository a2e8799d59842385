"""Finds commands that an installation puts on the path under the names of programs that everybody calls.

Reads what metadata files declare. What the commands do is for the other engines.
"""

import configparser
import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from scanners.dependency import line_of
from scanners.sources import Source

_PROGRAMS = (
    "git node npm npx yarn pnpm bun deno python python3 pip pip3 uv poetry pipx conda sudo su doas ssh scp sftp "
    "ssh-keygen ssh-agent gpg curl wget docker podman kubectl helm terraform aws gcloud az gh bash sh zsh ls cat cp mv "
    "rm cd ps kill top env make gcc cargo go java javac mvn gradle ruby gem perl php composer brew apt apt-get yum dnf "
    "systemctl crontab passwd login openssl vault op pass psql mysql mongo redis-cli code vim nano less grep find sed "
    "awk tar zip unzip ping dig nslookup nc telnet rsync"
)
PROGRAMS: Final = frozenset(_PROGRAMS.split())


def find_shadowed_programs(files: Sequence[Source], *, names: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Yield path, line and name of every command named like a known program; a project may provide its own."""
    own = {name.casefold() for name in names}
    for file in files:
        if file.text is None or file.base_line:
            continue
        reader = READERS.get(PurePosixPath(file.path).name)
        for command in reader(file.text) if reader is not None else ():
            if command.casefold() in PROGRAMS - own:
                yield file.path, line_of(file.text, command), command


def read_npm(text: str) -> list[str]:
    """Return the commands of a package.json."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # Nothing is installed by a file that npm refuses.
        return []
    found = document.get("bin") if isinstance(document, dict) else None
    return [str(name) for name in found] if isinstance(found, dict) else []


def read_project(text: str) -> list[str]:
    """Return the commands of a pyproject.toml."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        # Nothing is installed by a file that builders refuse.
        return []
    tables = [table_at(document, *path) for path in TABLES]
    return [str(name) for table in tables for name in table]


def table_at(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a table inside tables, empty where there is none."""
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def read_setup(text: str) -> list[str]:
    """Return the commands of a setup.cfg or entry_points.txt."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        # Nothing is installed by a file that builders refuse.
        return []
    lines = parser.get("options.entry_points", "console_scripts", fallback="").split("\n")
    named = [name for name in ("console_scripts", "gui_scripts") if parser.has_section(name)]
    return [line.partition("=")[0].strip() for line in lines] + [key for name in named for key in parser.options(name)]


TABLES: Final = (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts"))
READERS: Final = {
    "package.json": read_npm,
    "pyproject.toml": read_project,
    "setup.cfg": read_setup,
    "entry_points.txt": read_setup,
}
