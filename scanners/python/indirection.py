"""Finds Python that reaches dangerous calls by detours, and writes a copy in which the detours are gone.

Works on the syntax tree alone. It reports; the verdict is made elsewhere.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from scanners import limits
from scanners.engines.hits import Hit
from scanners.python.folding import Resolver
from scanners.python.names import (
    CALLABLES_TO_WATCH,
    DANGEROUS,
    EVALUATORS,
    MODULES_TO_SPELL,
    MODULES_TO_WATCH,
    NATIVE_CALLS,
)
from scanners.python.scopes import FunctionNode, build_scope
from scanners.python.values import DECODED, DECODERS, JOINED, LOOKED_UP, OPAQUE_DECODERS, Const, Ref
from scanners.tree_index import fields_of, list_nodes

# Kinds of nodes that hold nothing to look at; contexts and operators are in fields that are not visited.
LEAVES = frozenset([ast.Constant, ast.alias, ast.Pass])
LOADING = ast.Load()
SOURCE_SUFFIXES = (".py", ".pyi", ".pyw")


@dataclass
class Analysis:
    """What a module's walk found: hits, replacements by node id, and what these say that the text may not."""

    hits: list[Hit] = field(default_factory=list)
    replacements: dict[int, ast.expr] = field(default_factory=dict)
    revealed: set[str] = field(default_factory=set)


def analyse(tree: ast.Module) -> Analysis:
    """Walk a module; the tree is left as it was."""
    walker = Walker(tree)
    walker.visit(tree)
    return walker.analysis


def rewrite(tree: ast.Module, *, analysis: Analysis) -> ast.Module:
    """Replace the detours in place and return the tree."""
    found = analysis.replacements
    for node in list_nodes(tree):
        for name in node._fields:
            value = getattr(node, name, None)
            if value.__class__ is list:
                value[:] = [found.get(id(item), item) for item in value]
            elif id(value) in found:
                setattr(node, name, found[id(value)])
    for replacement in found.values():
        ast.fix_missing_locations(replacement)
    return tree


