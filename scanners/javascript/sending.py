"""What talks to the network: requests, sockets, clients and listeners, and what of the plugin's data goes out.

An address alone is a fetch; anything that is not constant beside it makes it a send.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Context, Label, Trick
from scanners.javascript.authenticating import authenticate, authenticate_settings, sent_marks
from scanners.javascript.containers import spell_out
from scanners.javascript.conversations import note_receiver, note_recipients, unanswered, whole_marks
from scanners.javascript.effects import ALL
from scanners.javascript.performing import (
    Call,
    Special,
    place_marks,
    place_of,
    result_of,
    run_callbacks,
    tricks_of,
)
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, NO_MARKS, NO_TRICKS, UNKNOWN, Marks, Shape, Value, deep_marks, union

if TYPE_CHECKING:
    from scanners.javascript.walker import Walker

URL_NAMES = ("url", "uri", "href", "baseURL", "prefixUrl", "webhookUrl", "endpoint", "connectionString")
CARRIED = (
    "body",
    "data",
    "json",
    "form",
    "formData",
    "multipart",
    "headers",
    "params",
    "qs",
    "searchParams",
    "query",
    "auth",
    "path",
    "hostname",
)
HEADERS = ("setHeader", "setRequestHeader", "appendHeader")
# The machine's own keys, as the cloud hands them to whoever asks from inside.
HANDS_OUT_KEYS = re.compile(
    r"169\.254\.\d+\.\d+.*(security-credentials/[^/\s]|identity/oauth2/token|/v2/credentials)"
    r"|metadata\.google\.internal.*service-accounts/[^/]+/(token|identity)"
)
PROVING = ("headers", "auth")
ASKING = ("", "GET", "HEAD", "OPTIONS")


def address_of(args: list[Value]) -> Value:
    """Return the address a call goes to, as far as it is constant, with where it comes from."""
    for arg in args[:2]:
        if arg.function is not None:
            continue
        if arg.text is not None or arg.path == "URL#":
            return spell_out(arg) if arg.path == "URL#" else arg
        found = address_in(arg)
        if found is not None:
            return found
    return Value(marks=deep_marks(args[0])) if args and args[0].shape is None else UNKNOWN


def address_in(arg: Value) -> Value | None:
    """Return the address an object of options holds."""
    if arg.shape is None:
        return None
    for name in ("%place", *URL_NAMES):
        found = arg.shape.get(name)
        if found is not None:
            return found
    if arg.shape.get("id") is not None and arg.shape.get("token") is not None:
        return Value("discord webhook", marks=union(deep_marks(arg)))
    host = arg.shape.get("hostname") or arg.shape.get("host")
    if host is None:
        return None
    parts = [host, arg.shape.get("port"), arg.shape.get("path")]
    texts = [None if part is None else as_text(part) or HOLE for part in parts]
    text = (texts[0] or HOLE) + (f":{texts[1]}" if texts[1] else "") + (texts[2] or "")
    return Value(text, marks=union(*[part.marks for part in parts if part is not None]))


def carried(call: Call, *, is_post: bool) -> Marks:
    """Return the origins of everything but the address that goes out with a request."""
    found: list[Marks] = []
    for position, arg in enumerate(call.args[:4]):
        if arg.function is not None:
            continue
        if is_post and position == 1:
            found.append(sent_marks(arg))
        elif arg.shape is not None and arg.shape.items is None:
            found.append(arg.shape.rest)
            found += [
                authenticate(deep_marks(part)) if name in PROVING else sent_marks(part)
                for name in CARRIED
                if (part := arg.shape.get(name)) is not None
            ]
    return union(*found)


def send_request(walker: Walker, call: Call) -> Value:
    """Read a call of an HTTP client."""
    is_post = call.effect.act is Act.NETWORK_SEND
    address = address_of(call.args)
    base = place_of(call.this)
    text = as_text(address) or ""
    text = base.rstrip("/") + "/" + text.lstrip("/") if base and "://" not in text[:12] else text
    method = (as_text(call.option("method")) or "").upper()
    sent = union(carried(call, is_post=is_post), held_marks(call.this))
    # Data inside an address is data; an address that is unknown altogether is just an address.
    if HOLE in text and not text.startswith(HOLE):
        sent = union(sent, address.marks)
    act = Act.NETWORK_SEND if is_post or method not in ASKING or sent else Act.NETWORK_FETCH
    tricks = tricks_of(call, address) | unverified(walker, call)
    if act is Act.NETWORK_SEND:
        tricks = tricks | unanswered(call.node)
        bodies = [*call.args[1 if is_post else 9 : 2], *(call.option(name) for name in ("body", "data", "json"))]
        sent = union(sent, *[whole_marks(walker, body, call.node) for body in bodies])
        note_receiver(walker, call.node, text, marks=sent, tricks=tricks)
    # Whoever is asked at an address that is a secret as a whole has handed it out.
    asked = address.marks if text.strip(HOLE) else authenticate(address.marks)
    walker.record(act, call.node, detail=text, marks=sent if act is Act.NETWORK_SEND else asked, tricks=tricks)
    handed = {walker.mark(Label.CREDENTIALS, call.node)} if HANDS_OUT_KEYS.search(text) else NO_MARKS
    value = result_of(walker, call, place=text, extra=frozenset(handed))
    run_callbacks(walker, call.args, value, first=call.effect.callback)
    return value


def unverified(walker: Walker, call: Call) -> frozenset[Trick]:
    """Return the trick of not checking certificates, when a call plays it."""
    options = [call.option("rejectUnauthorized"), call.option("strictSSL")]
    for name in ("agent", "httpsAgent", "https", "agentOptions", "dispatcher"):
        held = call.option(name).shape
        if held is not None:
            options += [part for key in ("rejectUnauthorized", "strictSSL") if (part := held.get(key)) is not None]
    off = any(option.path == "false" or option.number == 0 for option in options)
    return frozenset({Trick.UNVERIFIED}) if off or walker.frame.module.is_unverified else NO_TRICKS


def held_marks(value: Value) -> Marks:
    """Return the origins of what a client was made to send with every request."""
    held = value.shape.get("%sent") if value.shape is not None else None
    return held.marks if held is not None else NO_MARKS


def make_client(walker: Walker, call: Call) -> Value:
    """Read axios.create and its like: an address and headers kept for later."""
    address = address_of(call.args)
    shape = Shape({"%place": address, "%sent": Value(marks=carried(call, is_post=False))})
    return Value(path=call.effect.becomes, shape=shape)


def connect(walker: Walker, call: Call) -> Value:
    """Read what opens a connection or makes a client with an address."""
    address = address_of(call.args)
    first, second = as_text(call.arg(0)), as_text(call.arg(1))
    if call.arg(0).number is not None or (first or "").isdigit():
        address = Value(f"{second or 'localhost'}:{first}", marks=union(call.arg(0).marks, call.arg(1).marks))
    elif call.arg(0).text is None and call.arg(1).text is not None and call.arg(0).shape is None:
        address = Value(f"{second}:{{}}", marks=union(call.arg(0).marks, call.arg(1).marks))
    text = as_text(address) or ""
    if call.effect.act is not None:
        tricks = tricks_of(call, address) | unverified(walker, call)
        walker.record(call.effect.act, call.node, detail=text, marks=authenticate(address.marks), tricks=tricks)
    if call.this.shape is not None and "#" in call.this.path:
        call.this.shape.props["%place"] = Value(text, marks=address.marks)
    value = result_of(walker, call)
    value = Value(
        path=value.path or call.this.path, marks=value.marks, shape=Shape({"%place": Value(text, marks=address.marks)})
    )
    run_callbacks(walker, call.args, UNKNOWN, first=9)
    return value


def make_socket(walker: Walker, call: Call) -> Value:
    """Read a socket or request object that connects later."""
    marks = walker.marks((Label.NETWORK,), call.node)
    return Value(path=call.effect.becomes, marks=marks, shape=Shape({"%place": UNKNOWN}))


def open_request(walker: Walker, call: Call) -> Value:
    """Read `xhr.open(method, url)`."""
    address = call.arg(1)
    if call.this.shape is not None:
        call.this.shape.props["%place"] = address
    act = Act.NETWORK_CONNECT
    walker.record(
        act,
        call.node,
        detail=as_text(address) or "",
        marks=authenticate(address.marks),
        tricks=tricks_of(call, address),
    )
    return UNKNOWN


def send_data(walker: Walker, call: Call) -> Value:
    """Read a write to a request or socket."""
    sent = authenticate if call.name in HEADERS else union
    marks = union(*[sent(sent_marks(arg)) for arg in call.args[: len(ALL)] if arg.function is None])
    given = [arg for arg in call.args if arg.function is None]
    if call.this.path == "net.Socket#" and not place_of(call.this).strip(HOLE + ":{}0123456789"):
        marks = authenticate_settings(marks)
    if given and (marks or call.name not in (*HEADERS, "emit")):
        tricks = tricks_of(call, *given) | unverified(walker, call)
        walker.record(Act.NETWORK_SEND, call.node, detail=place_of(call.this), marks=marks, tricks=tricks)
    elif not given and call.effect.becomes == "" and "xhr" in call.this.path:
        walker.record(Act.NETWORK_FETCH, call.node, detail=place_of(call.this), marks=place_marks(call.this))
    run_callbacks(walker, call.args, Value(marks=call.this.marks), first=0)
    return call.this


def send_chained(walker: Walker, call: Call) -> Value:
    """Read superagent's chain: `.send(data)`, `.set(header)`, `.attach(file)`."""
    sent = authenticate if call.name in ("set", "auth") else union
    marks = union(*[sent(sent_marks(arg)) for arg in call.args])
    if call.name == "attach" and call.arg(1).text is not None:
        walker.record(Act.FILE_READ, call.node, detail=call.arg(1).text or "")
    if marks or call.name in ("send", "attach"):
        walker.record(Act.NETWORK_SEND, call.node, detail=place_of(call.this), marks=marks, tricks=tricks_of(call))
    return call.this


