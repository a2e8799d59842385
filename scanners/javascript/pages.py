"""What scripts do in a web page or a window of Electron: cookies, storage, pictures that report, code in other pages.

Pages belong to whoever looks at them: what is stored there is theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Label
from scanners.javascript.authenticating import sent_marks
from scanners.javascript.effects import Effect, words
from scanners.javascript.performing import Call, Special, evidence, result_of, run_callbacks
from scanners.javascript.running import run_value
from scanners.javascript.tables.host import SECRET_ATTRIBUTE
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, UNKNOWN, Value, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

ELEMENTS = words("Image# dom# script location document global")
ADDRESSED = words("src href action location data srcset poster")
COOKIES_OF_PROTOCOL = re.compile(r"^(Network|Storage)\.(get(All)?Cookies|getResponseBody|getRequestPostData)$")
TOKENS_OF_PAGE = re.compile(
    r"getToken|\btokens?\b|password|document\.cookie|localStorage|sessionStorage", re.IGNORECASE
)
PRIVATE = frozenset(
    {
        Label.SECRET,
        Label.AUTHENTICATION,
        Label.CREDENTIALS,
        Label.ENVIRONMENT_ALL,
        Label.KEYS,
        Label.CLIPBOARD,
        Label.MESSAGE,
    }
)


def note_address(walker: Walker, node: Node, base: Value, name: str | None, value: Value) -> None:
    """Record an address that an element of a page is given: the browser asks for it at once."""
    if name not in ADDRESSED or base.path not in ELEMENTS:
        return
    text = as_text(value) or ""
    if HOLE in text and not text.startswith(HOLE) and {mark[0] for mark in value.marks} & PRIVATE:
        walker.record(Act.NETWORK_SEND, node, detail=text, marks=value.marks, tricks=value.tricks)


def set_attribute(walker: Walker, call: Call) -> Value:
    """Read `element.setAttribute(name, value)`."""
    note_address(walker, call.node, call.this, as_text(call.arg(0)), call.arg(1))
    return UNKNOWN


def read_stored(walker: Walker, call: Call) -> Value:
    """Read `localStorage.getItem(key)`: a secret when its key says so."""
    name = as_text(call.arg(0)) or ""
    if SECRET_ATTRIBUTE.match(name.rpartition(".")[2]):
        return Value(marks=frozenset({walker.mark(Label.SECRET, call.node, name=name)}))
    return UNKNOWN


def read_cookies(walker: Walker, call: Call) -> Value:
    """Read the cookies of a window: all of them, when no filter narrows them down."""
    wanted = call.arg(0).shape
    is_every = wanted is None or not wanted.props
    walker.record(Act.FILE_READ, call.node, detail="electron/Cookies" if is_every else "electron session")
    value = result_of(walker, call)
    run_callbacks(walker, call.args, value, first=0)
    return value


def run_in_page(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `contents.executeJavaScript(text)`: it runs in a page, with what is in that page."""
    if not args:
        return None
    effect = Effect(Act.CODE_EVAL, 0, data=(0,))
    value = run_value(walker, Call(effect, Value(path="executeJavaScript"), base, args, node), args[0])
    if TOKENS_OF_PAGE.search(evidence(args[0])):
        return Value(marks=union(value.marks, {walker.mark(Label.CREDENTIALS, node)}))
    return value


def send_command(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read a command of the debugging protocol that gives cookies or bodies; None for all others."""
    name = as_text(args[0]) if args else None
    if name is None or not COOKIES_OF_PROTOCOL.match(name):
        return None
    return Value(marks=union(*[sent_marks(arg) for arg in args], {walker.mark(Label.CREDENTIALS, node)}))


PAGES: dict[str, Special] = {"attribute": set_attribute, "stored": read_stored, "cookies": read_cookies}
