"""Delivers a runtime's statements, oldest first, because an order is only known for an installation reported before.
What the platform cannot take now waits; what it will never take is set aside and shown, not sent for ever."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .canonical import parse_json
from .errors import CanonicalError, PlatformError
from .state import REFUSED_KEPT, Outgoing, Refused, StateFile
from .statements import INSTALLATIONS, PRESENCES
from .transport import Answer, Transport

RUNTIME_PATH = "/api/v1/runtime/"
MAX_ANSWER_BYTES = 64 * 1024
REPLAYED = "acknowledgement_replayed"  # it arrived before, and only the answer was lost
LATER = frozenset({408, 425, 429})  # refusals that time cures


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round did.

    `denied` are reports of installations the platform does not allow, so that a poll is due at once;
    `waiting` statements stay in the outbox because the platform could not take them now.
    """

    delivered: int
    denied: tuple[Outgoing, ...]
    refused: tuple[Refused, ...]
    waiting: int


def deliver_waiting(file: StateFile, *, transport: Transport) -> Delivery:
    """Send what waits in the outbox, each statement taken out only after its answer."""
    delivered = 0
    denied: list[Outgoing] = []
    refused: list[Refused] = []
    while file.state.outbox:
        outgoing = file.state.outbox[0]
        answer = _send(outgoing, transport=transport)
        if answer is None:
            break
        values = read_answer(answer)
        if answer.status < 300 or values.get("code") == REPLAYED:
            delivered += 1
            if outgoing.path == INSTALLATIONS and values.get("is_allowed") is not True:
                denied.append(outgoing)
            file.commit(replace(file.state, outbox=file.state.outbox[1:]))
        else:
            refused.append(_set_aside(file, outgoing, code=read_code(answer)))
    return Delivery(delivered, tuple(denied), tuple(refused), waiting=len(file.state.outbox))


def say_present(statement: Mapping[str, str], *, transport: Transport) -> bool:
    """Send a presence; whether the platform took it. What did not arrive is said anew later, never repeated."""
    try:
        answer = transport.post(RUNTIME_PATH + PRESENCES, value=statement, max_bytes=MAX_ANSWER_BYTES)
    except PlatformError:
        return False
    return answer.status < 300


def read_answer(answer: Answer) -> dict[str, Any]:
    """Return the object in an answer; an empty one when it holds none."""
    try:
        values = parse_json(answer.body, max_bytes=MAX_ANSWER_BYTES)
    except CanonicalError:
        return {}
    return values if isinstance(values, dict) else {}


def read_code(answer: Answer) -> str:
    """Return the stable code of a refusal (RFC 9457 problem details), or its status."""
    code = read_answer(answer).get("code")
    return code if isinstance(code, str) else f"status_{answer.status}"


def _send(outgoing: Outgoing, *, transport: Transport) -> Answer | None:
    """The platform's final answer, or None when the same statement may do better later."""
    try:
        answer = transport.post(RUNTIME_PATH + outgoing.path, value=outgoing.statement, max_bytes=MAX_ANSWER_BYTES)
    except PlatformError:
        return None
    is_final = 200 <= answer.status < 500 and answer.status not in LATER
    return answer if is_final else None


def _set_aside(file: StateFile, outgoing: Outgoing, *, code: str) -> Refused:
    refused = Refused(path=outgoing.path, code=code, statement=outgoing.statement)
    kept = (*file.state.refused, refused)[-REFUSED_KEPT:]
    file.commit(replace(file.state, outbox=file.state.outbox[1:], refused=kept))
    return refused
