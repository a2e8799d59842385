"""Builds what in-child engines read from {path: content}, as the child would after unpacking and decoding."""

import ast
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from scanners.declared import MANIFEST_NAME, read_declared
from scanners.decoding import decode_python, decode_script, decode_text
from scanners.facts import Fact
from scanners.inventory import recognise_head
from scanners.report import Kind
from scanners.sources import Source, Sources, hold_tree


def make_sources(
    files: Mapping[str, str | bytes], *, folder: Path | None = None, facts: tuple[Fact, ...] = ()
) -> Sources:
    """Return the sources of these files; a manifest among them is declared. Bytes are stored when `folder` is given."""
    made = [make_source(path, content, folder=folder) for path, content in sorted(files.items())]
    manifest = files.get(MANIFEST_NAME)
    declared = read_declared(encode(manifest)) if manifest is not None else None
    return Sources(files=tuple(made), declared=declared, facts=facts)


def make_source(path: str, content: str | bytes, *, folder: Path | None = None, base_line: int = 0) -> Source:
    """Return one file as the child would read it; text that Python refuses has no text."""
    data = encode(content)
    kind = recognise_head(data, suffix=PurePosixPath(path).suffix.casefold())
    text, tree = read_text(data, kind=kind)
    stored = None
    digest = hashlib.sha256(data).hexdigest()
    if folder is not None:
        stored = folder / f"{hashlib.sha256(path.encode()).hexdigest()[:16]}-{digest[:16]}"
        stored.write_bytes(data)
    return Source(
        path=path,
        kind=kind,
        sha256=digest,
        size=len(data),
        stored=stored,
        text=text,
        parse=hold_tree(tree),
        base_line=base_line,
    )


def read_text(data: bytes, *, kind: Kind) -> tuple[str | None, ast.Module | None]:
    """Return the text and the tree of a file's bytes."""
    if kind is Kind.PYTHON:
        try:
            text = decode_python(data).text
            return text, ast.parse(text)
        except (SyntaxError, LookupError, ValueError, RecursionError):
            return decode_text(data), None
    if kind is Kind.JAVASCRIPT:
        return decode_script(data).text, None
    return decode_text(data), None


def encode(content: str | bytes) -> bytes:
    """Return content as bytes."""
    return content.encode() if isinstance(content, str) else content
