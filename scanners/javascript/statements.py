"""Reads statements in order: blocks, conditions, loops, imports and exports.

Only how control flows; expressions are read elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.facts import Act, Context, Trick
from scanners.javascript.binding import bind
from scanners.javascript.conditions import guards
from scanners.javascript.effects import words
from scanners.javascript.exhaustion import find_exhaustion
from scanners.javascript.favours import favours
from scanners.javascript.functions import declare_function
from scanners.javascript.loading import load_module
from scanners.javascript.members import member
from scanners.javascript.scopes import Scope
from scanners.javascript.texts import is_true, unescape
from scanners.javascript.values import ANY_ITEM, UNKNOWN, Shape, Value, deep_marks, join_all

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Reader, Walker

DECLARED = ("function_declaration", "generator_function_declaration")
ENDS = ("return_statement", "throw_statement", "continue_statement", "break_statement")
EXITS = ("process.exit", "process.abort", "process.kill")


def read_block(walker: Walker, node: Node) -> Value:
    """Read the statements of a block."""
    outer = walker.frame.scope
    walker.frame.scope = Scope(outer)
    read_statements(walker, node.named_children)
    walker.frame.scope = outer
    return UNKNOWN


def read_statements(walker: Walker, statements: list[Node]) -> None:
    """Read statements in order; functions are bound first, and a guard that leaves guards what follows."""
    for statement in statements:
        declared = statement
        if statement.type == "export_statement":
            declared = statement.child_by_field_name("declaration") or statement
        if declared.type in DECLARED:
            declare_function(walker, declared)
    guarded, favoured = walker.frame.guarded, walker.frame.favoured
    for statement in statements:
        walker.read(statement)
        condition = leaving_condition(walker, statement) if statement.type == "if_statement" else None
        if condition is not None:
            walker.frame.guarded += guards(walker, condition)
            walker.frame.favoured += favours(walker, condition)
    walker.frame.guarded, walker.frame.favoured = guarded, favoured


def leaving_condition(walker: Walker, node: Node) -> Node | None:
    """Return the condition under which the block ends early."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None or body is None:
        return None
    last = body.named_children[-1] if body.type == "statement_block" and body.named_children else body
    return condition if last.type in ENDS or walker.text(last).startswith(EXITS) else None


def read_if(walker: Walker, node: Node) -> Value:
    """Read a condition with all its else branches, without nesting."""
    frame = walker.frame
    guarded, favoured = frame.guarded, frame.favoured
    current: Node | None = node
    frame.branch += 1
    outer = frame.context
    while current is not None and current.type == "if_statement":
        condition, body = current.child_by_field_name("condition"), current.child_by_field_name("consequence")
        worth = walker.read(condition) if condition is not None else UNKNOWN
        truth = is_true(worth) if not worth.marks and worth.shape is None and worth.function is None else None
        if condition is not None:
            frame.guarded += guards(walker, condition)
            frame.favoured += favours(walker, condition)
        is_never = truth is False and condition is not None and is_literal(condition)
        frame.context = Context.DEAD if is_never else outer
        if body is not None:
            walker.read(body)
        frame.context = outer
        otherwise = current.child_by_field_name("alternative")
        current = otherwise.named_children[0] if otherwise is not None and otherwise.named_children else None
    if current is not None:
        walker.read(current)
    frame.branch -= 1
    frame.guarded, frame.favoured = guarded, favoured
    return UNKNOWN


def is_literal(condition: Node) -> bool:
    """Return whether a condition is written as a constant."""
    inner = (
        condition.named_children[0]
        if condition.type == "parenthesized_expression" and condition.named_children
        else condition
    )
    return inner.type in ("false", "number", "null", "undefined", "string")


