"""Computes operators and methods on constants, whole or with holes, as the interpreter would.

Bounded in size; what would raise in Python has no value here. Runs nothing of a plugin.
"""

import ast
import struct
from collections.abc import Callable, Sequence
from itertools import islice, product
from typing import Any

from scanners import limits
from scanners.facts import Trick
from scanners.python.domain import (
    HOLE,
    NO_TRICKS,
    UNKNOWN,
    Plain,
    Tricks,
    Value,
    blend,
    constant,
    join_all,
    plain_of,
    texts_of,
    weigh,
)
from scanners.python.values import call_text_method

JOINED = frozenset([Trick.JOINED])
DECODED = frozenset([Trick.DECODED])
UNCOMPUTABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    MemoryError,
    ArithmeticError,
    struct.error,
)


def concatenate(parts: Sequence[Value], *, tricks: Tricks = JOINED) -> Value:
    """Return several texts one after the other; unknown parts become holes."""
    blended = blend(parts)
    if not any(part.consts for part in parts):
        return blended
    choices = islice(product(*(texts_of(part) for part in parts)), limits.PYTHON_ALTERNATIVES)
    texts = tuple(dict.fromkeys("".join(choice) for choice in choices))
    is_whole = all(part.is_whole and not part.refs for part in parts)
    return text_value(texts, is_whole=is_whole, like=blended, tricks=tricks)


def text_value(texts: tuple[str, ...], *, is_whole: bool, like: Value, tricks: Tricks = NO_TRICKS) -> Value:
    """Return texts as a value that comes from where another one does."""
    kept = tuple(text for text in texts if len(text) <= limits.FOLD_CHARACTERS)
    is_whole = is_whole and len(kept) == len(texts)
    return Value(consts=kept, is_whole=is_whole, marks=like.marks, tricks=like.tricks | tricks)


def operate(operator: ast.operator, left: Value, right: Value) -> Value:
    """Return the result of a binary operator."""
    if not left.consts and not right.consts and left.items is None and right.items is None:
        return blend((left, right))
    if isinstance(operator, ast.Div) and "pathlib.Path()" in (*left.refs, *right.refs):
        return join_paths([left, right], refs=("pathlib.Path()",))
    if left.is_whole and right.is_whole:
        return operate_whole(operator, left, right)
    if isinstance(operator, ast.Mod) and any(isinstance(item, str) for item in left.consts):
        return format_percent(left, right)
    if isinstance(operator, ast.Add):
        if isinstance(left.items, tuple) and isinstance(right.items, tuple):
            items = (*left.items, *right.items)[: limits.PYTHON_ITEMS]
            blended = blend((left, right))
            return Value(items=items, marks=blended.marks, tricks=blended.tricks)
        if any(isinstance(item, str) for item in (*left.consts, *right.consts)):
            return concatenate((left, right))
    return blend((left, right))


def operate_whole(operator: ast.operator, left: Value, right: Value) -> Value:
    """Return the result for every pair of known constants."""
    blended = blend((left, right))
    results: list[Plain] = []
    for first, second in islice(product(left.consts, right.consts), limits.PYTHON_ALTERNATIVES):
        result = compute(operator, first, second)
        if result is None:
            if isinstance(operator, ast.Mod) and isinstance(first, str):
                return format_percent(left, right)
            return blended
        results.append(result)
    is_text = isinstance(results[0], str | bytes) if results else False
    tricks = blended.tricks | (JOINED if is_text else NO_TRICKS)
    return Value(consts=tuple(dict.fromkeys(results)), is_whole=True, marks=blended.marks, tricks=tricks)


def compute(operator: ast.operator, left: Plain, right: Plain) -> Plain:
    """Return the result of an operator on two constants, or None."""
    function = OPERATORS.get(type(operator))
    if function is None:
        return None
    try:
        result = function(left, right)
    except UNCOMPUTABLE:
        return None
    if isinstance(result, str | bytes | tuple) and len(result) > limits.FOLD_CHARACTERS:
        return None
    return result if not isinstance(result, int) or result.bit_length() <= limits.FOLD_INTEGER_BITS else None


def add(left: Plain, right: Plain) -> Plain:
    """Return the sum of two numbers or sequences of one kind; raises TypeError."""
    return left + right  # type: ignore[operator]


