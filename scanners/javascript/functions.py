"""Reads functions and classes, and follows calls into them with what the caller brings.

A function is read again for other arguments within a budget; after that only for labels it has not seen.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Context, Label
from scanners.javascript.binding import bind
from scanners.javascript.members import name_of_key
from scanners.javascript.scopes import Scope
from scanners.javascript.values import (
    GETTER,
    UNKNOWN,
    Function,
    Marks,
    Shape,
    Value,
    array_of,
    collection_of,
    deep_marks,
    join,
    join_all,
    union,
)
from scanners.javascript.walker import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tree_sitter import Node

    from scanners.javascript.walker import Reader, Walker

Key = tuple[str, int, int]
# What has been read in a context need not be read again in one that counts for less.
ORDER = (Context.INSTALL, Context.IMPORT, Context.RUNTIME, Context.DEAD)
STRONGER = {context: ORDER[: place + 1] for place, context in enumerate(ORDER)}
WEAKER = {context: ORDER[place:] for place, context in enumerate(ORDER)}
PLAIN_LABELS = frozenset({Label.ARGUMENT, Label.TIME, Label.RANDOM})
NEVER_SEEN: tuple[object, ...] = ("labels",)


def read_function(walker: Walker, node: Node) -> Value:
    """Return a function as a value; it is read when it is called, or at the end."""
    name_node = node.child_by_field_name("name")
    frame = walker.frame
    name = (name_of_key(walker, name_node) or "") if name_node is not None else ""
    full = f"{frame.name}.{name}" if frame.name and name else name or frame.name
    is_arrow = node.type == "arrow_function"
    function = Function(node, frame.scope, frame.module, full, frame.this if is_arrow else None, is_arrow, not name)
    walker.pending.append(function)
    return Value(function=function, shape=function.shape)


def read_function_declaration(walker: Walker, node: Node) -> Value:
    """Return a declared function; it was bound when its block began."""
    name = node.child_by_field_name("name")
    binding = walker.frame.scope.names.get(walker.text(name)) if name is not None else None
    if binding is not None and binding.value.function is not None and binding.value.function.node == node:
        return binding.value
    return declare_function(walker, node)


def declare_function(walker: Walker, node: Node) -> Value:
    """Bind a declared function to its name."""
    value = read_function(walker, node)
    name = node.child_by_field_name("name")
    if name is not None:
        walker.declare(walker.text(name), value)
    return value


def read_class(walker: Walker, node: Node) -> Value:
    """Return a class: its static side as a shape, its methods behind `prototype`."""
    name_node = node.child_by_field_name("name")
    name = walker.text(name_node) if name_node is not None else ""
    frame = walker.frame
    base = UNKNOWN
    for child in node.named_children:
        if child.type == "class_heritage":
            base = walker.read(child.named_children[0]) if child.named_children else UNKNOWN
            if child.named_children and child.named_children[0].type == "extends_clause":
                clause = child.named_children[0].child_by_field_name("value")
                base = walker.read(clause) if clause is not None else UNKNOWN
    parent = base.shape.get("prototype") if base.shape is not None else None
    proto = Shape(proto=parent.shape if parent is not None else None)
    statics = Shape({"prototype": Value(shape=proto, path=base.path)}, proto=base.shape)
    value = Value(shape=statics, path=base.path if not base.path.startswith("?") else "")
    outer = frame.name
    frame.name = f"{outer}.{name}" if outer and name else name or outer
    if name:
        walker.declare(name, value)
    body = node.child_by_field_name("body")
    for part in body.named_children if body is not None else ():
        add_to_class(walker, part, proto, statics)
    frame.name = outer
    constructor = proto.props.get("constructor")
    function = constructor.function if constructor is not None else None
    value.function = function
    return value


def add_to_class(walker: Walker, part: Node, proto: Shape, statics: Shape) -> None:
    """Add one method or field to a class."""
    if part.type == "class_static_block":
        walker.read_parts(part)
        return
    name = name_of_key(walker, part.child_by_field_name("name") or part.child_by_field_name("property"))
    is_static = any(child.type == "static" for child in part.children)
    target = statics if is_static else proto
    if part.type == "method_definition":
        method = walker.read(part)
        if method.function is not None:
            method.function.this = Value(shape=statics) if is_static else Value(shape=Shape(proto=proto))
            if not is_static:
                method.function.this = canonical(proto)
        kinds = {child.type for child in part.children}
        if "get" in kinds and method.function is not None:
            method = Value(path=GETTER, function=method.function)
        if "set" not in kinds or name not in target.props:
            target.props[name or "*"] = method
    elif part.type in ("field_definition", "public_field_definition"):
        worth = part.child_by_field_name("value")
        outer, walker.frame.this = walker.frame.this, canonical(proto)
        target.props[name or "*"] = walker.read(worth) if worth is not None else UNKNOWN
        walker.frame.this = outer


def canonical(proto: Shape) -> Value:
    """Return the one instance for which methods that nobody calls are read."""
    held = proto.props.get("%instance")
    if held is None:
        held = proto.props["%instance"] = Value(shape=Shape(proto=proto))
    return held


def construct(walker: Walker, callee: Value, args: list[Value]) -> Value:
    """Return a new instance of a class or function of the plugin."""
    prototype = callee.shape.get("prototype") if callee.shape is not None else None
    proto = prototype.shape if prototype is not None else None
    instance = Value(shape=Shape(proto=proto), path=f"{callee.path}#" if callee.path and "?" not in callee.path else "")
    if proto is not None and "%instance" in proto.props:
        shared = canonical(proto)
        instance = Value(shape=shared.shape, path=instance.path)
    if callee.function is not None:
        result = call(walker, callee.function, args, this=instance)
        if result.shape is not None and result.shape.props and result.function is None:
            return result
    return instance


def call(
    walker: Walker,
    function: Function,
    args: Sequence[Value],
    *,
    this: Value | None,
    context: Context | None = None,
    loop: bool = False,
) -> Value:
    """Return what a call is worth, reading the function with these arguments when that is new and affordable."""
    key = (function.module.path, function.node.start_byte, function.module.base_line)
    given = union(*[deep_marks(arg) for arg in args])
    seen = walker.contexts.setdefault(key, {})
    frame = walker.frame
    here = (context or frame.context, frame.guarded > 0, loop or frame.looped > 0, frame.favoured > 0)
    brought = (
        *(signature_of(arg) for arg in args[:8]),
        id(this.shape) if this is not None else 0,
        id(function.scope),
    )
    for earlier in STRONGER[here[0]]:
        known = seen.get(((earlier, *here[1:]), *brought))
        if known is not None:
            return known
    signature: tuple[object, ...] = (here, *brought)
    if (
        key in walker.running
        or len(walker.running) >= limits.SCRIPT_CALL_DEPTH
        or walker.depth > limits.SCRIPT_NESTING // 2
    ):
        return Value(marks=given) if given else UNKNOWN
    if len(seen) > calls_allowed(function, args):
        labels = frozenset(mark[0] for mark in given)
        read = walker.label_sets.setdefault(key, [])
        if any(here[0] in WEAKER[past[0]] and here[1:] == past[1:] and labels <= had for past, had in read):
            return join(join_all(list(seen.values())[-3:]), Value(marks=given))
        read.append((here, labels))
        signature = (here, NEVER_SEEN, labels)
    seen[signature] = UNKNOWN
    # Signatures hold identities: what they name must live on, or another object could take its place.
    walker.kept.append((tuple(args), this, function.scope))
    walker.running.append(key)
    value = enter(walker, function, args, this=this, context=context, loop=loop)
    walker.running.pop()
    walker.contexts[key][signature] = value
    return value


def calls_allowed(function: Function, args: Sequence[Value]) -> int:
    """Return for how many different arguments a function is read; a small one that gets constants may be a decoder."""
    size = function.node.end_byte - function.node.start_byte
    if args and size <= limits.SCRIPT_DECODER_BYTES and all(a.text is not None or a.number is not None for a in args):
        return limits.SCRIPT_DECODER_CALLS
    return max(1, limits.SCRIPT_CALL_BYTES // (size + 1))


def signature_of(value: Value) -> tuple[object, ...]:
    """Return what makes two arguments the same for a function; of what anybody may pass, where it enters is not."""
    return (value.text, value.number, value.path, telling(value.marks), id(value.shape), id(value.function))


@lru_cache(maxsize=4_096)
def telling(marks: Marks) -> frozenset[object]:
    """Return marks without the places of those whose places tell nothing."""
    return frozenset(mark[0] if mark[0] in PLAIN_LABELS else mark for mark in marks)


def enter(
    walker: Walker,
    function: Function,
    args: Sequence[Value],
    *,
    this: Value | None,
    context: Context | None,
    loop: bool,
) -> Value:
    """Read a function's body in a frame of its own."""
    outer = walker.frame
    walker.frames += 1
    walker.visited.add((function.module.path, function.node.start_byte, function.module.base_line))
    scope = Scope(function.scope, is_function=True)
    name = function.name
    if function.is_anonymous and context is not None and context is not outer.context:
        name = f"{function.name}.{function.node.start_point.row + 1}".lstrip(".")
    elif function.is_anonymous:
        name = outer.name if function.module is outer.module else function.name
    walker.frame = frame = Frame(
        function.module,
        scope,
        name,
        context or outer.context,
        walker.frames,
        function.this if function.is_arrow else this or function.this,
        guarded=outer.guarded,
        looped=outer.looped + loop,
        favoured=outer.favoured,
    )
    bind_parameters(walker, function.node, args, scope)
    body = function.node.child_by_field_name("body")
    value = UNKNOWN
    if body is not None:
        value = walker.read(body)
    if body is not None and body.type == "statement_block":
        run_again(walker)
        value = join_all(frame.returns)
        if any(child.type == "*" for child in function.node.children):
            value = collection_of(value).replaced(tricks=value.tricks)
    walker.frame = outer
    return value


