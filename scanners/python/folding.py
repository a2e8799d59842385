"""Resolves what names and expressions of a Python module mean: aliases, look-ups by text, folded constants.

Static and bounded. A name that is assigned in several ways resolves to its most dangerous meaning.
"""

import ast
import builtins
from collections.abc import Callable
from typing import Any

from scanners import limits
from scanners.python.names import DANGEROUS
from scanners.python.scopes import build_scope
from scanners.python.values import (
    DECODED,
    DECODERS,
    JOINED,
    LOOKED_UP,
    Const,
    Plain,
    Ref,
    Value,
    bound,
    call_method,
    decode_codec,
    merge_tricks,
)

BUILTIN_NAMES = frozenset(dir(builtins))
MAX_ALTERNATIVES = 8  # assignments of one name that are looked at
MAX_LOOP_ITEMS = 20_000  # characters of a comprehension that is computed


class Resolver:
    """Answers what an expression means at the place the walk has reached; `scopes` is outermost first."""

    def __init__(self, module: ast.Module) -> None:
        self.scopes = [build_scope(module)]
        self._busy: set[int] = set()
        self._known: dict[tuple[int, int], Value] = {}
        self._loop: dict[str, Plain] = {}
        self._methods: dict[type[ast.expr], Callable[[Any], Value]] = {
            ast.Constant: self._resolve_constant, ast.Name: self._resolve_name, ast.NamedExpr: self._resolve_namedexpr,
            ast.Attribute: self._resolve_attribute, ast.List: self._resolve_list, ast.Tuple: self._resolve_list,
            ast.JoinedStr: self._resolve_joinedstr, ast.BinOp: self._resolve_binop, ast.Call: self._resolve_call,
            ast.Subscript: self._resolve_subscript, ast.GeneratorExp: self._resolve_generatorexp,
            ast.ListComp: self._resolve_generatorexp,
        }  # fmt: skip

    def resolve(self, node: ast.expr | None) -> Value:
        """Return the constant or the dotted name an expression stands for, or None."""
        if node is None or id(node) in self._busy:
            return None
        key = (id(node), len(self.scopes))
        if key in self._known and not self._loop:
            return self._known[key]
        self._busy.add(id(node))
        try:
            method = self._methods.get(type(node))
            value: Value = method(node) if method is not None else None
        finally:
            self._busy.discard(id(node))
        if not self._loop:
            self._known[key] = value
        return value

    def resolve_name(self, name: str) -> Value:
        """Return what a bare name means here: the innermost scope that assigns it decides."""
        if name in self._loop:
            return Const(self._loop[name])
        for scope in reversed(self.scopes):
            if name in scope.assigned:
                value = self._choose(scope.assigned[name])
                # `if 0: eval = None` assigns a name to hide it: what is dangerous stays known.
                return value or (Ref(f"builtins.{name}") if f"builtins.{name}" in DANGEROUS else None)
        if name == "__builtins__":
            return Ref("builtins")
        return Ref(f"builtins.{name}") if name in BUILTIN_NAMES else None

    def constant(self, node: ast.expr | None) -> Plain:
        """Return the constant value of an expression, or None."""
        value = self.resolve(node)
        return value.value if isinstance(value, Const) else None

    def _choose(self, options: list[ast.expr | Ref | None]) -> Value:
        values = [
            option if option is None or isinstance(option, Ref) else self.resolve(option)
            for option in options[:MAX_ALTERNATIVES]
        ]
        for value in values:
            if isinstance(value, Ref) and value.name in DANGEROUS:
                return value
        return values[0] if len(options) == 1 else self._choose_module(values)

    def _choose_module(self, values: list[Value]) -> Value:
        # try: import x except ImportError: x = None, and the same import repeated in several functions.
        references = {value.name: value for value in values if isinstance(value, Ref)}
        return next(iter(references.values())) if len(references) == 1 else None

    def _resolve_constant(self, node: ast.Constant) -> Value:
        return bound(node.value) if isinstance(node.value, str | bytes | int | float) else None

    def _resolve_name(self, node: ast.Name) -> Value:
        return self.resolve_name(node.id)

    def _resolve_namedexpr(self, node: ast.NamedExpr) -> Value:
        return self.resolve(node.value)

    def is_plain_import(self, name: str) -> bool:
        """Say whether a bare name is nothing but an import, which every engine follows by itself."""
        for scope in reversed(self.scopes):
            if name in scope.assigned:
                return all(isinstance(option, Ref) and not option.tricks for option in scope.assigned[name])
        return True

    def _resolve_attribute(self, node: ast.Attribute) -> Value:
        base = self.resolve(node.value)
        if not isinstance(base, Ref):
            return None
        return self._member(base, node.attr)

    def _member(self, base: Ref, name: str) -> Ref:
        dotted = base.name.removesuffix(".__dict__") if base.name.endswith(".__dict__") else base.name
        if name == "__call__":
            return Ref(base.name, base.tricks | {LOOKED_UP})
        if name == "__builtins__":
            return Ref("builtins", base.tricks | {LOOKED_UP})
        return Ref(f"{dotted}.{name}", base.tricks)

    def _resolve_list(self, node: ast.List | ast.Tuple) -> Value:
        items = [self.resolve(element) for element in node.elts]
        if any(not isinstance(item, Const) for item in items):
            return None
        return merge_tricks(bound([item.value for item in items if isinstance(item, Const)]), *items)

    def _resolve_joinedstr(self, node: ast.JoinedStr) -> Value:
        parts = [self.resolve(part.value if isinstance(part, ast.FormattedValue) else part) for part in node.values]
        if not parts or any(not isinstance(part, Const) for part in parts):
            return None
        if any(isinstance(part, Const) and isinstance(part.value, bytes | list) for part in parts):
            return None
        text = "".join(
            str(part.value) for part in parts if isinstance(part, Const) and not isinstance(part.value, bytes)
        )
        return merge_tricks(bound(text, *([JOINED] if len(parts) > 1 else [])), *parts)

    def _resolve_binop(self, node: ast.BinOp) -> Value:
        left, right = self.resolve(node.left), self.resolve(node.right)
        if not isinstance(left, Const) or not isinstance(right, Const):
            return None
        return merge_tricks(compute(node.op, left.value, right.value), left, right)

    def _resolve_subscript(self, node: ast.Subscript) -> Value:
        base = self.resolve(node.value)
        if isinstance(base, Ref):
            key = self.resolve(node.slice)
            return self._look_up(base, key)
        if not isinstance(base, Const) or not isinstance(base.value, str | bytes | list):
            return None
        try:
            if isinstance(node.slice, ast.Slice):
                part = node.slice
                lower, upper, step = (self._bound_of(item) for item in (part.lower, part.upper, part.step))
                return merge_tricks(bound(base.value[lower:upper:step], DECODED), base)
            index = self.constant(node.slice)
            return merge_tricks(bound(base.value[index]), base) if isinstance(index, int) else None
        except (IndexError, TypeError, ValueError):
            return None

    def _bound_of(self, node: ast.expr | None) -> int | None:
        if node is None:
            return None
        # A negative bound is a unary minus in the tree, not a constant.
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self.constant(node.operand)
            return -value if isinstance(value, int) else fail_bound()
        value = self.constant(node)
        return value if isinstance(value, int) else fail_bound()

    def _look_up(self, base: Ref, key: Value) -> Value:
        if not isinstance(key, Const) or not isinstance(key.value, str):
            return None
        if base.name == "sys.modules":
            return merge_tricks(Ref(key.value, frozenset([LOOKED_UP])), base, key)
        if base.name in ("builtins.globals()", "builtins.locals()"):
            return merge_tricks(self.resolve_name(key.value), Ref("", frozenset([LOOKED_UP])), key)
        if base.name.endswith(".__dict__") or base.name == "builtins":
            return merge_tricks(self._member(base, key.value), Ref("", frozenset([LOOKED_UP])), key)
        return None

    def _resolve_call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Attribute) and not isinstance(self.resolve(node.func), Ref):
            return self._call_method(node, node.func)
        function = self.resolve(node.func)
        if not isinstance(function, Ref):
            return None
        return merge_tricks(self._call_known(function.name, node), Ref("", function.tricks - {LOOKED_UP}))

    def _call_method(self, node: ast.Call, function: ast.Attribute) -> Value:
        base = self.resolve(function.value)
        if not isinstance(base, Const):
            return None
        arguments = [self.resolve(argument) for argument in node.args]
        if any(not isinstance(argument, Const) for argument in arguments):
            return None
        plain = [argument.value for argument in arguments if isinstance(argument, Const)]
        return merge_tricks(call_method(base.value, function.attr, plain), base, *arguments)

    def _call_known(self, name: str, node: ast.Call) -> Value:
        first = self.resolve(node.args[0]) if node.args else None
        second = self.resolve(node.args[1]) if len(node.args) > 1 else None
        looked_up = Ref("", frozenset([LOOKED_UP]))
        if name == "builtins.getattr" and isinstance(first, Ref) and isinstance(second, Const):
            return merge_tricks(self._member(first, str(second.value)), first, second, looked_up)
        if name.startswith("attrgetter:") and isinstance(first, Ref):
            return merge_tricks(self._member(first, name.partition(":")[2]), first, looked_up)
        if name == "operator.attrgetter" and isinstance(first, Const):
            return merge_tricks(Ref(f"attrgetter:{first.value!s}"), first)
        if name == "builtins.__import__" and isinstance(first, Const):
            return merge_tricks(Ref(str(first.value).split(".")[0]), first, looked_up)
        if name in ("importlib.import_module", "importlib.__import__") and isinstance(first, Const):
            return merge_tricks(Ref(str(first.value)), first, looked_up)
        if name == "builtins.vars" and isinstance(first, Ref):
            return Ref(f"{first.name}.__dict__", first.tricks)
        if name in ("builtins.globals", "builtins.locals", "builtins.vars"):
            return Ref("builtins.globals()")
        if name in ("functools.partial", "functools.partialmethod") and isinstance(first, Ref):
            # As common among honest plugins as a plain alias, so no trick of its own.
            return first
        if name.startswith("ctypes."):
            # Whatever library this loads, a call on it is a call into native code.
            return Ref("ctypes.CDLL()") if name.rpartition(".")[2] in ("CDLL", "PyDLL", "LoadLibrary") else None
        return self._compute(name, node, first, second)

    def _compute(self, name: str, node: ast.Call, first: Value, second: Value) -> Value:
        try:
            if name in ("builtins.map", "builtins.list", "builtins.tuple", "builtins.reversed", "builtins.bytes"):
                return self._sequence(name, first, second)
            if not isinstance(first, Const):
                return None
            if name == "builtins.chr" and isinstance(first.value, int):
                return merge_tricks(bound(chr(first.value), DECODED), first)
            if name == "builtins.ord" and isinstance(first.value, str):
                return merge_tricks(bound(ord(first.value)), first)
            if name == "builtins.int" and isinstance(first.value, str):
                base = second.value if isinstance(second, Const) and isinstance(second.value, int) else 10
                return bound(int(first.value, base))
            if name == "builtins.str" and isinstance(first.value, str | int):
                return bound(str(first.value))
            if name in DECODERS:
                return merge_tricks(bound(DECODERS[name](first.value), DECODED), first)
            if name == "codecs.decode" and isinstance(second, Const):
                return merge_tricks(bound(decode_codec(first.value, str(second.value)), DECODED), first)
        except (ValueError, TypeError, LookupError, OverflowError):
            # The source would raise here as well: there is no value to know.
            return None
        return None

    def _sequence(self, name: str, first: Value, second: Value) -> Value:
        if name == "builtins.map":
            is_chr = isinstance(first, Ref) and first.name == "builtins.chr"
            codes = second.value if is_chr and isinstance(second, Const) else None
            if not isinstance(codes, list | bytes):
                return None
            return bound([chr(code) for code in codes if isinstance(code, int)], DECODED)
        if not isinstance(first, Const) or not isinstance(first.value, str | bytes | list):
            return None
        if name == "builtins.bytes" and isinstance(first.value, list):
            return bound(bytes(code for code in first.value if isinstance(code, int)), DECODED)
        items: list[Plain] = list(first.value)
        return merge_tricks(bound(items[::-1] if name == "builtins.reversed" else items), first)

    def _resolve_generatorexp(self, node: ast.GeneratorExp | ast.ListComp) -> Value:
        loop = node.generators[0]
        items = self.constant(loop.iter)
        if len(node.generators) > 1 or loop.ifs or not isinstance(loop.target, ast.Name) or self._loop:
            return None
        if not isinstance(items, str | bytes | list) or len(items) > MAX_LOOP_ITEMS:
            return None
        results: list[Plain] = []
        for item in items:
            self._loop = {loop.target.id: item}
            value = self.resolve(node.elt)
            self._loop = {}
            if not isinstance(value, Const):
                return None
            results.append(value.value)
        return bound(results, DECODED)


