"""Reads literals, names and operators: what they are worth and where that comes from.

Calls, members and functions are read elsewhere.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Act, Context, Trick
from scanners.javascript.arrays import item_of
from scanners.javascript.authenticating import authenticate, ends_user, joined_marks
from scanners.javascript.conditions import guards
from scanners.javascript.containers import FORMS, spell_out
from scanners.javascript.favours import favours
from scanners.javascript.members import global_named, name_of_key, read_member, read_members_of
from scanners.javascript.tables.host import GLOBALS, WHOLE
from scanners.javascript.texts import as_number, as_text, is_true, read_number, unescape
from scanners.javascript.values import (
    FALSE,
    HOLE,
    NO_MARKS,
    NO_TRICKS,
    TRUE,
    UNDEFINED,
    UNKNOWN,
    Shape,
    Value,
    array_of,
    deep_marks,
    join,
    union,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Reader, Walker

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": lambda a, b: a - b * int(a / b),
    "^": lambda a, b: int(a) ^ int(b),
    "|": lambda a, b: int(a) | int(b),
    "&": lambda a, b: int(a) & int(b),
    "<<": lambda a, b: int(a) << (int(b) & 31),
    ">>": lambda a, b: int(a) >> (int(b) & 31),
    ">>>": lambda a, b: (int(a) & 0xFFFFFFFF) >> (int(b) & 31),
}
CONSTANTS = {"true": TRUE, "false": FALSE, "undefined": UNDEFINED, "null": Value(path="null")}


def read_identifier(walker: Walker, node: Node) -> Value:
    """Return what a name is bound to, or the global it means."""
    return find_name(walker, walker.text(node), node)


def find_name(walker: Walker, name: str, node: Node) -> Value:
    """Return what a name means in the current scope."""
    binding = walker.frame.scope.find(name)
    if binding is not None:
        return binding.value
    if name in GLOBALS or name in WHOLE:
        return global_named(walker, name, node)
    return CONSTANTS.get(name) or Value(path="?" + name)


def read_constant(walker: Walker, node: Node) -> Value:
    """Return true, false, null or undefined."""
    return CONSTANTS[node.type]


def read_string(walker: Walker, node: Node) -> Value:
    """Return a string literal's content."""
    return Value(unescape(walker.text(node)[1:-1]))


def read_number_literal(walker: Walker, node: Node) -> Value:
    """Return a number literal."""
    return Value(number=read_number(walker.text(node)))


def read_template(walker: Walker, node: Node) -> Value:
    """Return a template with holes where it is not constant."""
    parts: list[Value] = []
    marks = NO_MARKS
    text = ""
    for child in node.named_children:
        if child.type == "template_substitution":
            inner = [spoken_out(walker.read(part)) for part in child.named_children]
            parts.extend(inner)
            marks = union(marks, *[joined_marks(text, deep_marks(part)) for part in inner])
            found = as_text(inner[0]) if inner else ""
            more = HOLE if found is None else found
        else:
            more = unescape(walker.text(child))
        marks = authenticate(marks) if marks and ends_user(text, more) else marks
        text = text + more if len(text) + len(more) <= limits.FOLD_CHARACTERS else HOLE
    tricks = NO_TRICKS.union(*[part.tricks for part in parts], {Trick.JOINED} if parts and HOLE not in text else ())
    return Value(text, marks=marks, tricks=tricks)


def spoken_out(value: Value) -> Value:
    """Return a form or an address as text, and any other value as it is."""
    return spell_out(value) if value.path in FORMS or value.path == "URL#" else value


def read_regex(walker: Walker, node: Node) -> Value:
    """Return a regular expression with its pattern and flags."""
    pattern, flags = node.child_by_field_name("pattern"), node.child_by_field_name("flags")
    source = Value(walker.text(pattern) if pattern else "")
    return Value(path="RegExp#", shape=Shape({"source": source, "flags": Value(walker.text(flags) if flags else "")}))


def read_array(walker: Walker, node: Node) -> Value:
    """Return an array with its items."""
    items: list[Value] = []
    rest = NO_MARKS
    for child in node.named_children:
        if child.type != "spread_element":
            items.append(walker.read(child))
            continue
        spread = walker.read(child)
        letters = spread.text if spread.text is not None and HOLE not in spread.text else None
        if spread.shape is not None and spread.shape.items is not None:
            items.extend(spread.shape.items)
        elif letters is not None and len(letters) <= limits.SCRIPT_MAP_ITEMS:
            items.extend(Value(letter, marks=spread.marks, tricks=spread.tricks) for letter in letters)
        else:
            rest = union(rest, deep_marks(spread))
    return array_of(items, rest=rest)


