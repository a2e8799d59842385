"""Reads what a project says about itself: name, version, homepage and readme, from whatever metadata it carries.

Believes nothing of it. Only files near the root speak for the whole; a bundled project speaks for itself.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.parser import HeaderParser
from typing import Any

from scanners.declared import read_table, read_text
from scanners.dependency import line_of, name_of
from scanners.dependency_javascript import load_object
from scanners.dependency_python import load_toml
from scanners.lookalikes import Ecosystem
from scanners.sources import Source

README = re.compile(r"^readme([._-].*)?$")
HEADING = re.compile(
    r"^[ \t]*(?:#{1,2}[ \t]+([^\n]{1,200})|([^\n]{1,200})\n[ \t]*[=*#~-]{3,}[ \t]*$|<h1[^>\n]*>([^<\n]{1,200}))",
    re.MULTILINE,
)
MARKUP = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)|<[^>\n]*>|https?://\S+|[^\w\s]|_")
PLACEHOLDER_VERSIONS = frozenset(["", "0", "0.0", "0.0.0", "0.0.0-development", "0.0.0-semantically-released"])


@dataclass(frozen=True, slots=True)
class Identity:
    """What one file says the project is; texts are empty where it says nothing."""

    ecosystem: Ecosystem
    name: str
    version: str
    pages: tuple[str, ...]
    path: str
    line: int


def read_identities(files: Iterable[Source]) -> tuple[Identity, ...]:
    """Return what the metadata files nearest to the root say, one a file."""
    found = [(source, reader) for source in files if (reader := READERS.get(name_of(source.path))) and source.text]
    depth = min((depth_of(source.path) for source, _ in found), default=0)
    made = (reader(source.text or "", path=source.path) for source, reader in found if depth_of(source.path) <= depth)
    return tuple(identity for identity in made if identity is not None and (identity.name or identity.version))


def depth_of(path: str) -> int:
    """Return how deep a file lies; the folder of a distribution's metadata does not count."""
    parts = path.split("/")[:-1]
    return sum(not part.endswith((".dist-info", ".egg-info")) for part in parts)


def read_metadata(text: str, *, path: str) -> Identity | None:
    """Return what PKG-INFO or METADATA says."""
    try:
        headers = HeaderParser().parsestr(text)
    except (MessageError, RecursionError):
        return None
    pages = [str(headers.get("Home-page", ""))]
    pages += [str(value).rpartition(",")[2] for value in headers.get_all("Project-URL") or ()]
    return Identity(
        Ecosystem.PYTHON, str(headers.get("Name", "")).strip(), str(headers.get("Version", "")).strip(),
        pages=clean_pages(pages), path=path, line=line_of(text, "Name:"),
    )  # fmt: skip


def read_project(text: str, *, path: str) -> Identity | None:
    """Return what pyproject.toml says, by the standard or by poetry's table."""
    document = load_toml(text)
    if document is None:
        return None
    table = read_table(document, "project") or read_table(read_table(document, "tool"), "poetry")
    pages = [str(page) for page in read_table(table, "urls").values()]
    return Identity(
        Ecosystem.PYTHON, read_text(table, "name"), read_text(table, "version"),
        pages=clean_pages([*pages, read_text(table, "homepage")]), path=path, line=line_of(text, "name"),
    )  # fmt: skip


def read_module(text: str, *, path: str) -> Identity | None:
    """Return what package.json says."""
    document = load_object(text)
    if document is None:
        return None
    pages: list[Any] = [document.get("homepage")]
    for key in ("repository", "bugs"):
        value = document.get(key)
        pages.append(value.get("url") if isinstance(value, dict) else value)
    return Identity(
        Ecosystem.JAVASCRIPT, read_text(document, "name"), read_text(document, "version"),
        pages=clean_pages(page for page in pages if isinstance(page, str)), path=path, line=line_of(text, '"name"'),
    )  # fmt: skip


READERS = {
    "pkg-info": read_metadata,
    "metadata": read_metadata,
    "pyproject.toml": read_project,
    "package.json": read_module,
}


def clean_pages(pages: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses among the pages."""
    return tuple(sorted({page.strip() for page in pages if "://" in page}))


def find_readmes(files: Iterable[Source]) -> tuple[tuple[Source, str], ...]:
    """Return the readmes nearest to the root with their texts; a distribution's metadata may hold one."""
    found = list(list_readmes(files))
    depth = min((depth_of(source.path) for source, _ in found), default=0)
    return tuple((source, text) for source, text in found if depth_of(source.path) <= depth)


def list_readmes(files: Iterable[Source]) -> Iterator[tuple[Source, str]]:
    """Yield every readme."""
    for source in files:
        if source.text is None:
            continue
        name = name_of(source.path)
        if README.match(name) and not name.endswith((".py", ".js", ".ts")):
            yield source, source.text
        elif name in ("pkg-info", "metadata"):
            body = source.text.partition("\n\n")[2]
            if body.strip():
                yield source, body


def count_letters(text: str) -> int:
    """Return how many letters and digits of a text are words of its own: no markup, no address."""
    return sum(len(word) for word in MARKUP.sub(" ", text).split())


def heading_of(text: str) -> str:
    """Return the first heading of a readme."""
    match = HEADING.search(text[:20_000])
    heading = next((group for group in match.groups() if group), "") if match else ""
    return " ".join(MARKUP.sub(r" \1 ", heading).split())