def fail_bound() -> int:
    """Raise TypeError: a slice with an unknown bound has no known value."""
    raise TypeError("unknown bound")


def compute(operator: ast.operator, left: Plain, right: Plain) -> Value:
    """Return the result of an operator on two constants, or None."""
    if isinstance(left, str) and isinstance(right, str) and isinstance(operator, ast.Add):
        return bound(left + right, JOINED)
    if isinstance(left, bytes) and isinstance(right, bytes) and isinstance(operator, ast.Add):
        return bound(left + right, JOINED)
    if isinstance(left, str) and isinstance(operator, ast.Mod):
        return format_percent(left, right)
    if isinstance(left, str | bytes) and isinstance(right, int) and isinstance(operator, ast.Mult):
        return bound(left * right) if len(left) * right <= limits.FOLD_CHARACTERS else None
    if isinstance(left, int) and isinstance(right, int):
        return compute_integer(operator, left, right)
    return None


def format_percent(template: str, argument: Plain) -> Value:
    """Return `template % argument` when only %s is used: a width could ask for any amount of memory."""
    items = argument if isinstance(argument, list) else [argument]
    pieces = template.split("%s")
    if len(pieces) != len(items) + 1 or any("%" in piece for piece in pieces):
        return None
    texts = [str(item) for item in items] + [""]
    return bound("".join(piece + text for piece, text in zip(pieces, texts, strict=True)), JOINED)


def compute_integer(operator: ast.operator, left: int, right: int) -> Value:
    """Return the result of the operators that character arithmetic uses, or None."""
    match operator:
        case ast.Add():
            return bound(left + right)
        case ast.Sub():
            return bound(left - right)
        case ast.BitXor():
            return bound(left ^ right)
        case ast.Mod() if right:
            return bound(left % right)
        case ast.FloorDiv() if right:
            return bound(left // right)
    return None
