"""Decodes and parses every file of a tree once, as the program that would run it does.

Decides what is Python or JavaScript by content. Whatever it cannot read it names as an error, never as nothing.
"""

import ast
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from scanners import limits
from scanners.archive import Tree
from scanners.decoding import (
    Decoded,
    decode_python,
    decode_script,
    decode_text,
    extract_notebook,
    extract_startup_lines,
)
from scanners.report import FileRecord, Finding, Kind
from scanners.rules import load_rules
from scanners.sources import Source, hold_tree

CODE_HINT: Final = re.compile(r"\(|\bimport\b")
SCRIPT_HINTS: Final = re.compile(
    r"\brequire\(|\bmodule\.exports\b|\bprocess\.env\b|=>\s*[{(]|\bfunction\s*\w*\(|\b(?:const|let|var)\s+\w+\s*="
    r"|\beval\(|\bawait\s+\w|^import\s.+\sfrom\s|^export\s",
    re.MULTILINE,
)
# Prose and data formats quote code without being code.
PROSE: Final = frozenset(
    [".md", ".rst", ".markdown", ".html", ".htm", ".css", ".json", ".toml", ".yaml", ".yml", ".svg", ".xml", ".csv"]
)
# Python never imports these as they are: what does not parse as Python is a stub of another language, not a gap.
NOT_IMPORTED: Final = frozenset([".pyx", ".pyi"])
UNREADABLE: Final = (SyntaxError, LookupError, ValueError, TypeError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class Read:
    """The files as the engines get them, findings about their encodings, and errors as `path: reason`."""

    files: tuple[Source, ...]
    findings: tuple[Finding, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one file was read as the last time."""

    kind: Kind
    is_guess: bool


def read_tree(tree: Tree, *, records: tuple[FileRecord, ...]) -> Read:
    """Read every file of an unpacked tree; records and files are in the same order."""
    files, findings, errors = [], [], []
    total = 0
    for record, file in zip(records, tree.files, strict=True):
        bare = Source(path=record.path, kind=record.kind, sha256=record.sha256, size=record.size, stored=file.stored)
        is_code = record.kind in (Kind.PYTHON, Kind.JAVASCRIPT)
        total += record.size if is_code else 0
        if record.size > limits.SOURCE_BYTES or total > limits.SOURCE_TOTAL_BYTES:
            if is_code:
                errors.append(f"{record.path}: source over {describe_limit(record.size)}")
            files.append(bare)
            continue
        try:
            source, is_odd = read_file(bare, data=file.stored.read_bytes())
        except UNREADABLE as error:
            errors.append(f"{record.path}: not readable as Python ({type(error).__name__})")
            source, is_odd = bare, False
        if is_odd:
            findings.append(load_rules()["odd-encoding"].make_finding(path=record.path, line=1))
        files.append(source)
    return Read(files=tuple(files), findings=tuple(findings), errors=tuple(errors))


def read_marked(tree: Tree, *, records: tuple[FileRecord, ...], marks: Sequence[Mark | None]) -> tuple[Source, ...]:
    """Read every file of a tree as it was read before, without asking again what is code.

    Raises ValueError when the marks are not those of this tree, and one of `UNREADABLE` for a file they are wrong of.
    """
    return tuple(
        read_as(
            Source(path=record.path, kind=record.kind, sha256=record.sha256, size=record.size, stored=file.stored),
            stored=file.stored,
            mark=mark,
        )
        for record, file, mark in zip(records, tree.files, marks, strict=True)
    )


def read_as(bare: Source, *, stored: Path, mark: Mark | None) -> Source:
    """Return a file with its text as its mark says; its tree is made where an engine asks for it."""
    if mark is None:
        return bare
    data = stored.read_bytes()
    if mark.kind is Kind.PYTHON:
        text = decode_module(bare.path, data=data).text if bare.kind is Kind.PYTHON else decode_text(data)
        parse = functools.partial(ast.parse, text or "")
        return replace(bare, kind=mark.kind, text=text, parse=parse, is_guess=mark.is_guess)
    text = decode_script(data).text if mark.kind is Kind.JAVASCRIPT else decode_text(data)
    return replace(bare, kind=mark.kind, text=text, is_guess=mark.is_guess)


def describe_limit(size: int) -> str:
    """Return which limit a source of this size in bytes is over."""
    if size > limits.SOURCE_BYTES:
        return f"{limits.SOURCE_BYTES} bytes"
    return f"{limits.SOURCE_TOTAL_BYTES} bytes together with the others"


def decode_module(path: str, *, data: bytes) -> Decoded:
    """Return the Python of a file as Python decodes it; raises one of `UNREADABLE`."""
    decoded = decode_python(data)
    suffix = PurePosixPath(path).suffix.casefold()
    if suffix == ".pth":
        return replace(decoded, text=extract_startup_lines(decoded.text))
    if suffix == ".ipynb":
        return replace(decoded, text=extract_notebook(decoded.text))
    return decoded


def read_file(bare: Source, *, data: bytes) -> tuple[Source, bool]:
    """Return a file with its text and tree, and whether its encoding is odd; raises one of `UNREADABLE`."""
    if bare.kind is Kind.PYTHON:
        return read_python(bare, data=data)
    if bare.kind is Kind.JAVASCRIPT:
        decoded = decode_script(data)
        return replace(bare, text=decoded.text), decoded.is_odd
    if bare.kind in (Kind.TEXT, Kind.SCRIPT):
        return read_text(bare, data=data), False
    return bare, False


def read_python(bare: Source, *, data: bytes) -> tuple[Source, bool]:
    """Return Python as Python reads it; raises one of `UNREADABLE`."""
    try:
        decoded = decode_module(bare.path, data=data)
        tree = ast.parse(decoded.text)
    except UNREADABLE:
        if PurePosixPath(bare.path).suffix.casefold() in NOT_IMPORTED:
            return replace(bare, kind=Kind.TEXT, text=decode_text(data)), False
        raise
    return replace(bare, text=decoded.text, parse=hold_tree(tree)), decoded.is_odd


def read_text(bare: Source, *, data: bytes) -> Source:
    """Return a text, as Python when it is Python in all but name, as a guess when it reads as JavaScript."""
    text = decode_text(data)
    if text is None or bare.kind is not Kind.TEXT:
        return replace(bare, text=text)
    tree = parse_code(text)
    if tree is not None:
        return replace(bare, kind=Kind.PYTHON, text=text, parse=hold_tree(tree))
    if looks_like_script(text, path=bare.path):
        return replace(bare, kind=Kind.JAVASCRIPT, text=decode_script(data).text, is_guess=True)
    return replace(bare, text=text)


def parse_code(text: str) -> ast.Module | None:
    """Return the tree of a text that is Python in all but name: it parses, and it would do something."""
    if not CODE_HINT.search(text):
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Not Python, and nothing claims that it is.
        return None
    active = (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tree if any(isinstance(node, active) for node in ast.walk(tree)) else None


def looks_like_script(text: str, *, path: str) -> bool:
    """Say whether a text reads as JavaScript: several different marks of it, and not a format that quotes code."""
    if PurePosixPath(path).suffix.casefold() in PROSE:
        return False
    return len({match[0] for match in SCRIPT_HINTS.finditer(text)}) >= 2
