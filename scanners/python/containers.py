"""Calls the methods of lists, dictionaries and sets that the plugin makes, and lets them change what they hold.

Everything put in stays a part of the container, whatever is taken out.
"""

import ast

from scanners import limits
from scanners.python.constants import take_item
from scanners.python.domain import (
    UNKNOWN,
    Plain,
    Value,
    blend,
    constant,
    elements,
    from_names,
    join,
    join_all,
    plain_of,
    sequence_of,
)
from scanners.python.machine import Machine

APPENDING = frozenset(["append", "add", "appendleft", "put", "put_nowait", "push"])
EXTENDING = frozenset(["extend", "update", "extendleft", "union"])
MUTATORS = APPENDING | EXTENDING | frozenset(["insert", "setdefault", "write", "writelines", "writestr"])


def is_mutator(name: str) -> bool:
    """Say whether a method puts something into what it is called on."""
    return name in MUTATORS


def call_container(
    machine: Machine, function: ast.Attribute, base: Value, args: list[Value], keywords: dict[str, Value]
) -> Value | None:
    """Return what a method of a container gives, or None when it is no such method."""
    name = function.attr
    if name in MUTATORS and (args or keywords):
        return change(machine, function, base, args, keywords)
    if isinstance(base.items, dict):
        return base if name in ("encode", "decode") else call_dictionary(name, base, args)
    if isinstance(base.items, tuple):
        if name in ("copy", "sort", "reverse"):
            return base
        if name in ("pop", "popleft", "get", "get_nowait"):
            return elements(base)
    return None


def call_dictionary(name: str, base: Value, args: list[Value]) -> Value | None:
    """Return what a method of a dictionary gives, or None."""
    members = base.items if isinstance(base.items, dict) else {}
    if name in ("get", "pop", "setdefault", "__getitem__") and args:
        found = take_item(base, args[0])
        return join(found, args[1]) if len(args) > 1 else found
    if name == "values":
        return Value(items=tuple(members.values()), marks=base.marks, tricks=base.tricks)
    if name == "items":
        pairs = tuple(Value(items=(constant(key), value), marks=value.marks) for key, value in members.items())
        return Value(items=pairs, marks=base.marks, tricks=base.tricks)
    if name == "keys":
        return constant(tuple(members))
    return base if name == "copy" else None


def change(
    machine: Machine, function: ast.Attribute, base: Value, args: list[Value], keywords: dict[str, Value]
) -> Value:
    """Put something into a container, and let the name it goes by mean the fuller one."""
    name = function.attr
    if name == "setdefault" and isinstance(base.items, dict):
        key = plain_of(args[0])
        value = args[1] if len(args) > 1 else UNKNOWN
        if key is not None and key not in base.items:
            rebind(machine, function.value, put_item(base, key, value))
        return take_item(base, args[0])
    if name == "update" or (name == "union" and keywords):
        rebind(machine, function.value, merge_mapping(base, [*args, Value(items=from_names(keywords))]))
        return UNKNOWN
    grown = base
    for value in args[-1:] if name == "insert" else args:
        machine.charge(len(grown.consts[0]) if grown.consts and isinstance(grown.consts[0], tuple) else 0)
        grown = append(grown, elements(value) if name in EXTENDING else value, spread=name in EXTENDING, source=value)
    rebind(machine, function.value, grown)
    return grown if name == "union" else UNKNOWN


def merge_mapping(base: Value, others: list[Value]) -> Value:
    """Return a mapping with what others hold."""
    members: dict[Plain, Value] = dict(base.items) if isinstance(base.items, dict) else {}
    for other in others:
        if isinstance(other.items, dict) and len(members) + len(other.items) <= limits.PYTHON_ITEMS:
            members.update(other.items)
    blended = blend([base, *others, *(item for other in others for item in mapped(other))])
    return Value(items=members, refs=base.refs, marks=blended.marks, tricks=blended.tricks)


def mapped(value: Value) -> list[Value]:
    """Return the values of a mapping."""
    return list(value.items.values()) if isinstance(value.items, dict) else []


def append(base: Value, value: Value, *, spread: bool, source: Value) -> Value:
    """Return a sequence with one more member, or with all those of another."""
    whole = plain_of(base)
    if isinstance(whole, tuple) and not spread and value.is_whole and len(value.consts) == 1 and not value.refs:
        return Value(consts=((*whole, value.consts[0]),), is_whole=True, marks=base.marks | value.marks,
                     tricks=base.tricks | value.tricks)  # fmt: skip
    members = sequence_of(base)
    added = sequence_of(source) if spread else (value,)
    blended = blend([base, value])
    if members is not None and added is not None and len(members) + len(added) <= limits.PYTHON_UNROLLED:
        together = (*members, *added)
        if all(item.is_whole and len(item.consts) == 1 and not item.refs for item in together):
            return Value(
                consts=(tuple(item.consts[0] for item in together),),
                is_whole=True,
                marks=blended.marks,
                tricks=blended.tricks,
            )
        if len(together) <= limits.PYTHON_ITEMS:
            return Value(items=together, marks=blended.marks, tricks=blended.tricks)
        return Value(items=(join_all(together[: limits.PYTHON_ITEMS]),), marks=blended.marks, tricks=blended.tricks)
    items = (join(elements(base), value),) if value.consts or value.things or value.refs or value.items else None
    return Value(refs=base.refs, consts=base.consts if base.refs else (), items=items, marks=blended.marks,
                 tricks=blended.tricks, things=base.things)  # fmt: skip


def put_item(base: Value, key: Plain, value: Value) -> Value:
    """Return a container in which a key stands for a value."""
    blended = blend([base, value])
    items = base.items
    if isinstance(items, dict) or items is None:
        members = dict(items or {})
        if len(members) < limits.PYTHON_ITEMS or key in members:
            members[key] = value
        return Value(items=members, refs=base.refs, consts=base.consts if base.refs else (), marks=blended.marks,
                     tricks=blended.tricks, things=base.things)  # fmt: skip
    return Value(items=(*items, value)[-limits.PYTHON_ITEMS :], marks=blended.marks, tricks=blended.tricks)


def rebind(machine: Machine, node: ast.expr, value: Value) -> None:
    """Let the name or attribute that a container goes by mean another one."""
    if isinstance(node, ast.Name):
        machine.bind_owner(node.id, value)
    elif isinstance(node, ast.Attribute):
        machine.assign(node, value)
    elif isinstance(node, ast.Subscript):
        rebind(machine, node.value, blend([value, machine.evaluate(node.value)]))
