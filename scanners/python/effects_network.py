"""What calls that use the network do: connect, send, fetch, listen, look names up; and what comes back.

Data leaves when anything but constants goes out beside the address. An answer is marked as such.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from scanners.facts import Act, Label, Trick
from scanners.python.addresses import CONTROLS, LIBRARIES, RECEIVING, SENDING, WEBHOOKS, WHO_AM_I
from scanners.python.authentication import address_marks, all_marks, authenticate, client_marks, named_marks
from scanners.python.constants import concatenate
from scanners.python.domain import (
    HOLE,
    NO_TRICKS,
    UNKNOWN,
    Tricks,
    Value,
    blend,
    constant,
    mark,
    plain_of,
    text_of,
    texts_of,
)
from scanners.python.effects_files import note_write
from scanners.python.effects_recipients import note_address, note_body, note_chat, note_recipient
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups
from scanners.python.places import METADATA

# Where a service hands out tokens of its users, and what such a token is called.
GRANTING = re.compile(r"(?i)^https?://[^{}]+/(oauth2?(/v\d+)?/(access_)?token|(api/)?token|access_token|login/oauth)\b")
GRANTED = "granted token"
COLON = constant(":")
# In an address alone, these say where to ask, not what to tell.
POINTING = frozenset([Label.ARGUMENT, Label.NETWORK, Label.ENVIRONMENT, Label.INPUT, Label.RANDOM, Label.TIME])
GETTING = frozenset(["get", "head", "options", "delete"])
ASKING = frozenset(["get", "post", "put", "patch", "request", "delete", "head", "options", "ws_connect", "send_json"])


def request(machine: Lookups, call: Call) -> Value:
    """Record a request whose method is the function's name."""
    return record(machine, call, call.argument(0, "url", "fullurl"), rest=call.args[1:])


def request_method(machine: Lookups, call: Call) -> Value:
    """Record a request whose method is its first argument."""
    return record(machine, call, call.argument(1, "url"), rest=call.args[2:])


def request_path(machine: Lookups, call: Call) -> Value:
    """Record a request over an open connection: the connection knows the host."""
    host = Value(consts=call.callee.consts or (HOLE,), marks=call.callee.marks)
    path = call.argument(1, "url")
    headers = Value(marks=authenticate(all_marks(call.args[3:])))
    return record(machine, call, concatenate([host, path], tricks=NO_TRICKS), rest=[*call.args[2:3], headers])


def record(machine: Lookups, call: Call, address: Value, *, rest: Sequence[Value]) -> Value:
    """Record a request and return its answer."""
    shown = join_base(call.callee, address)
    named = {name: value for name, value in call.keywords.items() if name not in CONTROLS}
    data = [*rest, *named.values()]
    payload = all_marks(rest) | named_marks(named)
    is_prepared = any(ref.endswith("Request()") for ref in address.refs)
    pointed = address.marks if is_prepared else address_marks(address)
    told = frozenset(item for item in pointed if is_prepared or item.label not in POINTING)
    carried = frozenset(item for item in call.callee.marks if item.label not in POINTING)
    is_sending = bool(payload or told or carried)
    sources = [Value(marks=payload | told | carried)] if is_sending else [address]
    tricks = call.tricks | trust_tricks(call)
    is_posting = call.name.rpartition(".")[2] not in GETTING and any(value is not UNKNOWN for value in data)
    act = Act.NETWORK_SEND if is_sending or (is_posting and has_body(call)) else Act.NETWORK_FETCH
    machine.emit(act, call.node, detail=shown, sources=sources, tricks=tricks)
    if payload:
        note_address(machine, call.node, shown, payload, tricks)
        note_body(machine, call.node, named, content=payload)
    return answer(machine, call, shown)


def join_base(client: Value, address: Value) -> Value:
    """Return where a request goes: a client that was given a base puts it before every path."""
    bases = [base.rstrip("/") for base in client.consts if isinstance(base, str) and "://" in base]
    if not address.consts:
        return Value(consts=client.consts, marks=address.marks, tricks=address.tricks)
    paths = [path for path in address.consts if isinstance(path, str)]
    if not bases or any("://" in path for path in paths):
        return address
    whole = tuple(f"{bases[0]}/{path.lstrip('/')}" for path in paths)
    return Value(consts=whole, is_whole=address.is_whole, marks=address.marks, tricks=address.tricks)


