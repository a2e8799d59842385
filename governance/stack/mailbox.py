"""A real SMTP server that keeps what it is sent, one file a message, where no mail server was given.

Decides nothing about a message and never sends one on."""

import argparse
import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """An aiosmtpd handler; a message is accepted only once its file is complete and on disk."""

    def __init__(self, directory: Path, *, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock
        self._sequence = 0

    # aiosmtpd looks for this name and passes all three.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one message; the answer is SMTP's (RFC 5321 section 4.2)."""
        self._sequence += 1
        name = f"{self._clock():%Y%m%dT%H%M%S.%fZ}-{self._sequence:06d}.eml"
        write_message(self._directory / name, envelope)
        return "250 2.0.0 kept"


def write_message(path: Path, envelope: Envelope) -> None:
    """Write the message, headed by whom it was really sent to; a reader never sees half of it."""
    content = envelope.content or b""
    recipients = "".join(f"X-Envelope-To: {address}\r\n" for address in envelope.rcpt_tos)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        file.write(recipients.encode() + (content if isinstance(content, bytes) else content.encode()))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


async def serve(host: str, *, port: int, directory: Path, clock: Callable[[], datetime]) -> None:
    """Take messages into `directory` until this process is told to end."""
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(directory, clock=clock)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    server = await loop.create_server(lambda: SMTP(mailbox, enable_SMTPUTF8=True), host, port)
    async with server:
        print("ready", flush=True)
        await ended.wait()


def main() -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m governance.stack.mailbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    chosen = parser.parse_args()
    chosen.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(serve(chosen.host, port=chosen.port, directory=chosen.directory, clock=lambda: datetime.now(tz=UTC)))


if __name__ == "__main__":
    main()
