"""Binds values to names: declarations, assignments, patterns, and assignments that replace parts of the platform.

What the values are worth is read elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Context, Label, Trick
from scanners.javascript.conditions import note_guarding
from scanners.javascript.effects import words
from scanners.javascript.expressions import add
from scanners.javascript.members import member, name_of_key, read_member_of
from scanners.javascript.pages import note_address
from scanners.javascript.parameters import TAKES_SECRET, spied_arguments
from scanners.javascript.tables.host import GLOBALS
from scanners.javascript.values import UNDEFINED, UNKNOWN, Shape, Value, array_of, deep_marks, join, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.scopes import Scope
    from scanners.javascript.walker import Reader, Walker

UNPATCHED = (
    "console",
    "process.env",
    "process.exitCode",
    "process.title",
    "module.exports",
    "exports",
    "script",
    "document",
)
PATCHABLE = words(
    "Function Array Object String Promise JSON Date Buffer fetch require eval setTimeout XMLHttpRequest WebSocket",
    "Reflect Proxy",
)
# Who replaces one of these sees the headers of other people's requests.
SEES_REQUESTS = re.compile(
    r"\b(fetch|XMLHttpRequest|axios|got|https?|undici|superagent|interceptors)\b|\.(request|login|setRequestHeader|parse|_load)$"
)
ALIASED = words("eval Function require")
PLAIN = words("null undefined true false Error Symbol Map Set RegExp URL constructor Object.getPrototypeOf import.meta")


def bind(walker: Walker, pattern: Node, value: Value, *, scope: Scope | None) -> None:
    """Bind a pattern to a value: declared in a scope, or assigned to what the names already mean."""
    binder = BINDERS.get(pattern.type)
    if binder is not None:
        binder(walker, pattern, value, scope)
    elif (
        pattern.type in ("parenthesized_expression", "non_null_expression", "as_expression") and pattern.named_children
    ):
        bind(walker, pattern.named_children[0], value, scope=scope)


def bind_name(walker: Walker, pattern: Node, value: Value, scope: Scope | None) -> None:
    """Bind one name."""
    name = walker.text(pattern)
    if value.path in ALIASED and name != value.path and Trick.ALIASED not in value.tricks:
        value = value.replaced(tricks=value.tricks | {Trick.ALIASED})
    if scope is not None:
        walker.declare(name, value, scope=scope)
        return
    frame = walker.frame
    binding = frame.scope.find(name)
    if binding is None:
        if name in GLOBALS and value.function is not None:
            walker.record(Act.HOST_PATCH, pattern, detail=f"global.{name}")
        walker.declare(name, value, scope=frame.module.scope)
    elif binding.frame == frame.number and frame.branch <= binding.branch:
        binding.value = value
    else:
        binding.value = join(binding.value, value)


def bind_object(walker: Walker, pattern: Node, value: Value, scope: Scope | None) -> None:
    """Bind the names of an object pattern to properties."""
    taken: set[str] = set()
    for child in pattern.named_children:
        if child.type in ("shorthand_property_identifier_pattern", "shorthand_property_identifier"):
            name = walker.text(child)
            taken.add(name)
            bind_name(walker, child, member(walker, value, name, child), scope)
        elif child.type in ("pair_pattern", "pair"):
            key = name_of_key(walker, child.child_by_field_name("key"))
            target = child.child_by_field_name("value")
            part = member(walker, value, key, child) if key is not None else Value(marks=deep_marks(value))
            taken.add(key or "")
            if target is not None:
                bind(walker, target, part, scope=scope)
        elif child.type in ("object_assignment_pattern", "assignment_pattern", "assignment_expression"):
            bind_default(walker, child, value, scope, of=value)
        elif child.type in ("rest_pattern", "spread_element") and child.named_children:
            bind(walker, child.named_children[0], rest_of(value, taken), scope=scope)


def rest_of(value: Value, taken: set[str]) -> Value:
    """Return an object without the names that were taken out of it."""
    if value.shape is None:
        return value
    props = {name: part for name, part in value.shape.props.items() if name not in taken}
    return Value(path=value.path, marks=value.marks, shape=Shape(props, value.shape.items, value.shape.rest))


def bind_default(walker: Walker, pattern: Node, value: Value, scope: Scope | None, *, of: Value | None = None) -> None:
    """Bind a pattern with a default value."""
    left, right = pattern.child_by_field_name("left"), pattern.child_by_field_name("right")
    if left is None or right is None:
        return
    if of is not None:
        value = member(walker, of, walker.text(left), pattern)
    fallback = walker.read(right)
    is_absent = (
        value is UNKNOWN
        or value is UNDEFINED
        or (value.path.startswith("?") and value.shape is None and not fallback.path.startswith("?"))
    )
    worth = fallback.replaced(marks=union(fallback.marks, value.marks)) if is_absent else join(fallback, value)
    bind(walker, left, worth, scope=scope)


def bind_array(walker: Walker, pattern: Node, value: Value, scope: Scope | None) -> None:
    """Bind the names of an array pattern to items."""
    position = 0
    items = value.shape.items if value.shape is not None else None
    for child in pattern.children:
        if child.type == ",":
            position += 1
        elif child.type in ("rest_pattern", "spread_element") and child.named_children:
            rest = array_of(items[position:]) if items is not None else Value(marks=deep_marks(value))
            bind(walker, child.named_children[0], rest, scope=scope)
        elif child.is_named:
            part = items[position] if items is not None and position < len(items) else Value(marks=deep_marks(value))
            bind(walker, child, part, scope=scope)


def bind_member(walker: Walker, pattern: Node, value: Value, scope: Scope | None) -> None:
    """Assign to a property, of an own object or of the platform."""
    base, _, name = read_member_of(walker, pattern)
    if base.path == "module" and name == "exports" and base.shape is not None:
        base.shape.props["exports"] = value
        return
    store(walker, base, name, value)
    note_address(walker, pattern, base, name, value)
    note_patch(walker, pattern, base, value, name=name)
    if base.path == "process.env" and name == "NODE_TLS_REJECT_UNAUTHORIZED" and value.text == "0":
        walker.frame.module.is_unverified = True


def store(walker: Walker, base: Value, name: str | None, value: Value) -> None:
    """Keep a value under a name of an own object."""
    shape = base.shape
    if shape is None:
        return
    if name is None:
        shape.rest = union(shape.rest, deep_marks(value))
        if value.function is not None or value.path:
            shape.props.setdefault("*", value)
    elif shape.items is not None and name.isdigit() and int(name) < len(shape.items):
        shape.items[int(name)] = value
    else:
        old = shape.props.get(name)
        shape.props[name] = value if old is None or not walker.frame.branch else join(old, value)


def note_patch(walker: Walker, node: Node, base: Value, value: Value, *, name: str | None) -> None:
    """Record when a function of the platform or of a foreign module is replaced."""
    path = base.path
    is_handed = any(mark[0] is Label.ARGUMENT for mark in base.marks) and value.function is not None
    if is_handed and name is not None and not name.startswith("on") and is_wrapped(walker, name):
        walker.record(Act.HOST_PATCH, node, detail=f"{{host}}.{name}", tricks=value.tricks)
        return
    if not path or path.startswith(("?", "native:", "this", *UNPATCHED)) or "#" in path or name is None:
        return
    if value.function is None and not (
        value.path and not value.path.startswith(("?", "undefined", "null", "true", "false"))
    ):
        return
    if name in ("onmessage", "onerror", "default") or path in PLAIN or path.split(".")[0] in PLAIN:
        return
    if base.shape is not None and "prototype" in base.shape.props:
        # A class of the plugin, by the name of what it inherits from.
        return
    if path == "global" and name not in PATCHABLE:
        return
    walker.record(Act.HOST_PATCH, node, detail=f"{path}.{name}", tricks=value.tricks)
    if value.function is not None and SEES_REQUESTS.search(f"{path}.{name}"):
        given = spied_arguments(walker, value.function)
        walker.follow(walker, value.function, given, this=None, context=Context.RUNTIME)


def is_wrapped(walker: Walker, name: str) -> bool:
    """Say whether the script also takes what a property was before it is replaced."""
    expression = rf"[\w\])]\??\.{re.escape(name)}\b(?!\s*=[^=])".encode()
    return re.search(expression, walker.frame.module.content) is not None


def read_assignment(walker: Walker, node: Node) -> Value:
    """Read `a = b`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return walker.read_parts(node)
    value = walker.read(right)
    if left.type == "identifier":
        note_guarding(walker, walker.text(left), right)
    elif left.type == "member_expression" and value.function is not None:
        name = walker.text(left).rpartition(".")[2]
        if TAKES_SECRET.search(name):
            rename(value, name, walker.frame.name)
    bind(walker, left, value, scope=None)
    return value


