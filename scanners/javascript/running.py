"""What runs text as code: follows constant text as a layer, and records the rest with where it comes from.

The layer is read in the scope where it runs; nothing is ever executed.
"""

from __future__ import annotations

import base64
import binascii
import re
import urllib.parse
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Act, Trick
from scanners.javascript.loading import load_module
from scanners.javascript.modules import Module
from scanners.javascript.parsing import parse_script
from scanners.javascript.performing import Call, Special, run_callbacks, tricks_of
from scanners.javascript.scopes import Scope
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, UNKNOWN, Value, deep_marks

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

LONG_SECONDS = 60
DETAIL = 200
TIMERS_KEPT = 16  # functions that run again and again, read once more at the end


def run_text(walker: Walker, call: Call) -> Value:
    """Read eval and its like."""
    return run_value(walker, call, call.arg(0))


def run_value(walker: Walker, call: Call, code: Value) -> Value:
    """Record that a value runs as code, and follow it when it is constant."""
    text = as_text(code)
    is_constant = text is not None and HOLE not in text
    detail = (text or "")[:DETAIL] if is_constant else ""
    walker.record(
        Act.CODE_EVAL, call.node, detail=detail, marks=deep_marks(code), tricks=tricks_of(call, code) | code.tricks
    )
    if text is not None and is_constant:
        return follow_layer(walker, text, call.node)
    marks = deep_marks(code)
    return Value(marks=marks) if marks else UNKNOWN


def follow_layer(walker: Walker, text: str, node: Node) -> Value:
    """Read constant text that runs as code, as if it stood on the line where it runs."""
    module = walker.frame.module
    line = walker.line(node)
    known = sum(1 for path, _, _ in walker.layers if path == module.path)
    if (
        walker.layer_depth >= limits.FOLD_LAYERS
        or known >= limits.LAYERS_PER_FILE
        or len(text) > limits.FOLD_CHARACTERS
    ):
        walker.unfollowed.append(f"{module.path}: more decoded layers than are followed")
        return UNKNOWN
    if (module.path, line, text) not in walker.layers:
        walker.layers.append((module.path, line, text))
    parsed = parse_script(text, path="layer.js")
    if parsed is None:
        return UNKNOWN
    scope = Scope(walker.frame.scope, is_function=True)
    layer = Module(module.path, parsed.content, parsed.root, scope, line, module.context, module.exports, module.holder)
    outer_scope, walker.frame.module, walker.frame.scope = walker.frame.scope, layer, scope
    walker.layer_depth += 1
    walker.read(parsed.root)
    value = last_value(walker, parsed.root)
    walker.layer_depth -= 1
    walker.frame.module, walker.frame.scope = module, outer_scope
    return value


def last_value(walker: Walker, root: Node) -> Value:
    """Return the worth of the last expression of a text, when reading it again does nothing."""
    last = root.named_children[-1] if root.named_children else None
    if last is None or last.type != "expression_statement" or not last.named_children:
        return UNKNOWN
    inner = last.named_children[0]
    while inner.type == "parenthesized_expression" and inner.named_children:
        inner = inner.named_children[0]
    return walker.read(inner)


def make_function(walker: Walker, call: Call) -> Value:
    """Read `new Function(a, b, code)`: a function of the plugin when the code is constant."""
    if not call.args:
        return UNKNOWN
    code = call.args[-1]
    text = as_text(code)
    if text is None or HOLE in text:
        return run_value(walker, call, code)
    walker.record(
        Act.CODE_EVAL,
        call.node,
        detail=text[:DETAIL],
        marks=deep_marks(code),
        tricks=tricks_of(call, code) | code.tricks,
    )
    names = ",".join(as_text(arg) or "" for arg in call.args[:-1])
    value = follow_layer(walker, f"(function anonymous({names}) {{\n{text}\n}})", call.node)
    if value.function is not None:
        walker.follow(walker, value.function, [], this=None)
    return value


def start_timer(walker: Walker, call: Call) -> Value:
    """Read setTimeout and its like: text that runs, functions that run later, long waits."""
    repeats = call.callee.path.endswith("setInterval")
    work, delay = call.arg(0), call.arg(1)
    if call.callee.path == "timers/promises.setTimeout":
        work, delay = UNKNOWN, call.arg(0)
    if work.text is not None:
        run_value(walker, call, work)
    elif work.path in ("eval", "Function") or work.function is not None:
        run_callbacks(walker, [work], UNKNOWN, first=9, loop=repeats)
    if repeats and work.function is not None and len(walker.timers) < TIMERS_KEPT:
        walker.timers.append((work.function, walker.frame.context))
    if delay.number is not None and delay.number >= LONG_SECONDS * 1000 and not repeats:
        walker.record(Act.SLEEP, call.node, detail=str(int(delay.number // 1000)))
    return UNKNOWN


def start_worker(walker: Walker, call: Call) -> Value:
    """Read `new Worker`: a file of the plugin, a text, or what nobody knows."""
    target = call.arg(0)
    text = as_text(target) or ""
    if call.is_option("eval"):
        return run_value(walker, call, target)
    if text.startswith("data:"):
        return run_value(
            walker, call, Value(read_data_url(text), marks=target.marks, tricks=frozenset({Trick.DECODED}))
        )
    if text and HOLE not in text and not text.startswith((".", "/")):
        text = "./" + text
    load_module(walker, target if not text else Value(text, marks=target.marks), call.node)
    return Value(path=call.effect.becomes)


def read_data_url(text: str) -> str:
    """Return the content of a data: address."""
    head, _, body = text.partition(",")
    body = urllib.parse.unquote(body)
    if ";base64" not in head:
        return body
    try:
        return base64.b64decode(body + "==", validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return body


def require_module(walker: Walker, call: Call) -> Value:
    """Read require and import(): a `data:` address is code in itself."""
    wanted = call.arg(0)
    text = as_text(wanted) or ""
    if text.startswith("data:") and HOLE not in text and not re.match(r"data:application/(json|wasm)", text):
        code = Value(read_data_url(text), marks=wanted.marks, tricks=frozenset({Trick.DECODED}))
        return run_value(walker, call, code)
    if text.startswith("data:") and not re.match(r"data:application/(json|wasm)", text):
        # Text that comes from somewhere is put into the address: it runs like any other.
        return run_value(walker, call, Value(HOLE, marks=deep_marks(wanted), tricks=wanted.tricks))
    return load_module(walker, wanted, call.node, tricks=call.callee.tricks)


RUNNING: dict[str, Special] = {
    "run": run_text,
    "make_function": make_function,
    "timer": start_timer,
    "worker": start_worker,
    "require": require_module,
}