def command_remotely(machine: Lookups, call: Call) -> Value:
    """Record a command that another machine is given over a connection; what it answers comes from the network."""
    host = Value(consts=call.callee.consts)
    sources = [*call.args, *call.keywords.values()]
    machine.emit(Act.NETWORK_SEND, call.node, detail=host, sources=sources, tricks=call.tricks)
    return answer(machine, call, host)


def has_body(call: Call) -> bool:
    """Say whether a request has a body."""
    return any(name in call.keywords for name in ("data", "json", "files", "content", "body", "params", "fields"))


def answer(machine: Lookups, call: Call, address: Value) -> Value:
    """Return what comes back from an address; some addresses tell who asks, others hand out a cloud's keys."""
    marks = {machine.mark(Label.NETWORK, call.node)}
    for text in address.consts:
        if isinstance(text, str) and WHO_AM_I.search(text):
            machine.emit(Act.HOST_INSPECT, call.node, detail="public address")
            marks.add(machine.mark(Label.HOST, call.node))
        if isinstance(text, str) and GRANTING.search(text):
            marks.add(machine.mark(Label.SECRET, call.node, name=GRANTED))
        if isinstance(text, str) and METADATA.search(text):
            marks.add(machine.mark(Label.CREDENTIALS, call.node))
    return Value(refs=(f"{call.name}()",), marks=frozenset(marks))


def trust_tricks(call: Call) -> Tricks:
    """Return whether certificates are not checked."""
    context = call.argument(99, "context", "ssl", "ssl_context")
    is_off = any(plain_of(call.argument(99, name)) is False for name in ("verify", "ssl", "verify_ssl"))
    is_off |= any("_create_unverified_context" in ref for ref in context.refs)
    is_off |= plain_of(call.argument(99, "cert_reqs")) == "CERT_NONE"
    return frozenset([Trick.UNVERIFIED]) if is_off else NO_TRICKS


def prepare(machine: Lookups, call: Call) -> Value:
    """Return a request that somebody will send: about an address, made of its data."""
    position = 1 if call.name.startswith(("requests", "httpx")) else 0
    address = call.argument(position, "url")
    named = {name: value for name, value in call.keywords.items() if name not in CONTROLS}
    payload = blend([*call.args[position + 1 :], *named.values()])
    sent = all_marks(call.args[position + 1 : position + 2]) | named_marks(named)
    # The second of the positional arguments is the headers, for those who make a request that way.
    sent |= authenticate(all_marks(call.args[position + 2 :]))
    told = frozenset(item for item in address_marks(address) if item.label not in POINTING)
    is_bare = not sent and not told
    return Value(
        consts=address.consts,
        refs=("urllib.request.Request().bare",) if is_bare else ("urllib.request.Request()",),
        marks=address.marks if is_bare else sent | told,
        tricks=address.tricks | payload.tricks,
    )


def download(machine: Lookups, call: Call) -> Value:
    """Record something that is fetched into a file."""
    address = call.argument(0, "url")
    machine.emit(Act.NETWORK_FETCH, call.node, detail=address, sources=[address], tricks=call.tricks)
    result = answer(machine, call, address)
    target = call.argument(1, "filename", "out", "output")
    if target is not UNKNOWN:
        note_write(machine, call, target, Value(marks=result.marks), 1)
    return Value(items=(Value(consts=target.consts, marks=target.marks), UNKNOWN), marks=result.marks)


def make_client(machine: Lookups, call: Call) -> Value:
    """Return a client, which knows where its requests go by default."""
    base = call.argument(99, "base_url")
    headers = blend([call.argument(99, name) for name in ("headers", "auth", "cookies", "params")])
    return Value(refs=(f"{call.name}()",), consts=base.consts, marks=authenticate(headers.marks))


