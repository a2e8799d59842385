"""How the owner, the warm process and its children speak: JSON objects with their length in front, over a socket.

Reads strictly and within caps, because the other side may be hostile. It never believes a length before checking it.
"""

import json
import socket
import time
from typing import Any, NoReturn

from scanners import limits
from scanners.errors import ToolFailed

LENGTH_BYTES = 4
Message = dict[str, Any]


class MessageInvalid(ToolFailed):
    """The other side sent something that is not a message, or more than is read."""

    code = "message_invalid"


class PeerGone(ToolFailed):
    """The other side closed the connection, or ended."""

    code = "peer_gone"


def send_message(connection: socket.socket, message: Message, *, until: float | None = None) -> None:
    """Send one message, at most until a moment of the monotonic clock; raises PeerGone, TimeoutError."""
    data = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    if len(data) > limits.WARM_MESSAGE_BYTES:
        raise MessageInvalid(f"a message of {len(data)} bytes is too long")
    connection.settimeout(seconds_until(until))
    try:
        connection.sendall(len(data).to_bytes(LENGTH_BYTES, "big") + data)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise PeerGone("the other side has ended") from error


def receive_message(
    connection: socket.socket, *, until: float | None = None, cap: int = limits.WARM_MESSAGE_BYTES
) -> Message:
    """Return the next message of at most `cap` bytes; raises PeerGone, MessageInvalid, TimeoutError."""
    length = int.from_bytes(receive_exactly(connection, LENGTH_BYTES, until=until), "big")
    if length > cap:
        raise MessageInvalid(f"a message of {length} bytes is announced")
    return parse_message(receive_exactly(connection, length, until=until))


def parse_message(data: bytes) -> Message:
    """Return one JSON object; raises MessageInvalid."""
    # Brackets in strings count too: no honest message comes near the cap.
    if data.count(b"[") + data.count(b"{") > limits.WARM_MESSAGE_BRACKETS:
        raise MessageInvalid("a message has too many parts")
    try:
        message = json.loads(data, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MessageInvalid(f"a message is not JSON ({type(error).__name__})") from error
    if not isinstance(message, dict):
        raise MessageInvalid("a message is not an object")
    return message


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which are no JSON."""
    raise ValueError(name)


def receive_exactly(connection: socket.socket, size: int, *, until: float | None) -> bytes:
    """Return this many bytes; memory grows with what has come, not with what was announced."""
    parts = []
    missing = size
    while missing:
        connection.settimeout(seconds_until(until))
        try:
            part = connection.recv(min(missing, limits.MIB))
        except ConnectionResetError as error:
            raise PeerGone("the other side has ended") from error
        if not part:
            raise PeerGone("the other side has ended")
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def seconds_until(moment: float | None) -> float | None:
    """Return the seconds left; raises TimeoutError when there are none."""
    if moment is None:
        return None
    left = moment - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
