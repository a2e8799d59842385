"""What pure functions give for constants: the same data in another shape, numbers, texts, paths.

Computed only where all of it is known and small; everything else keeps its marks.
"""

import ast
import struct
import urllib.parse
from collections.abc import Callable
from typing import Any

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.constants import UNCOMPUTABLE, join_paths, parent_of
from scanners.python.domain import (
    UNKNOWN,
    Plain,
    Value,
    blend,
    constant,
    elements,
    from_names,
    mark,
    plain_of,
    sequence_of,
    text_of,
    texts_of,
)
from scanners.python.favours import is_key
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups
from scanners.python.machine import FAVOURED
from scanners.python.places import WALLET

DECODED = frozenset([Trick.DECODED])
EMPTY = {"builtins.str": constant(""), "builtins.bytes": constant(b""), "builtins.list": constant(())}


def same(machine: Lookups, call: Call) -> Value:
    """Return what is still the same data in another shape."""
    if not call.args:
        blended = blend(call.keywords.values())
        if call.name.endswith("dict"):
            return Value(items=from_names(call.keywords), marks=blended.marks)
        return EMPTY.get(call.name, UNKNOWN)
    value = call.args[1] if call.name == "typing.cast" and len(call.args) > 1 else call.args[0]
    value = machine.read_environment_whole([value], call.node, value)
    leaf = call.name.rpartition(".")[2]
    reshape = RESHAPES.get(leaf)
    if reshape is not None:
        return reshape(machine, call, value)
    if leaf in ("list", "tuple", "set", "frozenset", "dict", "copy", "deepcopy", "iter", "sorted") or value.refs:
        if value.refs and value.refs[0] in ("os.environ", "os.environb"):
            return Value(marks=value.marks)
        whole = plain_of(value)
        return (
            constant(tuple(whole), marks=value.marks, tricks=value.tricks)
            if (leaf != "iter" and isinstance(whole, str | bytes))
            else value
        )
    return value


def reshape_reversed(machine: Lookups, call: Call, value: Value) -> Value:
    """Return the elements backwards."""
    whole = plain_of(value)
    if isinstance(whole, str | bytes):
        return constant(tuple(whole)[::-1], marks=value.marks, tricks=value.tricks | DECODED)
    if isinstance(whole, tuple):
        # Letters put back in order are hidden text; a list that is read from its end is only a list.
        is_spelled = len(whole) > 3 and all(isinstance(item, str) and len(item) == 1 for item in whole)
        tricks = value.tricks | DECODED if is_spelled else value.tricks
        return constant(whole[::-1], marks=value.marks, tricks=tricks)
    if isinstance(value.items, tuple):
        return Value(items=value.items[::-1], marks=value.marks, tricks=value.tricks)
    return blend([value])


def reshape_bytes(machine: Lookups, call: Call, value: Value) -> Value:
    """Return bytes of a list of numbers or a text."""
    whole = plain_of(value)
    try:
        if isinstance(whole, tuple):
            data = bytes(item for item in whole if isinstance(item, int))
            return mark(constant(data, marks=value.marks, tricks=value.tricks | DECODED),
                        machine.mark(Label.DECODED, call.node))  # fmt: skip
        if isinstance(whole, str):
            return constant(whole.encode(), marks=value.marks, tricks=value.tricks)
    except UNCOMPUTABLE:
        # Numbers that are no bytes: the source would raise here as well.
        return blend([value])
    if isinstance(whole, bytes):
        return value
    if isinstance(call.argument_node(0), ast.ListComp | ast.GeneratorExp) or value.items:
        return mark(blend([value]), machine.mark(Label.DECODED, call.node))
    return blend([value])


def reshape_str(machine: Lookups, call: Call, value: Value) -> Value:
    """Return a value as text."""
    if value.refs and not value.consts:
        return blend([value])
    texts = texts_of(value) if value.consts and not isinstance(value.consts[0], tuple) else ()
    return Value(consts=texts, is_whole=value.is_whole and bool(texts), marks=value.marks, tricks=value.tricks)


def reshape_next(machine: Lookups, call: Call, value: Value) -> Value:
    """Return one element."""
    return elements(value)


def reshape_pairs(machine: Lookups, call: Call, value: Value) -> Value:
    """Return elements with their numbers, or elements of several sequences side by side."""
    rows = [sequence_of(item) for item in call.args]
    if call.name.endswith("enumerate"):
        rows.insert(0, tuple(constant(number) for number in range(len(rows[0] or ()))))
    known = [row for row in rows if row is not None]
    if len(known) == len(rows):
        pairs = [machine.make_sequence(pair, call.node) for pair in zip(*known, strict=False)]
        return machine.make_sequence(pairs, call.node)
    columns = [elements(item) for item in call.args]
    if call.name.endswith("enumerate"):
        columns = [UNKNOWN, *columns[:1]]
    blended = blend(call.args)
    return Value(items=(Value(items=tuple(columns), marks=blended.marks),), marks=blended.marks, tricks=blended.tricks)


