"""Hands the Python pass small sources, as if they were a plugin's files."""

import ast
from collections.abc import Callable, Mapping

import pytest

from scanners.python.passes import PythonPass, read_modules
from scanners.report import Kind
from scanners.sources import Source, hold_tree

Read = Callable[..., PythonPass]


def read(
    files: str | Mapping[str, str], *, entry_points: tuple[str, ...] = (), beside: Mapping[str, str] | None = None
) -> PythonPass:
    """Return what the pass says about one source, or about several by path; `beside` are files that are no code."""
    named = {"main.py": files} if isinstance(files, str) else files
    sources = [
        Source(path, Kind.PYTHON, sha256="", size=len(text), stored=None, text=text, parse=hold_tree(ast.parse(text)))
        for path, text in named.items()
    ]
    shipped = [
        Source(path=path, kind=Kind.TEXT, sha256="", size=len(text), stored=None, text=text)
        for path, text in (beside or {}).items()
    ]
    return read_modules(sources, entry_points=entry_points, shipped=[*sources, *shipped])


@pytest.fixture
def read_python() -> Read:
    return read