def multiply(left: Plain, right: Plain) -> Plain:
    """Return a product that is small enough to keep; raises ValueError."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str | bytes | tuple) and isinstance(other, int):
            if weigh(one, most=limits.FOLD_CHARACTERS) * other > limits.FOLD_CHARACTERS:
                raise ValueError("too large")
            return one * other
    return arithmetic(lambda one, other: one * other)(left, right)


def arithmetic(function: Callable[[int, int], int | float]) -> Callable[[Plain, Plain], Plain]:
    """Return an operator on two integers; raises TypeError for anything else."""

    def apply(left: Plain, right: Plain) -> Plain:
        if not isinstance(left, int) or not isinstance(right, int):
            raise TypeError("not integers")
        return function(left, right)

    return apply


def shift_left(left: int, right: int) -> int:
    """Return a shifted integer; raises ValueError for a distance that only burns memory."""
    if not 0 <= right <= 4096:
        raise ValueError("too far")
    return left << right


def power(left: int, right: int) -> int | float:
    """Return a power; raises ValueError when it would be too large to keep."""
    if not 0 <= right <= 64 or abs(left) > 1 << 64:
        raise ValueError("too large")
    return int(left**right)


OPERATORS: dict[type[ast.operator], Callable[[Plain, Plain], Plain]] = {
    ast.Add: add,
    ast.Mult: multiply,
    ast.Sub: arithmetic(lambda left, right: left - right),
    ast.BitXor: arithmetic(lambda left, right: left ^ right),
    ast.BitAnd: arithmetic(lambda left, right: left & right),
    ast.BitOr: arithmetic(lambda left, right: left | right),
    ast.Mod: arithmetic(lambda left, right: left % right),
    ast.FloorDiv: arithmetic(lambda left, right: left // right),
    ast.RShift: arithmetic(lambda left, right: left >> min(right, 4096)),
    ast.LShift: arithmetic(shift_left),
    ast.Pow: arithmetic(power),
}


def format_percent(template: Value, argument: Value) -> Value:
    """Return `template % argument`; only plain %s and %d are filled in, for a width could ask for any memory."""
    items = argument.items
    values = list(items) if isinstance(items, tuple) else unpack(argument)
    blended = blend((template, argument))
    results: list[str] = []
    is_whole = template.is_whole
    for text in template.consts:
        if not isinstance(text, str):
            continue
        pieces = text.replace("%d", "%s").replace("%r", "%s").split("%s")
        if any("%" in piece for piece in pieces) or len(pieces) != len(values) + 1:
            results.append(HOLE.join(pieces))
            is_whole = False
            continue
        is_whole = is_whole and all(value.is_whole for value in values)
        filled = [texts_of(value)[0] for value in values] + [""]
        results.append("".join(piece + value for piece, value in zip(pieces, filled, strict=True)))
    return text_value(tuple(results), is_whole=is_whole, like=blended, tricks=JOINED)


def unpack(argument: Value) -> list[Value]:
    """Return the values that the right side of % stands for."""
    whole = plain_of(argument)
    return [constant(item) for item in whole] if isinstance(whole, tuple) else [argument]


def format_braces(template: Value, args: Sequence[Value], keywords: dict[str, Value]) -> Value:
    """Return `template.format(...)`; a format with a width or conversion is left as a hole."""
    blended = blend([template, *args, *keywords.values()])
    results: list[str] = []
    is_whole = template.is_whole
    for text in template.consts:
        if not isinstance(text, str):
            continue
        pieces = text.replace("{{", "\0").replace("}}", "\1").split("{")
        built = [pieces[0]]
        for index, piece in enumerate(pieces[1:]):
            name, _, rest = piece.partition("}")
            key = name.partition(":")[0].partition("!")[0]
            position = int(key) if key.isdecimal() and len(key) < 4 else index
            value = keywords.get(key) or (args[position] if position < len(args) and not key.isidentifier() else None)
            is_whole = is_whole and value is not None and value.is_whole
            built += [texts_of(value)[0] if value is not None else HOLE, rest]
        results.append("".join(built).replace("\0", "{").replace("\1", "}"))
    return text_value(tuple(results), is_whole=is_whole, like=blended, tricks=JOINED)


def call_constant(receiver: Value, method: str, args: Sequence[Value], keywords: dict[str, Value]) -> Value:
    """Return what a method of a constant gives; what is not computed keeps only where it comes from."""
    if method == "format":
        return format_braces(receiver, args, keywords)
    if method == "join" and len(args) == 1 and isinstance(args[0].items, tuple):
        return join_parts(receiver, args[0])
    blended = blend([receiver, *args])
    if not all(arg.is_whole and len(arg.consts) == 1 for arg in args) or keywords:
        return (
            Value(consts=receiver.consts, marks=blended.marks, tricks=blended.tricks)
            if (method in ("encode", "decode", "strip", "lower") and receiver.consts)
            else blended
        )
    plain = [arg.consts[0] for arg in args]
    results: list[Plain] = []
    tricks = blended.tricks
    for item in receiver.consts:
        try:
            result, names = call_text_method(item, method, plain)
        except UNCOMPUTABLE:
            # The source would raise here as well: there is no value to know.
            return blended
        results.append(result)
        tricks |= frozenset(Trick(name) for name in names)
    if any(isinstance(item, str | bytes | tuple) and len(item) > limits.FOLD_CHARACTERS for item in results):
        return blended
    return Value(consts=tuple(dict.fromkeys(results)), is_whole=receiver.is_whole, marks=blended.marks, tricks=tricks)


def join_parts(separator: Value, parts: Value) -> Value:
    """Return `separator.join(parts)` for parts that are known one by one."""
    items = parts.items if isinstance(parts.items, tuple) else ()
    between: list[Value] = []
    for item in items[: limits.PYTHON_ITEMS]:
        between += [separator, item] if between else [item]
    value = concatenate(between) if between else constant("")
    return Value(consts=value.consts, is_whole=value.is_whole, marks=value.marks | parts.marks, tricks=value.tricks)


def join_paths(parts: Sequence[Value], *, refs: tuple[str, ...] = ()) -> Value:
    """Return a path of several parts, written with slashes."""
    blended = blend(parts)
    choices = islice(product(*(texts_of(part) for part in parts)), limits.PYTHON_ALTERNATIVES)
    texts = []
    for choice in choices:
        path = ""
        for part in choice:
            path = part if not path or part.startswith("/") else f"{path.rstrip('/')}/{part}"
        texts.append(path)
    is_whole = all(part.is_whole for part in parts) and not refs
    value = text_value(tuple(dict.fromkeys(texts)), is_whole=is_whole, like=blended)
    return Value(consts=value.consts, is_whole=is_whole, refs=refs, marks=value.marks, tricks=value.tricks)


def parent_of(path: Value) -> Value:
    """Return the folder a path is in, of an unknown one too."""
    texts = tuple(dict.fromkeys(parent_text(text) for text in texts_of(path))) if path.consts else ()
    return Value(consts=texts, is_whole=path.is_whole, refs=path.refs, marks=path.marks, tricks=path.tricks)


def parent_text(text: str) -> str:
    """Return a path without its last part; above what is known it goes up."""
    head, slash, last = text.rstrip("/").rpartition("/")
    if not last or last in (".", "..", HOLE) or (not slash and last.startswith("{")):
        return f"{text.rstrip('/')}/.."
    return head or slash or "."


def take_slice(base: Value, lower: Any, upper: Any, step: Any) -> Value:
    """Return a slice of constants; backwards is a way to hide a text."""
    is_text = any(isinstance(item, str | bytes) for item in base.consts)
    tricks = DECODED if is_text and isinstance(step, int) and step < 0 else NO_TRICKS
    results = []
    for item in base.consts:
        if not isinstance(item, str | bytes | tuple):
            return blend([base])
        try:
            results.append(item[lower:upper:step])
        except UNCOMPUTABLE:
            return blend([base])
    return Value(
        consts=tuple(dict.fromkeys(results)),
        is_whole=base.is_whole,
        marks=base.marks,
        tricks=base.tricks | tricks,
    )


def take_item(base: Value, key: Value) -> Value:
    """Return one element of a container or constant."""
    index = plain_of(key)
    if base.items is not None and index is not None:
        if isinstance(base.items, dict):
            found = base.items.get(index)
        else:
            is_inside = isinstance(index, int) and -len(base.items) <= index < len(base.items)
            found = base.items[index] if is_inside and isinstance(index, int) else None
        if found is not None:
            return found
    if base.items:
        values = base.items.values() if isinstance(base.items, dict) else base.items
        return join_all(list(values)[: limits.PYTHON_ALTERNATIVES])
    whole = plain_of(base)
    if isinstance(whole, str | bytes | tuple) and isinstance(index, int) and -len(whole) <= index < len(whole):
        return Value(consts=(whole[index],), is_whole=True, marks=base.marks, tricks=base.tricks)
    return blend([base]) if base.marks or base.tricks else UNKNOWN
