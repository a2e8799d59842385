"""Sources as the engine would hand them over, for tests of what is declared: made in memory."""

import ast
import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath

from scanners.declared import MANIFEST_NAME, read_declared
from scanners.facts import Fact
from scanners.inventory import recognise_head
from scanners.report import Kind
from scanners.sources import Source, Sources, hold_tree


def make_source(path: str, text: str) -> Source:
    """Return one file, parsed when it is Python that parses."""
    content = text.encode("utf-8", errors="surrogatepass")
    kind = recognise_head(content, suffix=PurePosixPath(path).suffix.casefold())
    tree = None
    if kind is Kind.PYTHON:
        try:
            tree = ast.parse(text)
        except SyntaxError:
            tree = None
    digest = hashlib.sha256(content).hexdigest()
    return Source(path=path, kind=kind, sha256=digest, size=len(content), stored=None, text=text, parse=hold_tree(tree))


def make_sources(files: Mapping[str, str], *, facts: tuple[Fact, ...] = ()) -> Sources:
    """Return an artifact of these files; its manifest is read when there is one."""
    manifest = files.get(MANIFEST_NAME)
    return Sources(
        files=tuple(make_source(path, text) for path, text in sorted(files.items())),
        declared=read_declared(manifest.encode()) if manifest is not None else None,
        facts=facts,
    )


def make_manifest(
    *,
    name: str = "weather-card",
    version: str = "1.0.0",
    runtime: str = "python",
    nodes: tuple[str, ...] = (),
    more: str = "",
) -> str:
    """Return a manifest; each node is "id title entry-point", with underscores for spaces in the title."""
    tables = ""
    for node in nodes:
        identifier, title, entry_point = node.split()
        tables += (
            f'[[nodes]]\nid = "{identifier}"\ntitle = "{title.replace("_", " ")}"\nentry_point = "{entry_point}"\n'
        )
    return (
        f'[plugin]\nname = "{name}"\ntitle = "Weather card"\nversion = "{version}"\nruntime = "{runtime}"\n'
        f'license = "MIT"\ndescription = "Weather."\n{tables}{more}'
    )