def send_named(walker: Walker, call: Call) -> Value:
    """Read a message by a client whose library knows where it goes."""
    note_recipients(walker, call.node, call.args)
    receiver = call.callee if call.callee.path == "answer#" else call.this
    marks = union(authenticate(place_marks(receiver)), *[sent_marks(arg) for arg in call.args])
    walker.record(Act.NETWORK_SEND, call.node, detail=place_of(receiver), marks=marks, tricks=tricks_of(call))
    return Value(marks=walker.marks((Label.NETWORK,), call.node))


def send_datagram(walker: Walker, call: Call) -> Value:
    """Read `socket.send(data, ..., port, host)`."""
    texts = [as_text(arg) for arg in call.args[1:] if arg.function is None]
    host = next((text for text in reversed(texts) if text and not text.isdigit()), "")
    port = next((text for text in reversed(texts) if text and text.isdigit()), "")
    detail = f"{host}:{port}" if host and port else host
    walker.record(Act.NETWORK_SEND, call.node, detail=detail, marks=deep_marks(call.arg(0)), tricks=tricks_of(call))
    return UNKNOWN


def serve(walker: Walker, call: Call) -> Value:
    """Read a server: its handlers run later, with what strangers send."""
    marks = walker.marks((Label.NETWORK,), call.node)
    is_raw = call.callee.path.startswith(("net.", "tls."))
    first = Value(
        path="net.Socket#" if is_raw else "?req", marks=marks, shape=Shape({"%place": UNKNOWN}) if is_raw else None
    )
    for arg in call.args:
        if arg.function is not None:
            context = walker.frame.context if is_raw or walker.frame.context is Context.DEAD else Context.RUNTIME
            walker.follow(walker, arg.function, [first, Value(path="?res")], this=None, context=context)
    if call.callee.path == "Bun.serve" or (call.option("port") is not UNKNOWN and "ws" in call.callee.path):
        walker.record(Act.NETWORK_LISTEN, call.node, detail=as_text(call.option("port")) or "")
    return Value(path=call.effect.becomes)


def listen(walker: Walker, call: Call) -> Value:
    """Read `server.listen(port, host)`."""
    port, host = as_text(call.arg(0)), as_text(call.arg(1))
    port = port if port is not None else as_text(call.option("port"))
    detail = f"{host}:{port}" if host and port else f":{port}" if port else ""
    walker.record(Act.NETWORK_LISTEN, call.node, detail=detail, tricks=tricks_of(call))
    run_callbacks(walker, call.args, UNKNOWN, first=9)
    return call.this


SENDING: dict[str, Special] = {
    "request": send_request,
    "client": make_client,
    "connect": connect,
    "socket": make_socket,
    "open": open_request,
    "send": send_data,
    "chain": send_chained,
    "named_send": send_named,
    "datagram": send_datagram,
    "serve": serve,
    "listen": listen,
}
