"""What the engines read: every file of an artifact under its own name, decoded and parsed once.

Only values. Nothing here opens, decodes or judges.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from scanners.declared import Declared
from scanners.facts import Fact
from scanners.report import Finding, Kind
from scanners.tree_index import TreeIndex, index_tree


@dataclass(frozen=True)
class Source:
    """One file, or one text hidden in a file.

    `text` is what Python or a JavaScript engine would read, with plain line feeds; None when it is no text. `parse`
    is set for Python that parses, and gives its tree. `base_line` is the line of the file where a decoded layer is
    run; its own lines mean nothing to a reviewer. `stored` is the unpacked bytes, `size` in bytes. A guess is text
    that may be code.
    """

    path: str
    kind: Kind
    sha256: str
    size: int
    stored: Path | None
    text: str | None = None
    parse: Callable[[], ast.Module] | None = field(default=None, repr=False, compare=False)
    is_guess: bool = False
    base_line: int = 0

    @cached_property
    def tree(self) -> ast.Module | None:
        """The tree of Python that parses; None for everything else."""
        return self.parse() if self.parse is not None else None

    @cached_property
    def index(self) -> TreeIndex:
        """The nodes of its tree by kind; empty where there is no tree."""
        return index_tree(self.tree) if self.tree is not None else TreeIndex()

    def line_in_file(self, line: int) -> int:
        """Return the line of the plugin's own file for a line of this text."""
        return self.base_line or line


def hold_tree(tree: ast.Module | None) -> Callable[[], ast.Module] | None:
    """Return the `parse` of a source whose tree is made already; None where there is none."""
    return (lambda: tree) if tree is not None else None


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything in one artifact, what it declares, and what the language passes say it does."""

    files: tuple[Source, ...]
    declared: Declared | None
    facts: tuple[Fact, ...] = ()

    def of_kind(self, *kinds: Kind) -> tuple[Source, ...]:
        """Return the files of these kinds."""
        return tuple(file for file in self.files if file.kind in kinds)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one engine says: findings, the paths it has read, and everything it could not do."""

    findings: tuple[Finding, ...]
    read: frozenset[str]
    errors: tuple[str, ...] = ()