def make_connection(machine: Lookups, call: Call) -> Value:
    """Return a connection that is opened with its first request."""
    host = call.argument(0, "host", "url")
    machine.emit(Act.NETWORK_CONNECT, call.node, detail=host, sources=[host], tricks=call.tricks | trust_tricks(call))
    return Value(refs=(f"{call.name}()",), consts=host.consts, marks=frozenset())


def join_address(host: Value, port: Value) -> Value:
    """Return host:port."""
    return concatenate([host, COLON, port], tricks=NO_TRICKS) if port is not UNKNOWN else host


def address_of(value: Value) -> Value:
    """Return host:port of an address given as a pair."""
    whole = plain_of(value)
    if isinstance(whole, tuple) and len(whole) >= 2:
        return constant(f"{text_of(whole[0])}:{text_of(whole[1])}", tricks=value.tricks, marks=value.marks)
    if isinstance(value.items, tuple) and len(value.items) >= 2:
        return join_address(value.items[0], value.items[1])
    return value if value.consts and isinstance(value.consts[0], str) else Value(marks=value.marks)


def connect(machine: Lookups, call: Call) -> Value:
    """Record a connection that is opened by a function."""
    if call.name.endswith(("create_connection",)) and call.name.startswith(("socket", "socks")):
        shown = address_of(call.argument(0, "address"))
        refs = ("socket.socket()",)
    else:
        shown = join_address(call.argument(0, "host", "path"), call.argument(1, "port"))
        refs = (f"{call.name}()",)
    if not call.args and not call.keywords:
        return Value(refs=refs)
    machine.emit(Act.NETWORK_CONNECT, call.node, detail=shown, sources=[shown], tricks=call.tricks | trust_tricks(call))
    if call.name.startswith("asyncio."):
        received = frozenset([machine.mark(Label.NETWORK, call.node)])
        reader = Value(refs=("trio.StreamReader()",), consts=shown.consts, marks=received)
        writer = Value(refs=("trio.StreamWriter()",), consts=shown.consts)
        return Value(items=(reader, writer))
    return Value(refs=refs, consts=shown.consts)


def connect_url(machine: Lookups, call: Call) -> Value:
    """Record a connection that is opened to an address; the functions it calls back see what comes in."""
    address = call.argument(0, "url", "uri", "target", "webhook_url")
    if address is UNKNOWN and not call.keywords:
        return Value(refs=(f"{call.name}()",))
    shown = Value(consts=address.consts, marks=address_marks(address), tricks=address.tricks)
    machine.emit(Act.NETWORK_CONNECT, call.node, detail=shown, sources=[shown], tricks=call.tricks)
    received = Value(marks=frozenset([machine.mark(Label.NETWORK, call.node)]))
    for name, value in call.keywords.items():
        if name.startswith("on_") and value.things:
            socket = Value(refs=(f"{call.name}()",), consts=address.consts)
            machine.call_value(Value(things=value.things), call.node, [socket, received], {})
    given = {name: value for name, value in call.keywords.items() if name not in CONTROLS and name[:3] != "on_"}
    return Value(refs=(f"{call.name}()",), consts=address.consts, marks=client_marks([], given))


def connect_socket(machine: Lookups, call: Call) -> Value:
    """Record a socket that is connected; the name it goes by knows the peer from now on."""
    first = call.argument(0, "hostname", "host", "address")
    shown = address_of(first)
    if call.has(1, "port") and not call.name.startswith("asyncio"):
        shown = join_address(first, call.argument(1, "port"))
    machine.emit(Act.NETWORK_CONNECT, call.node, detail=shown, sources=[shown], tricks=call.tricks)
    owner = getattr(getattr(call.node, "func", None), "value", None)
    base = call.name.rpartition(".")[0]
    if owner is not None and shown.consts:
        machine.assign_owner(owner, Value(refs=(base,), consts=shown.consts))
    return Value(refs=(f"{call.name}()",), consts=shown.consts)


