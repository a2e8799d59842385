"""Collects what the names of one scope of a Python module are assigned, so that aliases can be followed.

Records every assignment and prefers none; what they mean together is decided where they are resolved.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scanners.python.names import DANGEROUS
from scanners.python.values import STARRED, Ref
from scanners.tree_index import fields_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass
class Scope:
    """What the names of one function or of the module were assigned; None stands for "anything"."""

    assigned: dict[str, list[ast.expr | Ref | None]] = field(default_factory=dict)

    def add(self, name: str, value: ast.expr | Ref | None) -> None:
        self.assigned.setdefault(name, []).append(value)


class ScopeBuilder(ast.NodeVisitor):
    """Collects the assignments of one scope without entering the functions inside it."""

    def __init__(self) -> None:
        self.scope = Scope()
        self._visits: dict[type[ast.AST], Callable[[Any], None]] = {
            kind: getattr(self, f"visit_{kind.__name__}")
            for kind in (
                ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.Name,
                ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef,
            )
        }  # fmt: skip

    def visit(self, node: ast.AST) -> None:
        """Visit a node, and what it holds unless its kind is dealt with here; faster than the standard visitor."""
        kind: Any = type(node)
        visit = self._visits.get(kind)
        if visit is not None:
            visit(node)
            return
        for name in fields_of(kind) if kind is not ast.Constant else ():
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            target = alias.name if alias.asname else alias.name.split(".")[0]
            self.scope.add(alias.asname or target, Ref(target))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            prefix = "." * node.level + (node.module or "")
            if alias.name == "*":
                self._add_star(prefix)
            self.scope.add(alias.asname or alias.name, Ref(f"{prefix}.{alias.name}"))

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._assign(target, node.value)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assign(node.target, node.value)
            self.visit(node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._assign(node.target, node.value)
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        # `part += "tem"` in a row is a join; the earlier value is found by position, see `resolve_name`.
        self._assign(node.target, None)
        self.visit(node.value)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.scope.add(node.id, None)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.scope.add(node.name, None)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.scope.add(node.name, None)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        return

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        # Names of a class body are seen by no method: one called `eval` must not hide the builtin.
        self.scope.add(node.name, None)

    def _add_star(self, module: str) -> None:
        for name in DANGEROUS:
            owner, _, leaf = name.rpartition(".")
            if owner == module:
                self.scope.add(leaf, Ref(name, frozenset([STARRED])))

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self.scope.add(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            is_paired = len(values) == len(target.elts)
            for index, element in enumerate(target.elts):
                self._assign(element, values[index] if is_paired else None)


def build_scope(node: ast.Module | ast.ClassDef | FunctionNode) -> Scope:
    """Return the assignments of a module, class or function; parameters count as anything."""
    builder = ScopeBuilder()
    if not isinstance(node, ast.Module | ast.ClassDef):
        arguments = node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            builder.scope.add(argument.arg, None)
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                builder.scope.add(extra.arg, None)
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    for statement in body:
        builder.visit(statement)
    return builder.scope
