"""The one id that runs from upload to verdict to notice, carried by rows and bound to each log line."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def current_request_id() -> str:
    """The id bound to this request or task, or an empty string outside of both."""
    return _current.get()


def accept_request_id(candidate: str | None) -> str:
    """Return the caller's id when it is 8 to 64 plain characters, else a new one."""
    if candidate and _ACCEPTED.fullmatch(candidate):
        return candidate
    return uuid.uuid4().hex


@contextmanager
def bind_request_id(request_id: str) -> Iterator[None]:
    """Carry `request_id` in this context and in every log line written inside it."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
