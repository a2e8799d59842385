"""What a child said and how it ended, and what that makes of the call: ok only when both agree.

Values only. The child's words are hostile until the kernel's report of its end stands beside them.
"""

import os
import signal
from dataclasses import dataclass, replace
from typing import Self

from scanners import limits
from scanners.warm_messages import Message, MessageInvalid
from scanners.warm_order import Answer, AnswerState, Order


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything heard about one child; `broken` says what was wrong with its words."""

    layers: tuple[str, ...] | None = None
    details: tuple[tuple[str, bool, str], ...] = ()
    value: Message | None = None
    refused: str = ""
    failed: str = ""
    broken: str = ""
    is_timed_out: bool = False
    ended: Message | None = None

    def add(self, message: Message) -> Self:
        """Return the transcript with one more message; raises MessageInvalid for one that may not come now."""
        if self.value is not None or self.failed or self.refused:
            raise MessageInvalid("more words after the answer")
        match message:
            case {"layers": [*names], "details": [*details]} if self.layers is None and all_text(names):
                return replace(self, layers=tuple(names), details=tuple(map(read_detail, details)))
            case {"value": dict() as value} if self.layers is not None:
                return replace(self, value=value)
            case {"failed": str() as failed}:
                return replace(self, failed=failed or "failed")
            case {"refused": str() as refused} if self.layers is None:
                return replace(self, refused=refused)
        raise MessageInvalid("a message of no known kind")


def all_text(names: list[object]) -> bool:
    """Whether every name is text."""
    return all(isinstance(name, str) for name in names)


def read_detail(fields: object) -> tuple[str, bool, str]:
    """Return what is said about one layer; raises MessageInvalid."""
    match fields:
        case [str() as name, bool() as is_in_force, str() as detail]:
            return name, is_in_force, detail
    raise MessageInvalid("a layer of no known form")


def judge(transcript: Transcript, *, order: Order, seconds: float) -> Answer:
    """Return the answer that words and end together make."""
    ended = transcript.ended or {}
    status: int | None = ended.get("ended")
    cpu_seconds: float = ended.get("cpu_seconds", 0.0)
    answer = Answer(
        AnswerState.CRASHED,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_memory_bytes=ended.get("peak_memory_bytes", 0),
        layers=transcript.layers or (),
        details=transcript.details,
        status=status,
    )
    if transcript.refused:
        return replace(answer, state=AnswerState.REFUSED, detail=transcript.refused)
    if transcript.broken:
        return replace(answer, detail=transcript.broken)
    if transcript.is_timed_out or ended.get("is_timed_out"):
        return replace(answer, state=AnswerState.TIMED_OUT, detail=f"no answer within {order.seconds:.1f} s")
    if status is None:
        return replace(answer, detail="the warm process ended")
    if is_out_of_cpu(status, cpu_seconds=cpu_seconds, order=order):
        return replace(answer, state=AnswerState.TIMED_OUT, detail=f"used up {order.cpu_seconds} s of CPU")
    if transcript.failed:
        return replace(answer, detail=transcript.failed)
    if not order.function:
        return replace(answer, state=AnswerState.OK) if transcript.layers else replace(answer, detail="did not start")
    if transcript.value is None or status != 0:
        return replace(answer, detail=describe_end(status))
    return replace(answer, state=AnswerState.OK, value=transcript.value)


def is_out_of_cpu(status: int, *, cpu_seconds: float, order: Order) -> bool:
    """Whether the kernel ended the child by its CPU limit."""
    is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGKILL, signal.SIGXCPU}
    return is_killed and cpu_seconds >= order.cpu_seconds - 0.5


def describe_end(status: int) -> str:
    """Return in words how a process ended without an answer."""
    if os.WIFSIGNALED(status):
        return f"ended by signal {os.WTERMSIG(status)}"[: limits.SNIPPET_CHARACTERS]
    return f"ended with {os.waitstatus_to_exitcode(status)} and no answer"
