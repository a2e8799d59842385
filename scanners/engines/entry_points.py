"""Looks for the code that each node of a manifest names: the module or file, and the name in it. Imports nothing."""

import ast
import re
from collections.abc import Iterable, Iterator

from scanners.declared import Declared
from scanners.sources import Source

STAR = "*"


def find_missing_entry_points(declared: Declared, *, files: Iterable[Source]) -> tuple[str, ...]:
    """Return the entry points, in the manifest's order, that are not in the archive as source."""
    sources = {file.path: file for file in files if not file.base_line}
    points = (node.entry_point for node in declared.nodes)
    is_there = has_export if declared.runtime == "javascript" else has_attribute
    return tuple(point for point in dict.fromkeys(points) if not is_there(point, sources=sources))


def has_attribute(point: str, *, sources: dict[str, Source]) -> bool:
    """Say whether "module:attribute" is there; a module that cannot be read this far is taken at its word."""
    module, _, attribute = point.partition(":")
    base = module.replace(".", "/")
    source = next((sources[path] for path in (f"{base}.py", f"{base}/__init__.py") if path in sources), None)
    if source is None or not attribute:
        return False
    if source.tree is None:
        return True
    names = set(bind_names(source.tree.body))
    return attribute.partition(".")[0] in names or STAR in names or "__getattr__" in names


def bind_names(body: list[ast.stmt]) -> Iterator[str]:
    """Yield every name that statements bind at module level, "*" when a module brings its own."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif is_dynamic(node):
            yield STAR
        else:
            waiting += ast.iter_child_nodes(node)


def is_dynamic(node: ast.AST) -> bool:
    """Say whether a statement can bind any name: globals().update(...), exec(...)."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("globals", "vars", "exec")
    )


def has_export(point: str, *, sources: dict[str, Source]) -> bool:
    """Say whether "file.js#Name" is there: the file, and the name as a word of it."""
    path, _, name = point.partition("#")
    source = sources.get(path.removeprefix("./"))
    if source is None or not name:
        return False
    if source.text is None or name == "default":
        return True
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", source.text) is not None
