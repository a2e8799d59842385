"""The scripts of a plugin as modules: which file a name leads to, what it exports, when it runs.

It never reads the meaning of a node.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scanners.facts import Context
from scanners.javascript.scopes import Scope
from scanners.javascript.tables.host import SAME_MODULE
from scanners.javascript.values import Shape, Value

if TYPE_CHECKING:
    from tree_sitter import Node

ENDINGS = (
    "",
    ".js",
    ".cjs",
    ".mjs",
    ".ts",
    ".cts",
    ".mts",
    ".tsx",
    ".jsx",
    "/index.js",
    "/index.cjs",
    "/index.mjs",
    "/index.ts",
)
DEAD_PLACES = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|spec|specs|docs?|examples?|samples?|benchmarks?|fixtures)/|\.(test|spec|bench|stories)\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)
CODE_FILE = re.compile(r"\.([cm]?[jt]sx?|json5?|node)$|(^|/)[^./]+$", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Module:
    """One script, or one text inside a script that is run as code."""

    path: str
    content: bytes
    root: Node
    scope: Scope
    base_line: int = 0
    context: Context = Context.IMPORT
    exports: Value = field(default_factory=lambda: Value(shape=Shape()))
    holder: Shape = field(default_factory=Shape)
    is_started: bool = False
    is_unverified: bool = False
    guarding: dict[str, str] = field(default_factory=dict)
    may_guard: bool | None = None
    spelled: dict[int, str] = field(default_factory=dict)  # short texts by node: names are read again and again
    guards: dict[tuple[int, int, int], bool] = field(default_factory=dict)  # by a condition's place and what was known

    def exported(self) -> Value:
        """Return what `require` of this module is worth."""
        return self.holder.props.get("exports", self.exports)


@dataclass(slots=True, eq=False)
class Program:
    """All modules of a plugin by path."""

    modules: dict[str, Module]
    shipped: Mapping[str, str] = field(default_factory=dict)  # texts beside the scripts, by path
    folders: dict[str, str] = field(default_factory=dict)

    def resolve(self, name: str, *, importer: str) -> Module | None:
        """Return the plugin's own module a name leads to."""
        if not name.startswith((".", "/")):
            return None
        folder = posixpath.dirname(importer)
        base = (
            posixpath.normpath(posixpath.join(folder, name)) if name.startswith(".") else posixpath.normpath(name[1:])
        )
        stem = re.sub(r"\.[cm]?js$", "", base)
        names = [base + ending for ending in ENDINGS] + [stem + ending for ending in (".ts", ".tsx", ".mts", ".cts")]
        return next((self.modules[path] for path in names if path in self.modules), None)


def canonical_module(name: str) -> str:
    """Return the name under which the tables know a module."""
    name = name.removeprefix("node:")
    return SAME_MODULE.get(name, name)


def is_dead_place(path: str) -> bool:
    """Say whether a path is one of tests, documentation or examples."""
    return DEAD_PLACES.search(path) is not None