def read_augmented(walker: Walker, node: Node) -> Value:
    """Read `a += b` and its like."""
    left, right, sign = (node.child_by_field_name(name) for name in ("left", "right", "operator"))
    if left is None or right is None or sign is None:
        return walker.read_parts(node)
    old, new = walker.read(left), walker.read(right)
    if sign.type == "+=":
        value = add(old, new)
        if walker.frame.looped or walker.frame.branch:
            value = (
                value if old.text == "" and value.text else Value(value.text, marks=value.marks, tricks=value.tricks)
            )
    elif sign.type in ("||=", "&&=", "??="):
        value = join(old, new)
    else:
        value = Value(marks=union(old.marks, new.marks))
    bind(walker, left, value, scope=None)
    return value


def read_update(walker: Walker, node: Node) -> Value:
    """Read `a++`; what it counts is not followed."""
    argument = node.child_by_field_name("argument")
    if argument is not None and argument.type == "identifier":
        old = walker.read(argument)
        bind(walker, argument, Value(marks=old.marks), scope=None)
        return old
    return walker.read(argument) if argument is not None else UNKNOWN


def read_declarations(walker: Walker, node: Node) -> Value:
    """Read `const a = b, c = d`."""
    scope = walker.frame.scope.around() if node.type == "variable_declaration" else walker.frame.scope
    for child in node.named_children:
        if child.type != "variable_declarator":
            continue
        name, worth = child.child_by_field_name("name"), child.child_by_field_name("value")
        if name is None:
            continue
        value = walker.read(worth) if worth is not None else UNDEFINED
        if worth is not None and name.type == "identifier":
            note_guarding(walker, walker.text(name), worth)
            if worth.type in ("arrow_function", "function_expression", "class") and value.function is not None:
                rename(value, walker.text(name), walker.frame.name)
        if worth is None and name.type == "identifier" and walker.text(name) in scope.names:
            continue
        bind(walker, name, value, scope=scope)
    return UNKNOWN


def rename(value: Value, name: str, around: str) -> None:
    """Call an anonymous function by the variable that holds it."""
    function = value.function
    if function is not None and function.is_anonymous:
        function.is_anonymous = False
        function.name = f"{around}.{name}" if around else name


def bind_default_name(walker: Walker, pattern: Node, value: Value, scope: Scope | None) -> None:
    """Bind a pattern with a default to one value."""
    bind_default(walker, pattern, value, scope)


BINDERS = {
    "identifier": bind_name,
    "shorthand_property_identifier_pattern": bind_name,
    "object_pattern": bind_object,
    "object": bind_object,
    "array_pattern": bind_array,
    "array": bind_array,
    "assignment_pattern": bind_default_name,
    "member_expression": bind_member,
    "subscript_expression": bind_member,
}
ASSIGNMENTS: dict[str, Reader] = {
    "assignment_expression": read_assignment,
    "augmented_assignment_expression": read_augmented,
    "update_expression": read_update,
    "lexical_declaration": read_declarations,
    "variable_declaration": read_declarations,
}
