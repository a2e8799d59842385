"""Binds targets: names, attributes, elements, several at once; what is put into a thing stays part of it.

Replacing something of somebody else's module is recorded.
"""

import ast
import re

from scanners.facts import Act, Trick
from scanners.python.authentication import kept_marks
from scanners.python.containers import put_item
from scanners.python.domain import (
    Instance,
    Klass,
    Unit,
    Value,
    elements,
    join,
    mark,
    plain_of,
    sequence_of,
    setter_of,
)
from scanners.python.effects_hooks import TEMPLATES, note_callback, note_handed, note_stream
from scanners.python.effects_recipients import note_mail_field
from scanners.python.expressions import ITEM, module_frame
from scanners.python.invocations import Invocations
from scanners.python.machine import is_given

# Streams and paths are there to be set; constants of builtins have no attributes.
OWN_BUSINESS = (
    "sys.std",
    "sys.path",
    "sys.argv",
    "builtins.None",
    "builtins.NotImpl",
    "sys.exc",
    "builtins.__",
    "os.environ",
)


# By what they are called, these decide for the host what a plugin may do.
CHECKS = re.compile(
    r"^(is|has|check|verify|require|ensure|can|may)_?(\w*_)?(allowed|permitted|permissions?|revoked|blocked|banned|enabled"
    r"|disabled|quarantined|trusted|signatures?|consents?)$"
)
HANDED = "{host}"  # what a function is given to set itself up in


class Assignments(Invocations):
    """The walk, as far as binding goes."""

    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a name, attribute, element or several at once."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, ast.Tuple | ast.List):
            self.assign_several(target, value)
        elif isinstance(target, ast.Attribute):
            self.assign_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            self.assign_item(target, value)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, Value(items=(elements(value),), marks=value.marks, tricks=value.tricks))

    def assign_several(self, target: ast.Tuple | ast.List, value: Value) -> None:
        """Bind the parts of a pair or more."""
        parts = sequence_of(value)
        if (
            parts is not None
            and len(parts) == len(target.elts)
            and not any(isinstance(element, ast.Starred) for element in target.elts)
        ):
            for element, part in zip(target.elts, parts, strict=True):
                self.assign(element, part)
            return
        each = elements(value)
        for element in target.elts:
            self.assign(element, each)

    def assign_attribute(self, target: ast.Attribute, value: Value) -> None:
        """Bind an attribute of an instance, a class or somebody else's module."""
        base = self.evaluate(target.value)
        for thing in base.things:
            if isinstance(thing, Instance):
                self.write_field(thing.klass, target.attr, value)
                setter = self.find_member(thing.klass, setter_of(target.attr))
                if setter is not None:
                    self.call_value(setter, target, [Value(things=(thing,)), value], {})
            elif isinstance(thing, Klass | Unit):
                thing.frame.names[target.attr] = join(thing.frame.names.get(target.attr), value)
        self.note_patch(base, target.attr, value, target)
        note_stream(self, base, target.attr, value, target)
        note_callback(self, base, value, target)
        if base.refs and isinstance(target.value, ast.Name) and "(" in base.refs[0] and value.marks:
            # A message, request or archive that data is put into keeps where that came from.
            self.assign(target.value, mark(base, *kept_marks(target.attr, value.marks)))

    def note_patch(self, base: Value, name: str, value: Value, node: ast.AST) -> None:
        """Record that something of somebody else's module is replaced."""
        is_taken = CHECKS.search(name) is not None or self.is_wrapping(name)
        if is_given(base) and not base.things and value.things and is_taken:
            self.emit(Act.HOST_PATCH, node, detail=f"{HANDED}.{name}", sources=[value])
            return
        if len(base.refs) != 1 or base.things or base.consts or is_given(base):
            return
        full = f"{base.refs[0]}.{name}"
        if "(" in full or full.startswith(OWN_BUSINESS) or full in value.refs:
            return
        is_blind = any("_unverified_" in ref for ref in value.refs)
        tricks = frozenset([Trick.UNVERIFIED]) if is_blind else base.tricks
        self.emit(Act.HOST_PATCH, node, detail=full.replace(".__dict__", ""), sources=[value], tricks=tricks)

    def is_wrapping(self, name: str) -> bool:
        """Say whether the running function has taken what an attribute was before it is replaced."""
        running = self.running
        return running is not None and any(
            isinstance(part, ast.Attribute) and part.attr == name and isinstance(part.ctx, ast.Load)
            for part in ast.walk(running.node)
        )

    def assign_item(self, target: ast.Subscript, value: Value) -> None:
        """Bind an element, and let the container hold it from now on."""
        base = self.evaluate(target.value)
        key = self.evaluate(target.slice)
        name = plain_of(key)
        is_module = any(ref in ("sys.modules", "builtins") or ref.endswith(".__dict__") for ref in base.refs)
        if is_module and isinstance(name, str):
            self.note_patch(base, name, value, target)
        if base.refs and base.refs[0] == "builtins.globals()" and isinstance(name, str) and self.frame.unit is not None:
            module_frame(self.frame).names[name] = value
        note_mail_field(self, target, base, name, value)
        if any(ref.startswith(TEMPLATES) for ref in base.refs):
            note_handed(self, [value], target)
        for thing in base.things:
            if isinstance(thing, Instance):
                self.write_field(thing.klass, ITEM, value)
        if base.refs and "(" not in base.refs[0]:
            return
        self.assign_owner(target.value, put_item(base, name, value) if name is not None else Value(
            refs=base.refs, consts=base.consts, things=base.things, items=base.items,
            marks=base.marks | value.marks | key.marks, tricks=base.tricks | value.tricks,
        ))  # fmt: skip

    def assign_owner(self, node: ast.expr, value: Value) -> None:
        """Bind what a container or client goes by, when it has a name."""
        if isinstance(node, ast.Name):
            self.bind_owner(node.id, value)
        elif isinstance(node, ast.Attribute):
            base = self.evaluate(node.value)
            for thing in base.things:
                if isinstance(thing, Instance):
                    self.write_field(thing.klass, node.attr, value)
            if any("(" in ref for ref in base.refs) and value.marks - base.marks:
                self.assign_owner(node.value, mark(base, *kept_marks(node.attr, value.marks)))
        elif isinstance(node, ast.Subscript):
            inner = self.evaluate(node.value)
            if value.marks - inner.marks:
                self.assign_owner(node.value, mark(inner, *value.marks))