def reshape_memory(machine: Lookups, call: Call, value: Value) -> Value:
    """Return a file that is kept in memory: data, and nothing that has a path."""
    return blend([value])


RESHAPES: dict[str, Callable[[Lookups, Call, Value], Value]] = {
    "reversed": reshape_reversed, "bytes": reshape_bytes, "bytearray": reshape_bytes, "str": reshape_str,
    "repr": reshape_str, "ascii": reshape_str, "next": reshape_next, "enumerate": reshape_pairs, "zip": reshape_pairs,
    "BytesIO": reshape_memory, "StringIO": reshape_memory,
}  # fmt: skip


def compute(machine: Lookups, call: Call) -> Value:
    """Return what a pure function gives for constants."""
    values = [*call.args, *call.keywords.values()]
    blended = blend(values)
    blended = machine.read_environment_whole(values, call.node, blended)
    if call.name in ("builtins.len", "builtins.bool"):
        # How many there are gives no secret away.
        blended = Value(marks=frozenset(item for item in blended.marks if item.label is not Label.SECRET))
    function = PURE.get(call.name)
    if function is None or not call.args or not all(arg.is_whole and len(arg.consts) == 1 for arg in call.args):
        is_hiding = call.name in ("builtins.chr", "builtins.int.to_bytes")
        return mark(blended, machine.mark(Label.DECODED, call.node)) if is_hiding else blended
    plain = [arg.consts[0] for arg in call.args]
    named = {name: plain_of(value) for name, value in call.keywords.items()}
    try:
        machine.charge(sum(len(item) for item in plain if isinstance(item, str | bytes | tuple)))
        result = function(*plain, **named)
    except UNCOMPUTABLE:
        # The source would raise here as well: there is no value to know.
        return blended
    if call.name in HIDING:
        decoded = machine.mark(Label.DECODED, call.node)
        return mark(constant(result, marks=blended.marks, tricks=blended.tricks | DECODED), decoded)
    return from_plain(result, like=blended)


def from_plain(result: object, *, like: Value) -> Value:
    """Return a computed value, its lists and dictionaries told apart."""
    if isinstance(result, dict):
        members: dict[Plain, Value] = {
            key: from_plain(item, like=like) for key, item in list(result.items())[: limits.PYTHON_ITEMS]
        }
        return Value(items=members, marks=like.marks, tricks=like.tricks)
    if isinstance(result, list):
        if all(isinstance(item, str | int | float) for item in result):
            return constant(tuple(result), marks=like.marks, tricks=like.tricks)
        parts = tuple(from_plain(item, like=like) for item in result[: limits.PYTHON_ITEMS])
        return Value(items=parts, marks=like.marks, tricks=like.tricks)
    if isinstance(result, str | bytes | int | float | tuple):
        return constant(result, marks=like.marks, tricks=like.tricks)
    return like


def make_range(*bounds: Any) -> tuple[int, ...]:
    """Return a range as a tuple; raises ValueError when it is longer than any loop that is computed."""
    numbers = range(*bounds)
    if len(numbers) > limits.PYTHON_UNROLLED:
        raise ValueError("too long")
    return tuple(numbers)


def parse_number(text: Any, base: int = 10) -> int:
    """Return int(text, base) for texts that are short enough to be numbers; raises ValueError."""
    if isinstance(text, str | bytes):
        if len(text) > 4_000:
            raise ValueError("too long")
        return int(text, base)
    return int(text)


def pack_struct(form: Any, *items: Any) -> bytes:
    """Return what struct.pack gives; raises ValueError for a form that asks for much memory."""
    if not isinstance(form, str | bytes) or struct.calcsize(form) > limits.FOLD_CHARACTERS:
        raise ValueError("too large")
    return struct.pack(form, *items)