def read_object(walker: Walker, node: Node) -> Value:
    """Return an object with its properties."""
    shape = Shape()
    path = ""
    for child in node.named_children:
        if child.type == "pair":
            add_pair(walker, shape, child)
        elif child.type == "shorthand_property_identifier":
            shape.props[walker.text(child)] = read_identifier(walker, child)
        elif child.type == "spread_element":
            spread = walker.read(child)
            if spread.shape is not None:
                shape.props.update(spread.shape.props)
            elif spread.path and not spread.path.startswith(("?", "%", "process.env")):
                path = spread.path  # a copy of a module is still that module
            shape.rest = union(shape.rest, spread.marks, spread.shape.rest if spread.shape else NO_MARKS)
        elif child.type == "method_definition":
            shape.props[name_of_key(walker, child.child_by_field_name("name")) or ""] = walker.read(child)
        else:
            walker.read(child)
    return Value(path=path, shape=shape)


def add_pair(walker: Walker, shape: Shape, pair: Node) -> None:
    """Store one property of an object literal."""
    key, worth = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    name = name_of_key(walker, key)
    value = walker.read(worth) if worth is not None else UNKNOWN
    if name is None:
        shape.rest = union(shape.rest, deep_marks(value))
        shape.props.setdefault("*", value)
    else:
        shape.props[name] = value


def read_binary(walker: Walker, node: Node) -> Value:
    """Return an operator's result; chains that lean left are read without nesting."""
    steps: list[tuple[str, Node, Node]] = []
    left: Node | None = node
    while left is not None and left.type == "binary_expression":
        sign, right = left.child_by_field_name("operator"), left.child_by_field_name("right")
        if sign is None or right is None:
            break
        steps.append((sign.type, right, left))
        left = left.child_by_field_name("left")
    value = walker.read(left) if left is not None else UNKNOWN
    for sign_text, right, whole in reversed(steps):
        value = combine(walker, sign_text, value, right, whole)
    return value


def combine(walker: Walker, sign: str, left: Value, right: Node, whole: Node) -> Value:
    """Return the result of one operator."""
    if sign == "&&":
        return read_and(walker, left, right, whole)
    other = walker.read(right)
    if sign in ("||", "??"):
        return other if is_true(left) is False else left if is_true(left) and not left.marks else join(other, left)
    if sign == "+":
        return add(left, other)
    if sign in ARITHMETIC:
        return compute(sign, left, other)
    marks = union(left.marks, other.marks)
    return Value(marks=marks) if marks else UNKNOWN


def read_and(walker: Walker, left: Value, right: Node, whole: Node) -> Value:
    """Return `a && b`; what stands right runs only when the left is true."""
    frame = walker.frame
    condition = whole.child_by_field_name("left")
    guarded = condition is not None and guards(walker, condition)
    frame.guarded += guarded
    favoured = condition is not None and favours(walker, condition)
    frame.favoured += favoured
    frame.branch += 1
    outer = frame.context
    if is_true(left) is False and left.path == "false":
        frame.context = Context.DEAD
    value = walker.read(right)
    frame.context = outer
    frame.branch -= 1
    frame.guarded -= guarded
    frame.favoured -= favoured
    return value if value.path or value.shape or value.function else join(left, value)


def add(left: Value, right: Value) -> Value:
    """Return the sum of two numbers or the two texts in one."""
    left, right = spoken_out(left), spoken_out(right)
    marks = union(left.marks, right.marks)
    if left.number is not None and right.number is not None and left.text is None and right.text is None:
        return Value(number=left.number + right.number, marks=marks)
    if left.shape is not None or right.shape is not None:
        marks = union(deep_marks(left), deep_marks(right))
    texts = (as_text(left), as_text(right))
    tricks = left.tricks | right.tricks
    if texts[0] is None and texts[1] is None:
        return Value(HOLE, marks=marks, tricks=tricks) if marks else UNKNOWN
    first, second = (HOLE if part is None else part for part in texts)
    if marks:
        before = authenticate(deep_marks(left)) if ends_user(first, second) else deep_marks(left)
        marks = union(before, joined_marks(first, deep_marks(right)))
    text = first + second
    if len(text) > limits.FOLD_CHARACTERS:
        return Value(marks=marks, tricks=tricks)
    return Value(text, marks=marks, tricks=tricks if HOLE in text else tricks | {Trick.JOINED})


