"""Reads which JavaScript modules a project depends on, from what npm, yarn and pnpm read.

Resolves nothing. A lock file is believed in nothing but in what it says it would fetch.
"""

import json
import re
from dataclasses import replace
from typing import Any

from scanners import limits
from scanners.declared import read_table, read_text
from scanners.dependency import Dependency, Index, Named, is_shipped_file, line_of, name_of
from scanners.lookalikes import Ecosystem
from scanners.sources import Source

SECTIONS = {
    "dependencies": True,
    "optionalDependencies": True,
    "peerDependencies": True,
    "devDependencies": False,
}
REGISTRY_LINE = re.compile(
    r"^\s*(?:@[\w.-]+:)?(?:registry|npmRegistryServer)\s*[=: ]\s*[\"']?(\S+?)[\"']?\s*$", re.MULTILINE
)
YARN_ENTRY = re.compile(r"^\"?((?:@[^@/\"\s]+/)?[^@\"\s]+)@[^\n]*:\n((?:[ \t]+[^\n]*\n?)+)", re.MULTILINE)
YARN_VERSION = re.compile(r"^[ \t]+version:?[ \t]+\"?([^\"\s]+)", re.MULTILINE)
YARN_RESOLVED = re.compile(r"^[ \t]+(?:resolved|tarball:?)[ \t]+\"?([^\"\s]+)", re.MULTILINE)
PNPM_TARBALL = re.compile(r"\btarball:[ \t]*([^\s,}]+)")


def read_javascript(source: Source) -> Named | None:
    """Return what a JavaScript dependency file names; None when the file is none."""
    name, text = name_of(source.path), source.text or ""
    if name == "package.json":
        return read_project(text, path=source.path)
    if name in ("package-lock.json", "npm-shrinkwrap.json"):
        return read_lock(text, path=source.path)
    if name == "yarn.lock":
        return read_yarn_lock(text, path=source.path)
    if name == "pnpm-lock.yaml":
        return read_pnpm_lock(text, path=source.path)
    if name in (".npmrc", ".yarnrc", ".yarnrc.yml"):
        found = (
            Index(match[1], source.path, line_of(text, match[0].strip())) for match in REGISTRY_LINE.finditer(text)
        )
        return Named(indexes=tuple(found))
    return None


def load_object(text: str) -> dict[str, Any] | None:
    """Return a JSON object; None when the text is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def read_project(text: str, *, path: str) -> Named:
    """Return what a package.json names, in every section that an installer follows."""
    document = load_object(text)
    if document is None:
        return Named(is_readable=False)
    found = []
    for section, is_shipped in SECTIONS.items():
        for name, value in read_table(document, section).items():
            if isinstance(value, str):
                found.append(make(name, value, text=text, path=path, is_shipped=is_shipped))
    for section in ("overrides", "resolutions"):
        found += read_overrides(read_table(document, section), text=text, path=path)
    return Named(tuple(found))


def read_overrides(table: dict[str, Any], *, text: str, path: str) -> list[Dependency]:
    """Return the replacements that a project asks for, also inside other dependencies."""
    found = []
    waiting = [(table, 0)]
    while waiting:
        entries, depth = waiting.pop()
        for name, value in entries.items():
            if isinstance(value, str) and not value.startswith("$"):
                key = re.sub(r"(?<=.)@[^/]*$", "", str(name)).rpartition("**/")[2]
                made = make(key, value, text=text, path=path)
                found.append(replace(made, line=line_of(text, f'"{name}"')))
            elif isinstance(value, dict) and depth < limits.DEPENDENCY_DEPTH:
                waiting.append((value, depth + 1))
    return found


def make(name: str, specification: str, *, text: str, path: str, is_shipped: bool = True) -> Dependency:
    """Return one JavaScript dependency; an alias is the module that is really fetched."""
    line = line_of(text, f'"{name}"')
    if specification.startswith("npm:"):
        name, _, specification = specification.removeprefix("npm:").rpartition("@")
        name, specification = (name, specification) if name else (specification, "*")
    shipped = is_shipped and is_shipped_file(path)
    return Dependency(Ecosystem.JAVASCRIPT, name, specification, path=path, line=line, is_shipped=shipped)


def read_lock(text: str, *, path: str) -> Named:
    """Return what an npm lock file would fetch, old form and new."""
    document = load_object(text)
    if document is None:
        return Named(is_readable=False)
    lines = number_lines(text)
    found = []
    for place, entry in read_table(document, "packages").items():
        if place.rpartition("node_modules/")[1] and isinstance(entry, dict):
            name = read_text(entry, "name") or place.rpartition("node_modules/")[2]
            found.append(make_locked(name, entry, line=lines.get(f'"{place}"', 0), path=path))
    waiting = [(read_table(document, "dependencies"), 0)] if not found else []
    while waiting and len(found) <= limits.DEPENDENCIES:
        entries, depth = waiting.pop()
        for name, entry in entries.items():
            if isinstance(entry, dict):
                found.append(make_locked(name, entry, line=lines.get(f'"{name}"', 0), path=path))
                if depth < limits.DEPENDENCY_DEPTH:
                    waiting.append((read_table(entry, "dependencies"), depth + 1))
    return Named(tuple(found))


def number_lines(text: str) -> dict[str, int]:
    """Return the first line of each quoted key; one pass, as a lock file has thousands."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        key, colon, _ = line.strip().partition(":")
        if colon and key.startswith('"'):
            lines.setdefault(key.rstrip(), number)
    return lines


def make_locked(name: str, entry: dict[str, Any], *, line: int, path: str) -> Dependency:
    """Return one locked dependency."""
    version, resolved = read_text(entry, "version"), read_text(entry, "resolved")
    if version.startswith("npm:"):
        name, _, version = version.removeprefix("npm:").rpartition("@")
    is_address = re.match(r"^[a-z+]+:", version) is not None
    return Dependency(
        Ecosystem.JAVASCRIPT, name, version, path=path, line=line, is_shipped=entry.get("dev") is not True,
        is_locked=True, resolved=resolved or (version if is_address else ""),
    )  # fmt: skip


def read_yarn_lock(text: str, *, path: str) -> Named:
    """Return what a yarn.lock would fetch."""
    found = []
    line, position = 1, 0
    for match in YARN_ENTRY.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        version, resolved = YARN_VERSION.search(match[2]), YARN_RESOLVED.search(match[2])
        is_alias = "@npm:" in match[0].partition("\n")[0]
        entry = {
            "version": version[1] if version else "",
            "resolved": resolved[1] if resolved else "",
        }
        found.append(make_locked("" if is_alias else match[1], entry, line=line, path=path))
    return Named(tuple(found))


def read_pnpm_lock(text: str, *, path: str) -> Named:
    """Return what a pnpm lock file would fetch from elsewhere than the registry."""
    found = [
        make_locked("", {"resolved": match[1]}, line=text.count("\n", 0, match.start()) + 1, path=path)
        for match in PNPM_TARBALL.finditer(text)
    ]
    return Named(tuple(found))