def read_loop(walker: Walker, node: Node) -> Value:
    """Read a loop's body once, inside a loop when it does not end by itself."""
    frame = walker.frame
    outer = frame.scope
    frame.scope = Scope(outer)
    first, condition, step, body = (
        node.child_by_field_name(name) for name in ("initializer", "condition", "increment", "body")
    )
    if first is not None:
        walker.read(first)
    worth = walker.read(condition) if condition is not None else UNKNOWN
    endless = condition is None or condition.type == "empty_statement" or (is_true(worth) is True and not worth.marks)
    endless = endless and not (worth.shape or worth.function or worth.text)
    guarded = condition is not None and guards(walker, condition)
    frame.guarded += guarded
    if (endless or guarded) and body is not None and (used := find_exhaustion(walker.text(body))):
        walker.record(Act.RESOURCE_EXHAUST, node, detail=used)
    frame.looped += endless
    frame.branch += 1
    if body is not None:
        walker.read(body)
    if step is not None:
        walker.read(step)
    frame.branch -= 1
    frame.looped -= endless
    frame.guarded -= guarded
    frame.scope = outer
    return UNKNOWN


def read_for_in(walker: Walker, node: Node) -> Value:
    """Read `for (a of b)` and `for (a in b)` with one item that is any of them."""
    frame = walker.frame
    outer = frame.scope
    frame.scope = Scope(outer)
    left, right, body = (node.child_by_field_name(name) for name in ("left", "right", "body"))
    source = walker.read(right) if right is not None else UNKNOWN
    # What an endless generator gives is given again and again.
    endless = Trick.LOOP in source.tricks
    frame.looped += endless
    frame.branch += 1
    if left is not None:
        bind(walker, left, any_of(source), scope=frame.scope)
    if body is not None:
        walker.read(body)
    frame.branch -= 1
    frame.looped -= endless
    frame.scope = outer
    return UNKNOWN


def any_of(source: Value) -> Value:
    """Return a value that stands for every item of a collection."""
    if source.shape is not None and source.shape.items:
        item = join_all(source.shape.items[:64])
        return item.replaced(marks=deep_marks(source))
    any_item = source.shape.props.get(ANY_ITEM) if source.shape is not None else None
    if any_item is not None:
        return any_item.replaced(marks=deep_marks(source))
    return Value(marks=deep_marks(source))


def read_switch(walker: Walker, node: Node) -> Value:
    """Read all cases of a switch, and the bodies of a try."""
    walker.frame.branch += 1
    outer = walker.frame.scope
    walker.frame.scope = Scope(outer)
    for child in node.named_children:
        if child.type in ("switch_body", "switch_case", "switch_default"):
            read_switch(walker, child)
        else:
            walker.read(child)
    walker.frame.scope = outer
    walker.frame.branch -= 1
    return UNKNOWN


def read_try(walker: Walker, node: Node) -> Value:
    """Read a try with its handlers; what is tried counts as happening."""
    thrown: list[Value] = []
    for name in ("body", "handler", "finalizer"):
        part = node.child_by_field_name(name)
        if part is None:
            continue
        if part.type == "catch_clause":
            walker.frame.branch += 1
            outer = walker.frame.scope
            walker.frame.scope = Scope(outer)
            caught = part.child_by_field_name("parameter")
            if caught is not None and thrown:
                bind(walker, caught, join_all(thrown), scope=walker.frame.scope)
            walker.read_parts(part)
            walker.frame.scope = outer
            walker.frame.branch -= 1
        else:
            already = len(walker.frame.thrown)
            walker.read_parts(part)
            thrown = walker.frame.thrown[already:]
    return UNKNOWN


def read_throw(walker: Walker, node: Node) -> Value:
    """Keep what is thrown for who catches it."""
    value = walker.read(node.named_children[0]) if node.named_children else UNKNOWN
    walker.frame.thrown.append(value)
    return UNKNOWN


def read_return(walker: Walker, node: Node) -> Value:
    """Keep what a function returns."""
    value = walker.read(node.named_children[0]) if node.named_children else UNKNOWN
    walker.frame.returns.append(value)
    return UNKNOWN