def compute(sign: str, left: Value, right: Value) -> Value:
    """Return what arithmetic makes of two numbers."""
    marks = union(left.marks, right.marks)
    first, second = as_number(left), as_number(right)
    if first is None or second is None or abs(first) > 2**53 or abs(second) > 2**53:
        return Value(marks=marks) if marks else UNKNOWN
    try:
        return Value(number=ARITHMETIC[sign](first, second), marks=marks)
    except (ZeroDivisionError, OverflowError, ValueError):
        return Value(marks=marks)


def read_unary(walker: Walker, node: Node) -> Value:
    """Return what `!`, `-`, `+`, `~`, `typeof`, `void` and `delete` make of a value."""
    sign, argument = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    value = walker.read(argument) if argument is not None else UNKNOWN
    kind = sign.type if sign is not None else ""
    if kind == "!":
        truth = is_true(value)
        return Value(marks=value.marks) if truth is None else FALSE if truth else TRUE
    if kind == "void":
        return UNDEFINED
    number = as_number(value)
    if kind in ("-", "+", "~") and number is not None:
        worth = -number if kind == "-" else number if kind == "+" else ~int(number)
        return Value(number=worth, marks=value.marks)
    if kind == "delete" and "require.cache" in value.path:
        walker.record(Act.HOST_PATCH, node, detail="require.cache")
    return Value(marks=value.marks) if value.marks else UNKNOWN


def read_ternary(walker: Walker, node: Node) -> Value:
    """Return either branch of a condition."""
    condition, first, second = (node.child_by_field_name(name) for name in ("condition", "consequence", "alternative"))
    worth = walker.read(condition) if condition is not None else UNKNOWN
    guarded = condition is not None and guards(walker, condition)
    frame = walker.frame
    frame.guarded += guarded
    favoured = condition is not None and favours(walker, condition)
    frame.favoured += favoured
    frame.branch += 1
    values = [walker.read(branch) for branch in (first, second) if branch is not None]
    frame.branch -= 1
    frame.guarded -= guarded
    frame.favoured -= favoured
    if len(values) < 2:
        return UNKNOWN
    truth = is_true(worth) if not worth.marks and worth.shape is None and not worth.path.startswith("?") else None
    if truth is None:
        return join(values[1], values[0])
    return values[0] if truth else values[1]


def read_sequence(walker: Walker, node: Node) -> Value:
    """Return the last of several expressions."""
    value = UNKNOWN
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part.type == "sequence_expression":
            waiting.extend(reversed(part.named_children))
        else:
            value = walker.read(part)
    return value


def read_inner(walker: Walker, node: Node) -> Value:
    """Return what stands in parentheses, behind await or a type, or after spread."""
    children = node.named_children
    if not children:
        return UNKNOWN
    position = -1 if node.type == "type_assertion" else 0
    value = walker.read(children[position])
    if node.type in ("spread_element", "yield_expression") and value.path == "process.env":
        read_members_of(walker, value, node)
    if node.type == "yield_expression":
        if any(child.type == "*" for child in node.children):
            value = item_of(value)
        endless = value.tricks | {Trick.LOOP} if walker.frame.looped else value.tricks
        walker.frame.returns.append(value.replaced(tricks=endless))
    return value


def read_this(walker: Walker, node: Node) -> Value:
    """Return what `this` is here."""
    return walker.frame.this or Value(path="?this")


def read_meta(walker: Walker, node: Node) -> Value:
    """Return `import.meta` or `new.target`."""
    return Value(path="import.meta") if "import" in walker.text(node) else UNKNOWN


def read_import_word(walker: Walker, node: Node) -> Value:
    """Return the `import` of `import(...)`."""
    return Value(path="import")


EXPRESSIONS: dict[str, Reader] = {
    "identifier": read_identifier,
    "shorthand_property_identifier": read_identifier,
    "undefined": read_constant,
    "true": read_constant,
    "false": read_constant,
    "null": read_constant,
    "string": read_string,
    "number": read_number_literal,
    "template_string": read_template,
    "regex": read_regex,
    "array": read_array,
    "object": read_object,
    "binary_expression": read_binary,
    "unary_expression": read_unary,
    "ternary_expression": read_ternary,
    "sequence_expression": read_sequence,
    "parenthesized_expression": read_inner,
    "await_expression": read_inner,
    "yield_expression": read_inner,
    "spread_element": read_inner,
    "as_expression": read_inner,
    "satisfies_expression": read_inner,
    "non_null_expression": read_inner,
    "type_assertion": read_inner,
    "instantiation_expression": read_inner,
    "this": read_this,
    "super": read_this,
    "meta_property": read_meta,
    "import": read_import_word,
    "member_expression": read_member,
    "subscript_expression": read_member,
}
