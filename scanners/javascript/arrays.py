"""What methods of arrays, texts and buffers give: item by item for constants, any item for the rest.

It follows callbacks; it records nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Trick
from scanners.javascript.folding import encode_buffer, fold_number, fold_text, number_at
from scanners.javascript.texts import as_text
from scanners.javascript.values import (
    ANY_ITEM,
    HOLE,
    UNKNOWN,
    Shape,
    Value,
    array_of,
    collection_of,
    deep_marks,
    join_all,
    union,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker


def map_items(walker: Walker, source: Value, callback: Value, node: Node) -> Value:
    """Return list.map(callback), item by item when all are constants."""
    items = source.shape.items if source.shape is not None else None
    if source.path == "Buffer#" and source.text is not None:
        items = [Value(number=ord(part), marks=source.marks) for part in source.text]
    function = callback.function
    if items and function is None and len(items) <= limits.SCRIPT_FACTS_PER_PLACE and is_named(callback):
        return array_of([walker.apply(walker, callback, UNKNOWN, None, [item], node) for item in items])
    if items is None or not items or function is None:
        return any_call(walker, source, callback)
    size = function.node.end_byte - function.node.start_byte
    constant = all(item.text is not None or item.number is not None for item in items)
    if not constant or len(items) * size > limits.SCRIPT_MAP_BYTES or len(items) > limits.SCRIPT_MAP_ITEMS:
        return any_call(walker, source, callback)
    mapped = [
        walker.follow(walker, function, [item, Value(number=position), source], this=None)
        for position, item in enumerate(items)
    ]
    numeric = all(item.number is not None for item in mapped) and source.path == "Buffer#"
    if numeric:
        return Value(
            "".join(chr(int(item.number or 0) & 255) for item in mapped),
            path="Buffer#",
            marks=source.marks,
            tricks=source.tricks,
        )
    return array_of(mapped, rest=source.marks)


def is_named(callback: Value) -> bool:
    """Return whether a callback is a function of the platform."""
    return callback.path in ("require", "module.require", "eval", "Function", "atob")


def any_call(walker: Walker, source: Value, callback: Value) -> Value:
    """Return what a callback makes of any item."""
    item = item_of(source)
    if callback.function is None:
        if callback.path == "String.fromCharCode":
            return Value(marks=union(deep_marks(source)), tricks=frozenset({Trick.DECODED}))
        return Value(path="", marks=union(deep_marks(source)))
    value = walker.follow(walker, callback.function, [item, UNKNOWN, source], this=None)
    return collection_of(value, marks=source.marks)


def item_of(source: Value) -> Value:
    """Return what any item of a collection may be."""
    shape = source.shape
    if shape is not None and shape.items:
        return join_all(shape.items[:32]).replaced(marks=deep_marks(source))
    held = shape.props.get(ANY_ITEM) if shape is not None else None
    return held.replaced(marks=deep_marks(source)) if held is not None else Value(marks=deep_marks(source))


def flatten(source: Value) -> Value:
    """Return a collection of collections as one."""
    held = source.shape.props.get(ANY_ITEM) if source.shape is not None else None
    if held is None or held.shape is None or not (held.shape.items or ANY_ITEM in held.shape.props):
        return source
    return collection_of(item_of(held), marks=deep_marks(source))


def fold_items(walker: Walker, source: Value, name: str, args: list[Value]) -> Value | None:
    """Return what a method of an array gives; None when it is none of these."""
    shape = source.shape
    items = shape.items if shape is not None else None
    if shape is not None and ANY_ITEM in shape.props:
        return take_any(walker, source, name, args)
    if shape is None or items is None:
        return None
    if name == "join":
        return join_items(source, items, args)
    if name in ("push", "unshift"):
        position = len(items) if name == "push" else 0
        items[position:position] = args
        return Value(number=len(items))
    if name in ("pop", "shift"):
        return items.pop(-1 if name == "pop" else 0) if items else UNKNOWN
    if name == "reverse":
        items.reverse()
        tricks = frozenset({Trick.DECODED})
        return Value(shape=shape, marks=source.marks, tricks=source.tricks | tricks)
    if name in ("concat", "slice", "flat", "filter", "sort", "toReversed"):
        return copy_items(walker, source, items, name=name, args=args)
    return None


def take_any(walker: Walker, source: Value, name: str, args: list[Value]) -> Value | None:
    """Return what a method of a collection of unknown size gives."""
    if name == "next":
        return Value(shape=Shape({"value": item_of(source)}))
    if name in ("pop", "shift", "at", "find", "findLast"):
        if args and args[0].function is not None:
            any_call(walker, source, args[0])
        return item_of(source)
    if name in ("filter", "sort", "slice", "reverse", "concat", "toSorted", "values", "flat", "toArray"):
        if args and args[0].function is not None:
            any_call(walker, source, args[0])
        return flatten(source) if name == "flat" else source
    if name == "join":
        return Value(HOLE, marks=deep_marks(source), tricks=item_of(source).tricks)
    return None


def copy_items(walker: Walker, source: Value, items: list[Value], *, name: str, args: list[Value]) -> Value:
    """Return a new array made of the items of another."""
    if name == "concat":
        more = [
            item
            for arg in args
            for item in (arg.shape.items if arg.shape is not None and arg.shape.items is not None else [arg])
        ]
        return array_of([*items, *more])
    if name == "slice":
        return array_of(items[number_at(args, 0, default=0) : number_at(args, 1, default=len(items))])
    if name == "toReversed":
        return array_of(reversed(items))
    if name in ("filter", "sort") and args and args[0].function is not None:
        any_call(walker, source, args[0])
    return array_of(items)


def join_items(source: Value, items: list[Value], args: list[Value]) -> Value:
    """Return list.join(separator)."""
    separator = as_text(args[0]) if args else ","
    marks = deep_marks(source)
    texts = [as_text(item) for item in items]
    tricks = source.tricks.union(*[item.tricks for item in items[:64]])
    if separator is None or (texts and all(text is None for text in texts)):
        return Value(HOLE if marks else None, marks=marks, tricks=tricks)
    text = separator.join(HOLE if text is None else "" if text in ("undefined", "null") else text for text in texts)
    return Value(text if len(text) <= limits.FOLD_CHARACTERS else None, marks=marks, tricks=tricks | {Trick.JOINED})


def fold_method(walker: Walker, base: Value, name: str, args: list[Value], node: Node) -> Value | None:
    """Return what a method of a constant gives; None when it is no constant or no such method."""
    if base.path == "Buffer#" and name in ("toString", "toJSON"):
        encoding = (as_text(args[0]) or "utf8").lower() if args else "utf8"
        text = encode_buffer(base.text, encoding) if base.text is not None else None
        return Value(text, marks=base.marks, tricks=base.tricks)
    folded = fold_items(walker, base, name, args)
    if folded is not None:
        return folded
    text = as_text(base) if base.text is not None else None
    if text is not None and HOLE not in text:
        result = fold_text(text, name, args)
        marks = union(base.marks, *[arg.marks for arg in args])
        if isinstance(result, list):
            return array_of([Value(part, marks=marks, tricks=base.tricks) for part in result])
        if isinstance(result, str):
            return Value(result if len(result) <= limits.FOLD_CHARACTERS else None, marks=marks, tricks=base.tricks)
        return None if result is None else Value(number=result, marks=marks)
    if base.number is not None and base.text is None:
        found = fold_number(base.number, name, args)
        return Value(found, marks=base.marks, tricks=frozenset({Trick.DECODED})) if found is not None else None
    return None
