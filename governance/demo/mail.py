"""The mailbox of everybody in the story: what a real SMTP server has accepted, as files of one folder.

Reads only; a message counts once its file is complete."""

import email
import email.policy
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.demo.errors import TooSlow

POLL_SECONDS = 0.2
SECRET = re.compile(r"^Secret: (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One accepted message; `recipient` is whom the SMTP envelope named."""

    file: Path
    recipient: str
    subject: str
    body: str
    message_id: str


class Mailbox:
    """A folder of messages, each parsed once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Letter] = {}

    def letters(self) -> list[Letter]:
        """Every message so far, the oldest first."""
        for file in sorted(self.folder.glob("*.eml")):
            if file.name not in self._read:
                self._read[file.name] = _read_letter(file)
        return list(self._read.values())

    def wait_for(self, wanted: Callable[[Letter], bool], *, what: str, seconds: float) -> Letter:
        """The first message that is wanted; raises TooSlow."""
        deadline = time.monotonic() + seconds
        while True:
            for letter in self.letters():
                if wanted(letter):
                    return letter
            if time.monotonic() > deadline:
                raise TooSlow(f"{what} did not arrive within {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def wait_for_secret(self, address: str, *, seconds: float) -> str:
        """The confirmation secret that was mailed to an address; raises TooSlow."""
        letter = self.wait_for(
            lambda letter: letter.recipient == address and SECRET.search(letter.body) is not None,
            what=f"the confirmation for {address}",
            seconds=seconds,
        )
        found = SECRET.search(letter.body)
        return found.group(1) if found else ""


def _read_letter(file: Path) -> Letter:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    part = message.get_body(("plain",))
    return Letter(
        file=file,
        recipient=str(message["X-Envelope-To"]),
        subject=str(message["Subject"]),
        body=str(part.get_content()).replace("\r\n", "\n") if part is not None else "",
        message_id=str(message["Message-ID"]),
    )
