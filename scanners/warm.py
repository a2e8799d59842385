"""The owner's side of the warm process: calls a registered function, or runs a tool, in a confined child of it.

Thread-safe. Starts the warm process when it is needed and again when it has gone. Never believes what a child says.
"""

import atexit
import contextlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from scanners import limits
from scanners.errors import ToolFailed
from scanners.warm_messages import Message, MessageInvalid, PeerGone, receive_message, send_message
from scanners.warm_order import Answer, AnswerState, Order
from scanners.warm_owner import Owner
from scanners.warm_reading import Transcript, judge

OnAsk = Callable[[Message], Message]
# Registered name -> "module:function" taking (argument, ask) and returning plain JSON; imported by the warm process.
TARGETS: Final[Mapping[str, str]] = {
    "look": "scanners.look:look_at",
    "probe": "scanners.sandbox_probes:run_probes",
}
# "module:function" called once before the first fork, to compile and load what every child would otherwise pay for.
WARM_UPS: Final[Sequence[str]] = ("scanners.look:warm_up",)


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool as it is started: the program by its path, its words, its whole environment, where its output goes."""

    executable: Path
    argv: Sequence[str]
    environment: Mapping[str, str]
    output: int
    complaints: int


class Warm:
    """One warm process and the way to it; the process that made this object is its only owner."""

    def __init__(
        self,
        *,
        targets: Mapping[str, str] = TARGETS,
        warm_ups: Sequence[str] = WARM_UPS,
        idle_seconds: float = limits.WARM_IDLE_SECONDS,
    ) -> None:
        self.owner = Owner(targets=targets, warm_ups=warm_ups, idle_seconds=idle_seconds)

    def call(
        self,
        name: str,
        argument: Message,
        *,
        scratch: Path,
        seconds: float,
        files: Mapping[str, Path] | None = None,
        folders_read: Sequence[Path] = (),
        memory_bytes: int = limits.LOOK_MEMORY_BYTES,
        on_ask: OnAsk | None = None,
    ) -> Answer:
        """Call a registered function with JSON and return its JSON, or how it failed, within about `seconds`.

        The child works in `scratch`, which becomes its own ("." to it), reads below `folders_read`, and finds each of
        `files` opened: its descriptor stands in the argument under the same key. `on_ask` answers what the child asks
        and may be called from this thread only. Raises OSError when a file cannot be opened.
        """
        if name not in self.owner.targets:
            raise ToolFailed(f"no function is registered as {name}")
        named = dict(files or {})
        order = Order(
            function=name,
            scratch=scratch.absolute(),
            folder=scratch.absolute(),
            seconds=max(seconds, 0.0),
            cpu_seconds=int(seconds) + 2,
            memory_bytes=memory_bytes,
            reads=tuple(path.absolute() for path in folders_read),
            keys=tuple(named),
        )
        with contextlib.ExitStack() as opened:
            descriptors = [opened.enter_context(path.open("rb")).fileno() for path in named.values()]
            return self.carry_out(order, argument=argument, descriptors=descriptors, on_ask=on_ask)

    def run(
        self,
        tool: ToolStart,
        *,
        scratch: Path,
        folder: Path,
        seconds: float,
        reads: Sequence[Path] = (),
        needs: Sequence[Path] = (),
    ) -> Answer:
        """Run a tool in `folder` with `scratch` as its own, `reads` to read, `needs` to be made of besides its own.

        The state is ok when the tool ended by itself, whatever its exit code; `status` has it.
        """
        order = Order(
            function="",
            scratch=scratch.absolute(),
            folder=folder.absolute(),
            seconds=max(seconds, 0.0),
            cpu_seconds=limits.TOOL_CPU_SECONDS,
            memory_bytes=limits.TOOL_MEMORY_BYTES,
            reads=tuple(path.absolute() for path in reads),
            needs=tuple(needs),
        )
        argument = {
            "executable": str(tool.executable),
            "argv": list(tool.argv),
            "environment": dict(tool.environment),
        }
        return self.carry_out(order, argument=argument, descriptors=[tool.output, tool.complaints], on_ask=None)

    def carry_out(self, order: Order, *, argument: Message, descriptors: Sequence[int], on_ask: OnAsk | None) -> Answer:
        """Send the order and read what comes back; asks again when the warm process ended before it had taken it."""
        started = time.monotonic()
        for _ in range(limits.WARM_ATTEMPTS):
            with self.owner.sockets(2) as (near_connection, far_connection, near_report, far_report):
                until = time.monotonic() + order.seconds + limits.WARM_GRACE_SECONDS
                try:
                    self.owner.send_order(order, descriptors=[far_connection, far_report, *descriptors])
                    far_connection.close()
                    far_report.close()
                    receive_message(near_report, until=until, cap=limits.WARM_REPORT_BYTES)
                except PeerGone:
                    continue
                except (MessageInvalid, TimeoutError) as error:
                    return Answer(AnswerState.CRASHED, detail=f"the warm process did not answer: {error}")
                transcript = listen(near_connection, argument=argument, until=until, on_ask=on_ask)
                transcript = replace(transcript, ended=read_end(near_report, until=until))
            return judge(transcript, order=order, seconds=time.monotonic() - started)
        return Answer(AnswerState.CRASHED, detail="the warm process took no order", seconds=time.monotonic() - started)

    def close(self) -> None:
        """End the warm process and everything it runs."""
        self.owner.close()


def listen(connection: socket.socket, *, argument: Message, until: float, on_ask: OnAsk | None) -> Transcript:
    """Return what the child said until it answered, failed, lied, fell silent or ended."""
    transcript = Transcript()
    try:
        send_message(connection, argument, until=until)
        for _ in range(limits.WARM_QUESTIONS + 2):
            message = receive_message(connection, until=until)
            if "ask" not in message:
                transcript = transcript.add(message)
                continue
            if on_ask is None or not isinstance(message["ask"], dict):
                raise MessageInvalid("a question nobody answers")
            send_message(connection, {"reply": on_ask(message["ask"])}, until=until)
        raise MessageInvalid("too many messages")
    except PeerGone:
        return transcript
    except TimeoutError:
        return replace(transcript, is_timed_out=True)
    except MessageInvalid as invalid:
        # What it says is worth nothing any more, so it need not go on working.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        return replace(transcript, broken=invalid.detail)


def read_end(report: socket.socket, *, until: float) -> Message | None:
    """Return how the kernel says the child ended; None when the warm process is gone or silent."""
    try:
        return receive_message(report, until=until, cap=limits.WARM_REPORT_BYTES)
    except (PeerGone, MessageInvalid, TimeoutError):
        return None


_shared = Warm()


def call(name: str, argument: Message, *, scratch: Path, seconds: float, **options: Any) -> Answer:
    """Call a function of this process's own warm process; see Warm.call."""
    return _shared.call(name, argument, scratch=scratch, seconds=seconds, **options)


def run(tool: ToolStart, *, scratch: Path, folder: Path, seconds: float, **options: Any) -> Answer:
    """Run a tool by this process's own warm process; see Warm.run."""
    return _shared.run(tool, scratch=scratch, folder=folder, seconds=seconds, **options)


def close() -> None:
    """End this process's own warm process; the next call starts another."""
    _shared.close()


atexit.register(close)