def run_again(walker: Walker) -> None:
    """Read callbacks of one function once more: an earlier one may use what a later one stored."""
    callbacks = walker.frame.callbacks
    if len(callbacks) < 2 or walker.is_again:
        return
    walker.frame.callbacks = []
    # Once for all: again inside again would double with every level.
    walker.is_again = True
    for function, args in callbacks[:8]:
        key = (function.module.path, function.node.start_byte, function.module.base_line)
        if key not in walker.running and len(walker.running) < limits.SCRIPT_CALL_DEPTH // 2:
            walker.running.append(key)
            enter(walker, function, args, this=None, context=None, loop=False)
            walker.running.pop()
    walker.is_again = False


def bind_parameters(walker: Walker, node: Node, args: Sequence[Value], scope: Scope) -> None:
    """Bind the parameters of a function to the arguments of a call."""
    single = node.child_by_field_name("parameter")
    listed = node.child_by_field_name("parameters")
    parameters = [single] if single is not None else listed.named_children if listed is not None else []
    parameters = [part for part in parameters if part.type not in ("comment", "decorator")]
    walker.declare("arguments", array_of(args), scope=scope)
    position = 0
    for part in parameters:
        pattern = part.child_by_field_name("pattern") or part
        if pattern.type == "this":
            continue
        if pattern.type == "rest_pattern" and pattern.named_children:
            bind(walker, pattern.named_children[0], array_of(args[position:]), scope=scope)
            return
        value = args[position] if position < len(args) else UNKNOWN
        default = part.child_by_field_name("value") if pattern is not part else None
        if default is not None and value is UNKNOWN:
            value = walker.read(default)
        bind(walker, pattern, value, scope=scope)
        position += 1


FUNCTIONS: dict[str, Reader] = {
    "function_expression": read_function,
    "arrow_function": read_function,
    "generator_function": read_function,
    "method_definition": read_function,
    "function_declaration": read_function_declaration,
    "generator_function_declaration": read_function_declaration,
    "class": read_class,
    "class_declaration": read_class,
    "abstract_class_declaration": read_class,
}
