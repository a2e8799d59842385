"""What holds a hostile reader on this machine, found by trying it in a child that is confined like any other.

Says only what it saw. A probe that got through is told, whatever the layers claim.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scanners import warm
from scanners.sandbox_layers import Layer
from scanners.sandbox_probes import PROBES
from scanners.sandbox_scratch import make_scratch
from scanners.warm_order import AnswerState

SECONDS: Final = 20.0  # all probes together; they take a fraction of one


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing tried from inside: its name, whether it was blocked, and the kernel's words for it."""

    name: str
    is_blocked: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """The layers in force or not, each with its version or the reason, and what the probes met.

    `refusal` says why hostile input is not read here at all; empty where it is.
    """

    layers: tuple[Layer, ...]
    probes: tuple[Probe, ...]
    refusal: str = ""

    @property
    def in_force(self) -> tuple[str, ...]:
        """The labels of the layers in force, as a report records them."""
        return tuple(layer.label for layer in self.layers if layer.is_in_force)

    @property
    def blocked(self) -> int:
        """How many probes were blocked."""
        return sum(probe.is_blocked for probe in self.probes)


def sandbox_status(through: warm.Warm | None = None) -> SandboxStatus:
    """Try every probe in a confined child of this process's warm process, or of another one."""
    with make_scratch(prefix="probe-") as scratch, make_places() as places:
        ask = through.call if through is not None else warm.call
        answer = ask("probe", places, scratch=scratch, seconds=SECONDS)
    layers = tuple(Layer(name=name, is_in_force=held, detail=detail) for name, held, detail in answer.details)
    if answer.state is not AnswerState.OK or answer.value is None:
        return SandboxStatus(layers=layers, probes=(), refusal=answer.detail or "the probes did not end")
    probes = tuple(
        Probe(name=name, is_blocked=bool(answer.value.get(name)), detail=str(answer.value.get(name, "")))
        for name in PROBES
    )
    return SandboxStatus(layers=layers, probes=probes)


@contextmanager
def make_places() -> Iterator[dict[str, Any]]:
    """Give the probes something real to reach: without it every one of them would seem to be blocked."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="open-")))
        folder.chmod(0o777)
        secret = folder / "secret"
        secret.write_text("a world-readable secret", encoding="ascii")
        secret.chmod(0o644)
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = opened.enter_context(socket.socket(socket.AF_UNIX))
        name = f"nexus-probe-{os.getpid()}-{id(abstract)}"
        abstract.bind("\0" + name)
        abstract.listen()
        yield {
            "secret": str(secret),
            "open_folder": str(folder),
            "port": listener.getsockname()[1],
            "abstract": name,
            "process": os.getpid(),
        }
