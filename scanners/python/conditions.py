"""Evaluates conditions: what hangs on the time, the place, a person or a word, and what runs only under it."""

import ast
from collections.abc import Sequence

from scanners.facts import Act, Label, Trick
from scanners.python.domain import NO_TRICKS, UNKNOWN, Value, join, join_all, plain_of
from scanners.python.favours import is_key, is_magic, names_person
from scanners.python.lookups import Lookups
from scanners.python.machine import FAVOURED

# Who and where a machine is; what kind of machine it is decides honest things.
WHO = ("socket.get", "getpass.", "os.getlogin", "uuid.", "locale.", "pwd.", "platform.node", "psutil.", "win32api.Get")
MOMENTS = (
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today", "time.time",
    "time.localtime", "time.gmtime", "time.strftime",
)  # fmt: skip


class Conditions(Lookups):
    """The walk, as far as conditions go."""

    def on_ifexp(self, node: ast.IfExp) -> Value:
        """Return either side of a conditional expression."""
        saved = self.tricks
        self.tricks |= self.evaluate(node.test).tricks & FAVOURED
        value = join(self.evaluate(node.body), self.evaluate(node.orelse))
        self.tricks = saved
        return value

    def on_boolop(self, node: ast.BoolOp) -> Value:
        """Return any of the operands; what follows a condition in an "and" runs under it."""
        saved, values = self.tricks, []
        for operand in node.values:
            values.append(self.evaluate(operand))
            if isinstance(node.op, ast.And):
                self.tricks |= values[-1].tricks & FAVOURED
        self.tricks = saved
        favoured = [value for value in values if Trick.FAVOURED in value.tricks]
        if isinstance(node.op, ast.Or) and 0 < len(favoured) < len(values):
            self.emit(Act.USER_CHOSEN, node, detail="or")
        return join_all(values)

    def on_compare(self, node: ast.Compare) -> Value:
        """Return nothing but the marks a guard hangs on: when, where and by chance."""
        values = [self.evaluate(node.left), *(self.evaluate(item) for item in node.comparators)]
        kept = set()
        is_exact = isinstance(node.ops[0], ast.Eq | ast.In) and any(isinstance(plain_of(item), str) for item in values)
        for value in values:
            if not value.marks and not value.refs:
                continue
            kept |= {item for item in value.marks if item.label is Label.RANDOM}
            is_someone = is_exact and not value.refs
            if is_someone or any(ref.startswith(WHO) for ref in value.refs):
                kept |= {item for item in value.marks if item.label is Label.HOST}
            if value.refs and value.refs[0].startswith(MOMENTS):
                kept.add(self.mark(Label.TIME, node))
            if value.refs and value.refs[0].startswith("hashlib.") and any(plain_of(item) for item in values):
                kept.add(self.mark(Label.HOST, node))
        tricks = FAVOURED if self.is_favouring(node, values) else NO_TRICKS
        return Value(marks=frozenset(kept), tricks=tricks) if kept or tricks else UNKNOWN

    def is_favouring(self, node: ast.Compare, values: Sequence[Value]) -> bool:
        """Say whether a comparison holds for somebody, or for whoever knows a word, that the code names."""
        if not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot):
            return False
        known = [plain_of(value) for value in values]
        nodes = [node.left, *node.comparators]
        if any(item is not None and names_person(part, item) for part in nodes for item in known):
            self.emit(Act.USER_CHOSEN, node, detail="only")
            return True
        is_told = any(not value.consts and value.marks for value in values)
        return is_told and any(is_key(item) or is_magic(item) for item in known)