def read_import(walker: Walker, node: Node) -> Value:
    """Bind what an import names."""
    source = node.child_by_field_name("source")
    for child in node.named_children:
        if child.type == "import_require_clause":
            source = child.child_by_field_name("source") or source
    if source is None or any(child.type == "type" for child in node.children):
        return UNKNOWN
    module = load_module(walker, Value(unescape(walker.text(source)[1:-1])), node)
    for child in node.named_children:
        if child.type == "import_clause":
            for part in child.named_children:
                bind_import(walker, part, module)
        elif child.type == "import_require_clause":
            walker.declare(walker.text(child.named_children[0]), module)
    return UNKNOWN


def bind_import(walker: Walker, part: Node, module: Value) -> None:
    """Bind one part of an import clause."""
    if part.type == "identifier":
        walker.declare(walker.text(part), member(walker, module, "default", part) if needs_default(module) else module)
    elif part.type == "namespace_import" and part.named_children:
        walker.declare(walker.text(part.named_children[0]), module)
    elif part.type == "named_imports":
        for item in part.named_children:
            name, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
            if name is not None:
                known = member(walker, module, walker.text(name).strip("\"'"), item)
                walker.declare(walker.text(alias or name), known)


def needs_default(module: Value) -> bool:
    """Return whether a module has a default export of its own."""
    return module.shape is not None and "default" in module.shape.props


def read_export(walker: Walker, node: Node) -> Value:
    """Store what a module exports."""
    exports = walker.frame.module.exports.shape
    source = node.child_by_field_name("source")
    origin = load_module(walker, Value(unescape(walker.text(source)[1:-1])), node) if source is not None else None
    declaration, worth = node.child_by_field_name("declaration"), node.child_by_field_name("value")
    if exports is None:
        return UNKNOWN
    if worth is not None:
        exports.props["default"] = walker.read(worth)
    elif declaration is not None:
        export_declared(walker, node, declaration, exports)
    clauses = [child for child in node.named_children if child.type == "export_clause"]
    for clause in clauses:
        export_names(walker, clause, origin)
    if origin is not None and origin.shape is not None and not clauses:
        exports.props.update(origin.shape.props)
    only = node.named_children[0] if node.named_children else None
    if worth is None and declaration is None and source is None and only is not None and only.type == "identifier":
        walker.frame.module.holder.props["exports"] = walker.read(only)
    return UNKNOWN


def export_declared(walker: Walker, node: Node, declaration: Node, exports: Shape) -> None:
    """Store what an exported declaration binds."""
    known = dict(walker.frame.scope.names)
    value = walker.read(declaration)
    for name, binding in walker.frame.scope.names.items():
        if known.get(name) is not binding or binding.value.function is not None:
            exports.props[name] = binding.value
    if any(child.type == "default" for child in node.children):
        exports.props["default"] = value


def export_names(walker: Walker, clause: Node, origin: Value | None) -> None:
    """Store the names of an export clause."""
    exports = walker.frame.module.exports.shape
    for item in clause.named_children:
        name, alias = item.child_by_field_name("name"), item.child_by_field_name("alias")
        if name is None or exports is None:
            continue
        value = walker.read(name) if origin is None else member(walker, origin, walker.text(name), item)
        exports.props[walker.text(alias or name)] = value


def skip(walker: Walker, node: Node) -> Value:
    """Read nothing: comments and types do nothing when they run."""
    return UNKNOWN


SKIPPED = words(
    "comment interface_declaration type_alias_declaration ambient_declaration function_signature type_annotation",
    "type_arguments type_parameters abstract_method_signature method_signature hash_bang_line jsx_text",
    "import_alias statement_identifier property_identifier accessibility_modifier break_statement",
    "continue_statement empty_statement",
)
STATEMENTS: dict[str, Reader] = {
    **dict.fromkeys(SKIPPED, skip),
    "statement_block": read_block,
    "if_statement": read_if,
    "for_statement": read_loop,
    "while_statement": read_loop,
    "do_statement": read_loop,
    "for_in_statement": read_for_in,
    "switch_statement": read_switch,
    "try_statement": read_try,
    "return_statement": read_return,
    "throw_statement": read_throw,
    "import_statement": read_import,
    "export_statement": read_export,
}