def literal(text: Any) -> Any:
    """Return what ast.literal_eval gives for a short text; raises ValueError."""
    if not isinstance(text, str) or len(text) > 100_000:
        raise ValueError("too large")
    try:
        result = ast.literal_eval(text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("no literal") from error
    return result


PURE: dict[str, Callable[..., Any]] = {
    "builtins.chr": chr,
    "builtins.ord": ord,
    "builtins.int": parse_number,
    "builtins.float": float,
    "builtins.abs": abs,
    "builtins.hex": hex,
    "builtins.bin": bin,
    "builtins.oct": oct,
    "builtins.len": len,
    "builtins.round": round,
    "builtins.bool": bool,
    "builtins.range": make_range,
    "builtins.sum": lambda numbers: sum(numbers) if len(numbers) < 10_000 else 0,
    "builtins.int.from_bytes": lambda data, byteorder="big": int.from_bytes(data[:4096], byteorder),
    "builtins.int.to_bytes": lambda number, length, order="big": number.to_bytes(min(length, 65_536), order),
    "builtins.str.maketrans": lambda one, other: tuple(str.maketrans(one, other).items()),
    "urllib.parse.unquote": urllib.parse.unquote,
    "urllib.parse.unquote_plus": urllib.parse.unquote_plus,
    "urllib.parse.quote": urllib.parse.quote,
    "urllib.parse.urljoin": urllib.parse.urljoin,
    "binascii.hexlify": lambda data: data.hex().encode(),
    "struct.pack": pack_struct,
    "ast.literal_eval": literal,
    "os.fsdecode": lambda data: data if isinstance(data, str) else data.decode(),
    "os.fsencode": lambda data: data.encode(),
    "textwrap.dedent": lambda text: text,
}
HIDING = frozenset(["builtins.chr", "builtins.int.to_bytes", "struct.pack"])


def compare(machine: Lookups, call: Call) -> Value:
    """Return a comparison, which holds for whoever knows a word when one side is written into the code."""
    known = [plain_of(value) for value in call.args]
    is_told = any(not value.consts and value.marks for value in call.args)
    is_secret = is_told and any(isinstance(item, str | bytes) and len(item) > 3 for item in known)
    if is_secret and (call.name.endswith("compare_digest") or any(map(is_key, known))):
        return Value(tricks=FAVOURED)
    return UNKNOWN


def substitute(machine: Lookups, call: Call) -> Value:
    """Return a text in which something is replaced; record it when a payment address takes its place."""
    is_bound = "()" in call.name
    put, subject = call.argument(0 if is_bound else 1, "repl"), call.argument(1 if is_bound else 2, "string")
    note_swap(machine, call.node, put, subject)
    blended = blend([call.callee, *call.args, *call.keywords.values()])
    return Value(refs=(f"{call.name}()",), marks=blended.marks, tricks=blended.tricks - call.tricks)


def note_swap(machine: Lookups, node: ast.AST, put: Value, subject: Value) -> None:
    """Record that what is found in somebody's text is replaced by a constant payment address."""
    for text in put.consts:
        if isinstance(text, str) and WALLET.match(text) and subject.marks:
            machine.emit(Act.ADDRESS_SWAP, node, detail=text, sources=[subject])


def path_join(machine: Lookups, call: Call) -> Value:
    """Return a path of several parts."""
    is_object = call.name.startswith("pathlib.")
    parts = [call.callee, *call.args] if is_object else call.args
    return join_paths(parts, refs=("pathlib.Path()",) if is_object else ())


def path_new(machine: Lookups, call: Call) -> Value:
    """Return a path object."""
    if not call.args:
        return Value(refs=("pathlib.Path()",), consts=(".",))
    return join_paths(call.args, refs=("pathlib.Path()",))


def path_home(machine: Lookups, call: Call) -> Value:
    """Return the home folder."""
    return Value(consts=("~",), refs=("pathlib.Path()",))


def path_user(machine: Lookups, call: Call) -> Value:
    """Return a path with the home folder and variables in it, spelled the way `places` knows them."""
    value = call.callee if call.name.startswith("pathlib.") else call.argument(0, "path")
    return Value(consts=value.consts, refs=value.refs, marks=value.marks, tricks=value.tricks)


def path_same(machine: Lookups, call: Call) -> Value:
    """Return the same path in another spelling."""
    if call.name.startswith("pathlib."):
        return Value(consts=call.callee.consts, refs=("pathlib.Path()",), marks=call.callee.marks)
    return call.argument(0, "path", "file")


def serialise(machine: Lookups, call: Call) -> Value:
    """Return a mapping as text, which still knows its fields; that of an address reads like one."""
    value = call.argument(0, "obj", "query", "fields")
    blended = blend([*call.args, *call.keywords.values()])
    blended = machine.read_environment_whole([value], call.node, blended)
    if not isinstance(value.items, dict):
        return blended
    pairs = "&".join(f"{text_of(key)}={texts_of(item)[0]}" for key, item in list(value.items.items())[:32])
    consts = (pairs,) if call.name.endswith("urlencode") else ()
    return Value(consts=consts, items=value.items, marks=blended.marks, tricks=blended.tricks)


def path_parent(machine: Lookups, call: Call) -> Value:
    """Return the folder a path is in."""
    return parent_of(call.argument(0, "p"))


def path_sibling(machine: Lookups, call: Call) -> Value:
    """Return a path beside another."""
    return join_paths([parent_of(call.callee), call.argument(0, "name")], refs=("pathlib.Path()",))


VALUE_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "same": same, "compute": compute, "compare": compare, "substitute": substitute, "serialise": serialise,
    "path_join": path_join, "path_new": path_new, "path_home": path_home,
    "path_parent": path_parent, "path_sibling": path_sibling, "path_user": path_user, "path_same": path_same,
}  # fmt: skip
