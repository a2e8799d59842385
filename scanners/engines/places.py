"""Decides what a file's place says about its words: code that runs, an aside to it, or prose that may name any attack.

It lowers findings, never drops them, and skips no folder: what a test or a data file holds can still be loaded.
"""

import ast
import re
from bisect import bisect_right
from dataclasses import replace
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from pathlib import PurePosixPath

from scanners import limits
from scanners.report import Finding, Kind, Severity
from scanners.sources import Source
from scanners.tree_index import list_nodes

PROSE_SUFFIXES = frozenset([".md", ".rst", ".markdown", ".adoc", ".tex", ".1", ".po", ".pot"])
PROSE_STEMS = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|change(?:s|log)|history|authors|contributors|contributing|security|metadata"
    r"|pkg-info|news|thanks|copyright|third.?party.*)(?:[._-].*)?$",
    re.IGNORECASE,
)
ASIDE_FOLDERS = frozenset(
    [
        "test", "tests", "testing", "spec", "specs", "__tests__", "fixtures", "testdata", "test_data", "examples",
        "example", "samples", "docs", "doc", "benchmarks", "demos",
    ]
)  # fmt: skip
ASIDE_NAMES = re.compile(r"(?:test_.*|.*_tests?|conftest)\.pyi?$|.*\.(?:test|spec)\.[cm]?[jt]sx?$", re.IGNORECASE)
RUNNING = frozenset([Kind.PYTHON, Kind.JAVASCRIPT, Kind.SCRIPT, Kind.BYTECODE])
COMMENT = re.compile(r"\s*(?:#|//|\*|/\*|<!--)")
ASIDE_STEPS = {
    Severity.CRITICAL: Severity.MEDIUM,
    Severity.HIGH: Severity.LOW,
    Severity.MEDIUM: Severity.LOW,
    Severity.LOW: Severity.INFO,
    Severity.INFO: Severity.INFO,
}


class Place(StrEnum):
    """Where words stand."""

    CODE = "code"
    ASIDE = "aside"  # tests, examples, data: not run by itself
    PROSE = "prose"  # documentation, licences, comments


def place_of(source: Source) -> Place:
    """Return the place of a file; a layer that is run is code wherever it was carried."""
    if source.base_line:
        return Place.CODE
    path = PurePosixPath(source.path)
    if source.kind not in RUNNING and (path.suffix.casefold() in PROSE_SUFFIXES or PROSE_STEMS.match(path.name)):
        return Place.PROSE
    if source.kind not in RUNNING or is_aside(path):
        return Place.ASIDE
    return Place.CODE


def is_aside(path: PurePosixPath) -> bool:
    """Say whether a path names a test, an example or documentation."""
    folders = {part.casefold() for part in path.parts[:-1]}
    return bool(folders & ASIDE_FOLDERS) or bool(ASIDE_NAMES.match(path.name))


def lower_finding(finding: Finding, *, place: Place) -> Finding:
    """Return the finding as it weighs in this place; only code can conclude alone."""
    if place is Place.CODE:
        return finding
    if place is Place.ASIDE:
        return replace(finding, severity=ASIDE_STEPS[finding.severity], conclusive=False)
    severity = Severity.LOW if finding.severity is Severity.CRITICAL else Severity.INFO
    return replace(finding, severity=severity, conclusive=False)


class Lines:
    """The lines of one text, found by offset in logarithmic time; `longest` is the length of the longest."""

    def __init__(self, text: str) -> None:
        self.texts = text.split("\n")
        self.longest = max(map(len, self.texts))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.texts)]

    def line_at(self, offset: int) -> int:
        """Return the line of an offset, counted from 1."""
        return min(bisect_right(self._starts, offset), len(self.texts))

    def start_of(self, line: int) -> int:
        """Return the offset at which a line begins."""
        return self._starts[line - 1]

    def quote(self, line: int) -> str:
        """Return a line as a snippet."""
        return self.texts[line - 1].strip()[: limits.SNIPPET_CHARACTERS] if 1 <= line <= len(self.texts) else ""


def find_prose_lines(source: Source, *, lines: Lines) -> frozenset[int]:
    """Return the lines that only speak: comments that fill a line, and docstrings."""
    found = {number for number, line in enumerate(lines.texts, start=1) if COMMENT.match(line)}
    if source.tree is None:
        return frozenset(found)
    for node in list_nodes(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)