def loop_connect(machine: Lookups, call: Call) -> Value:
    """Record a connection that an event loop opens: of a socket, or for a protocol."""
    first, second = call.argument(0), call.argument(1, "host", "address", "path", "remote_addr")
    is_socket = call.name.endswith("sock_connect")
    shown = address_of(second) if is_socket or call.has(99, "remote_addr") else join_address(
        second, call.argument(2, "port")
    )  # fmt: skip
    machine.emit(Act.NETWORK_CONNECT, call.node, detail=shown, sources=[shown], tricks=call.tricks | trust_tricks(call))
    owner = call.argument_node(0)
    if is_socket and owner is not None and shown.consts:
        machine.assign_owner(owner, Value(refs=first.refs or ("socket.socket()",), consts=shown.consts))
    transport = Value(refs=("trio.StreamWriter()",), consts=shown.consts)
    return Value(items=(transport, UNKNOWN))


def loop_receive(machine: Lookups, call: Call) -> Value:
    """Return what an event loop reads from a socket."""
    return Value(marks=frozenset([machine.mark(Label.NETWORK, call.node)]))


def loop_send(machine: Lookups, call: Call) -> Value:
    """Record what an event loop writes to a socket."""
    peer = Value(consts=call.argument(0).consts)
    machine.emit(Act.NETWORK_SEND, call.node, detail=peer, sources=call.args[1:2], tricks=call.tricks)
    return UNKNOWN


def loop_listen(machine: Lookups, call: Call) -> Value:
    """Record a port that an event loop opens for a protocol."""
    shown = join_address(call.argument(1, "host", "path"), call.argument(2, "port"))
    machine.emit(Act.NETWORK_LISTEN, call.node, detail=shown, tricks=call.tricks)
    return Value(refs=(f"{call.name}()",), consts=shown.consts)


def listen(machine: Lookups, call: Call) -> Value:
    """Record a port that is opened."""
    first = call.argument(0, "host", "address")
    if first.things:
        first = Value(items=(call.argument(1, "host"), call.argument(2, "port")))
        received = Value(refs=("trio.StreamReader()",), marks=frozenset([machine.mark(Label.NETWORK, call.node)]))
        writer = Value(refs=("trio.StreamWriter()",))
        machine.call_value(Value(things=call.args[0].things), call.node, [received, writer], {})
    shown = address_of(first)
    if not shown.consts and call.has(99, "port"):
        shown = join_address(call.argument(99, "host"), call.argument(99, "port"))
    machine.emit(Act.NETWORK_LISTEN, call.node, detail=shown, tricks=call.tricks)
    return Value(refs=(f"{call.name}()",), consts=shown.consts)


def accept(machine: Lookups, call: Call) -> Value:
    """Return a connection that somebody else opened."""
    return Value(items=(Value(refs=("socket.socket()",), consts=call.callee.consts), UNKNOWN))


def look_up(machine: Lookups, call: Call) -> Value:
    """Record a name that is resolved."""
    name = call.argument(0, "host", "hostname", "qname")
    machine.emit(Act.NETWORK_LOOKUP, call.node, detail=name, sources=[name], tricks=call.tricks)
    is_answer = call.name.startswith(("dns.", "aiodns.", "pycares."))
    return Value(
        refs=(f"{call.name}()",),
        marks=frozenset([machine.mark(Label.NETWORK, call.node)])
        if is_answer
        else (frozenset(item for item in name.marks if item.label is Label.HOST)),
    )


def wrap(machine: Lookups, call: Call) -> Value:
    """Return the socket inside an encrypted one."""
    return call.argument(0, "sock")


def set_option(machine: Lookups, call: Call) -> Value:
    """Record what a transfer is told: where to, and what with."""
    option, value = call.argument(0), call.argument(1)
    leaf = option.refs[0].rpartition(".")[2] if option.refs else ""
    if leaf == "URL":
        machine.emit(Act.NETWORK_FETCH, call.node, detail=value, sources=[value], tricks=call.tricks)
    elif leaf in ("POSTFIELDS", "HTTPPOST", "READDATA", "READFUNCTION"):
        machine.emit(Act.NETWORK_SEND, call.node, detail=Value(consts=call.callee.consts), sources=[value])
    return UNKNOWN


