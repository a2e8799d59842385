"""Sorts the nodes of a Python tree once, so that the engines need not each walk all of it.

Only lists of nodes. What they mean is decided by whoever reads them.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Definition = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Naming = ast.Dict | ast.keyword | ast.Assign | ast.AnnAssign
DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
NAMINGS = (ast.Dict, ast.keyword, ast.Assign, ast.AnnAssign)
# Kinds of nodes without parts that anybody asks for: most of a tree.
LEAVES = frozenset([ast.Name, ast.alias, ast.Pass])
# Fields that hold text, numbers or such nodes. Only a type alias has a node for a name.
PLAIN_FIELDS = frozenset(
    [
        "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module", "name", "op", "ops",
        "rest", "simple", "tag", "type_comment",
    ]
)  # fmt: skip


@dataclass(slots=True)
class TreeIndex:
    """The nodes of one tree by what engines ask for, each list from the top of the file down.

    `lambdas` has every lambda and how many others are around it within one statement, itself included.
    """

    definitions: list[Definition] = field(default_factory=list)
    namings: list[Naming] = field(default_factory=list)
    texts: list[ast.Constant] = field(default_factory=list)
    lambdas: list[tuple[ast.Lambda, int]] = field(default_factory=list)


def index_tree(tree: ast.Module) -> TreeIndex:
    """Return the nodes of a tree by kind; walks without recursion, for hostile trees are deep."""
    index = TreeIndex()
    pending: list[tuple[ast.AST, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes):
                index.texts.append(node)
            continue
        if isinstance(node, ast.Lambda):
            depth += 1
            index.lambdas.append((node, depth))
        elif isinstance(node, ast.stmt):
            depth = 0
        if isinstance(node, NAMINGS):
            index.namings.append(node)
        elif isinstance(node, DEFINITIONS):
            index.definitions.append(node)
        pending += [(part, depth) for part in reversed(parts_of(node))]
    return index


def list_nodes(tree: ast.AST) -> list[ast.AST]:
    """Return every node of a tree in the order of `ast.walk`, which takes four times as long."""
    nodes = [tree]
    for node in nodes:  # grows on the way
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                nodes.append(value)
    return nodes


def parts_of(node: ast.AST) -> list[ast.AST]:
    """Return the nodes directly inside a node that have parts of their own."""
    parts: list[ast.AST] = []
    kind: Any = type(node)
    for name in fields_of(kind):
        value = getattr(node, name, None)
        if value.__class__ is list:
            parts += [item for item in value if item.__class__ not in LEAVES and isinstance(item, ast.AST)]
        elif value.__class__ not in LEAVES and isinstance(value, ast.AST):
            parts.append(value)
    return parts


@cache
def fields_of(kind: Any) -> tuple[str, ...]:
    """Return the fields of a kind of node that can hold nodes with parts."""
    plain = PLAIN_FIELDS - {"name"} if kind.__name__ == "TypeAlias" else PLAIN_FIELDS
    return tuple(name for name in kind._fields if name not in plain)