class Walker(ast.NodeVisitor):
    """Visits every expression with the scopes it sees."""

    def __init__(self, tree: ast.Module) -> None:
        self.analysis = Analysis()
        self._visits: dict[type[ast.AST], Callable[[Any], None]] = {
            kind: getattr(self, f"visit_{kind.__name__}")
            for kind in (
                ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Call, ast.Attribute, ast.Subscript,
                ast.BinOp, ast.JoinedStr, ast.Name,
            )
        }  # fmt: skip
        self._resolver = Resolver(tree)
        self._class_scopes: set[int] = set()

    def visit(self, node: ast.AST) -> None:
        """Visit a node; the table and the leaves left out halve what the standard visitor takes."""
        kind = type(node)
        visit = self._visits.get(kind)
        if visit is not None:
            visit(node)
        elif kind not in LEAVES:
            self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what a node holds."""
        kind: Any = type(node)
        for name in fields_of(kind):
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._enter_function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._check_decorators(node.decorator_list)
        scope = build_scope(node)
        self._class_scopes.add(id(scope))
        outer = self._resolver.scopes
        self._resolver.scopes = [*outer, scope]
        self.generic_visit(node)
        self._resolver.scopes = outer

    def visit_Call(self, node: ast.Call) -> None:
        self._check_call(node)
        self._replace_or_descend(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._replace_or_descend(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._replace_or_descend(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self._replace_or_descend(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._replace_or_descend(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and not self._resolver.is_plain_import(node.id):
            self._replace_or_descend(node)

    def _enter_function(self, node: FunctionNode) -> None:
        if not isinstance(node, ast.Lambda):
            self._check_decorators(node.decorator_list)
        outer = self._resolver.scopes
        # A function does not see the names of the class around it.
        seen = [scope for scope in outer if id(scope) not in self._class_scopes]
        self._resolver.scopes = [*seen, build_scope(node)]
        self.generic_visit(node)
        self._resolver.scopes = outer

    def _replace_or_descend(self, node: ast.expr) -> None:
        replacement = self._find_replacement(node)
        if replacement is None:
            self.generic_visit(node)
            return
        self.analysis.replacements[id(node)] = ast.copy_location(replacement, node)
        said = replacement.value if isinstance(replacement, ast.Constant) else dotted_name(replacement)
        # A long message put together with + is prose; what hides a name or a command is short.
        self.analysis.revealed.add(str(said)[: limits.SNIPPET_CHARACTERS])
        # The outer detour is gone; calls inside it are still looked at, replacements inside it no longer count.
        self.generic_visit(node)

    def _find_replacement(self, node: ast.expr) -> ast.expr | None:
        if not isinstance(getattr(node, "ctx", LOADING), ast.Load):
            return None
        value = self._resolver.resolve(node)
        if isinstance(value, Const):
            is_hidden = bool(value.tricks & {JOINED, DECODED}) and isinstance(value.value, str | bytes)
            return ast.Constant(value.value) if is_hidden and isinstance(value.value, str | bytes) else None
        if not isinstance(value, Ref) or value.name.split(".")[0] not in MODULES_TO_SPELL or "(" in value.name:
            return None
        is_plain = isinstance(node, ast.Attribute) and not value.tricks and not self._is_assigned(node)
        if is_plain or (isinstance(node, ast.Name) and value.name in (node.id, f"builtins.{node.id}")):
            return None
        if not all(part.isidentifier() for part in value.name.split(".")):
            return None
        return spell_name(value.name.removeprefix("builtins."))

    def _is_assigned(self, node: ast.Attribute) -> bool:
        base: ast.expr = node.value
        while isinstance(base, ast.Attribute):
            base = base.value
        if not isinstance(base, ast.Name):
            return True
        is_builtins = node.value is base and base.id in ("builtins", "__builtins__")
        return is_builtins or not self._resolver.is_plain_import(base.id)

    def _hit(self, rule_id: str, node: ast.expr) -> None:
        self.analysis.hits.append(Hit(rule_id, node.lineno, node.end_lineno or node.lineno))

    def _check_decorators(self, decorators: list[ast.expr]) -> None:
        for decorator in decorators:
            value = self._resolver.resolve(decorator)
            if isinstance(value, Ref) and value.name in CALLABLES_TO_WATCH:
                self._hit("indirect-callable", decorator)

    def _check_call(self, node: ast.Call) -> None:
        function = self._resolver.resolve(node.func)
        self._check_passed(node)
        if not isinstance(function, Ref):
            return
        if function.name in DANGEROUS:
            self._check_detour(node, function)
            self._check_payload(node, function)
        elif function.name.startswith(("ctypes.CDLL()", "ctypes.windll.", "ctypes.cdll.", "ctypes.oledll.")):
            if function.name.rpartition(".")[2] in NATIVE_CALLS:
                self._hit("native-call", node)
        elif function.name in ("runpy.run_path", "importlib.machinery.SourceFileLoader"):
            self._check_loader(node)
        elif function.name == "builtins.getattr" and len(node.args) > 1:
            self._check_dynamic(node)

    def _check_detour(self, node: ast.Call, function: Ref) -> None:
        if function.tricks & {JOINED, DECODED}:
            self._hit("indirect-assembled", node)
        elif LOOKED_UP in function.tricks:
            self._hit("indirect-lookup", node)
        elif isinstance(node.func, ast.Attribute) and function.name.startswith("builtins."):
            self._hit("indirect-builtins", node)
        elif self._is_alias(node.func, function):
            self._hit("indirect-alias", node)

    def _is_alias(self, called: ast.expr, function: Ref) -> bool:
        if not isinstance(called, ast.Name) or self._resolver.is_plain_import(called.id):
            return False
        return function.name.rpartition(".")[2] != called.id

    def _check_passed(self, node: ast.Call) -> None:
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        for argument in values:
            if not isinstance(argument, ast.Name | ast.Attribute):
                continue
            value = self._resolver.resolve(argument)
            if isinstance(value, Ref) and value.name in CALLABLES_TO_WATCH:
                self._hit("indirect-callable", argument)

    def _check_payload(self, node: ast.Call, function: Ref) -> None:
        if not node.args:
            return
        payload = node.args[0]
        value = self._resolver.resolve(payload)
        is_code = function.name in EVALUATORS
        if isinstance(value, Const):
            if DECODED in value.tricks:
                self._hit("decoded-code" if is_code else "decoded-command", node)
            elif JOINED in value.tricks and is_code:
                self._hit("assembled-code", node)
            return
        called = set(self._called_names(payload))
        if called & set(DECODERS):
            self._hit("decoded-code" if is_code else "decoded-command", node)
        elif is_code and called & OPAQUE_DECODERS:
            self._hit("opaque-code", node)
        elif is_code and any(self._is_data_file(call) for call in iterate_calls(payload)):
            self._hit("data-as-code", node)

    def _called_names(self, payload: ast.expr) -> Iterator[str]:
        for call in iterate_calls(payload):
            value = self._resolver.resolve(call.func)
            if isinstance(value, Ref):
                yield value.name

    def _is_data_file(self, call: ast.Call) -> bool:
        function = self._resolver.resolve(call.func)
        is_open = isinstance(function, Ref) and function.name in ("builtins.open", "io.open", "pathlib.Path")
        return is_open and self._names_data(call)

    def _names_data(self, call: ast.Call) -> bool:
        path = self._resolver.constant(call.args[0]) if call.args else None
        return isinstance(path, str) and not path.casefold().endswith(SOURCE_SUFFIXES)

    def _check_loader(self, node: ast.Call) -> None:
        paths = [self._resolver.constant(argument) for argument in node.args[:2]]
        path = next((item for item in reversed(paths) if isinstance(item, str)), None)
        if path is not None and not path.casefold().endswith(SOURCE_SUFFIXES):
            self._hit("data-as-code", node)

    def _check_dynamic(self, node: ast.Call) -> None:
        base = self._resolver.resolve(node.args[0])
        name = self._resolver.resolve(node.args[1])
        if isinstance(base, Ref) and base.name in MODULES_TO_WATCH and not isinstance(name, Const):
            self._hit("indirect-dynamic", node)


def iterate_calls(node: ast.expr) -> Iterator[ast.Call]:
    """Yield every call inside an expression, the expression itself included."""
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def spell_name(dotted: str) -> ast.expr:
    """Return the expression that spells a dotted name."""
    first, *rest = dotted.split(".")
    node: ast.expr = ast.Name(first, ast.Load())
    for part in rest:
        node = ast.Attribute(node, part, ast.Load())
    return node


def dotted_name(node: ast.expr) -> str:
    """Return the name that an expression of `spell_name` spells."""
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def parse_layer(text: str) -> ast.Module | None:
    """Return decoded code as a tree, or None when it is too large or no Python."""
    if len(text) > limits.SOURCE_BYTES:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Not Python after all: the layer's own finding stays, there is nothing more to look at.
        return None