def perform(machine: Lookups, call: Call) -> Value:
    """Return the answer of a transfer."""
    return Value(marks=frozenset([machine.mark(Label.NETWORK, call.node)]))


def call_library(machine: Lookups, call: Call, result: Value) -> Value:
    """Return what a call of a network library gives, judged by its last word; anything else is left as it is."""
    root = call.name.split(".")[0].removesuffix("()")
    if root not in LIBRARIES:
        if root == "discord" and WEBHOOKS.search(call.name) and call.name.rpartition(".")[2] == "send":
            machine.emit(Act.NETWORK_SEND, call.node, detail=Value(consts=call.callee.consts), sources=payload_of(call))
        return result
    leaf = call.name.rpartition(".")[2]
    if "(" not in call.name:
        marks = client_marks(call.args, call.keywords)
        return Value(refs=result.refs, consts=host_of(call), marks=marks, tricks=result.tricks)
    note_chat(machine, call.node, leaf, call.args, call.keywords)
    if SENDING.match(leaf):
        detail = Value(consts=call.callee.consts)
        if leaf == "send_message" and call.has(2, "to_addrs") and root == "smtplib":
            receivers = call.argument(2, "to_addrs")
            note_recipient(machine, call.node, "rcpt", receivers, content=all_marks(call.args[:1]))
        if leaf == "sendmail" and len(call.args) > 1:
            note_recipient(machine, call.node, "rcpt", call.args[1], content=all_marks(call.args[2:]))
        if leaf == "sendto" and len(call.args) > 1:
            detail = address_of(call.args[-1])
        machine.emit(Act.NETWORK_SEND, call.node, detail=detail, sources=payload_of(call), tricks=call.tricks)
        return mark(result, machine.mark(Label.NETWORK, call.node)) if root not in ("socket", "trio") else UNKNOWN
    if RECEIVING.match(leaf):
        received = machine.mark(Label.NETWORK, call.node)
        value = Value(refs=result.refs, marks=result.marks | {received}, tricks=result.tricks)
        if leaf in ("recvfrom", "recvmsg"):
            return Value(items=(Value(marks=value.marks), UNKNOWN), marks=value.marks)
        return value
    return result


def host_of(call: Call) -> tuple[Any, ...]:
    """Return the address that a client of a library is made with."""
    for name in ("url", "webhook_url", "host", "hostname", "base_url", "endpoint_url"):
        if name in call.keywords:
            return call.keywords[name].consts
    first = call.argument(0)
    return tuple(text for text in first.consts if isinstance(text, str) and ("." in text or ":" in text))


def payload_of(call: Call) -> list[Value]:
    """Return what a call sends; what the client was made with goes along, as what it is known by."""
    named = {name: value for name, value in call.keywords.items() if name not in CONTROLS}
    marks = all_marks(call.args) | named_marks(named) | call.callee.marks
    return [Value(marks=marks)]


def guess_request(machine: Lookups, call: Call, result: Value) -> Value:
    """Return what a call of something unknown gives; with an address and a verb it can only be a request."""
    note_chat(machine, call.node, call.name, call.args, call.keywords)
    if call.name not in ASKING or not (call.args or call.keywords):
        return result
    for position in (0, 1):
        address = call.argument(position, "url")
        text = texts_of(address)[0]
        if text.startswith(("http://", "https://", "ws://", "wss://")):
            return record(machine, call, address, rest=call.args[position + 1 :])
    return result


NETWORK_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "verb": request, "request": request_method, "request_path": request_path, "prepare": prepare, "download": download,
    "client": make_client, "client_path": make_connection, "connect": connect, "connect_url": connect_url,
    "connect_socket": connect_socket, "listen": listen, "accept": accept, "lookup": look_up, "wrap": wrap,
    "curl": set_option, "perform": perform, "loop_connect": loop_connect, "loop_receive": loop_receive,
    "remote_command": command_remotely, "loop_send": loop_send, "loop_listen": loop_listen,
}  # fmt: skip
