"""What a runtime says under its own name: what it installed, removed or switched, and that it is there.
Each statement carries a nonce made once, so that sending it again is noticed as the same one."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .moments import format_moment
from .signing import SigningKey, sign_statement
from .state import Installed, Outgoing, SwitchedOff

INSTALLATION_KIND = "nexus.installation/1"
ACKNOWLEDGEMENT_KIND = "nexus.acknowledgement/1"
PRESENCE_KIND = "nexus.presence/1"
INSTALLATIONS = "installations"
ACKNOWLEDGEMENTS = "acknowledgements"
PRESENCES = "presences"


@dataclass(frozen=True, slots=True)
class Voice:
    """A bot's own voice: its id, its key, and its clock."""

    bot: str
    key: SigningKey
    clock: Callable[[], datetime]

    def report(self, installed: Installed, *, action: Literal["installed", "uninstalled"]) -> Outgoing:
        """Say that a version came or went."""
        payload = {
            "kind": INSTALLATION_KIND,
            "bot": self.bot,
            "publisher": installed.publisher,
            "plugin": installed.plugin,
            "version": installed.version,
            "artifact_sha256": installed.artifact_sha256,
            "action": action,
            "at": format_moment(self.clock()),
            "nonce": secrets.token_hex(16),
        }
        return Outgoing(INSTALLATIONS, sign_statement(payload, key=self.key))

    def be_present(self, *, sequence: int) -> Mapping[str, str]:
        """Say that the bot runs and which number of the feed it has; not kept, since only the newest one counts."""
        payload = {
            "kind": PRESENCE_KIND,
            "bot": self.bot,
            "sequence": sequence,
            "at": format_moment(self.clock()),
            "nonce": secrets.token_hex(16),
        }
        return sign_statement(payload, key=self.key)

    def acknowledge(
        self, obeyed: SwitchedOff, *, sequence: int, action: Literal["switched_off", "switched_on"]
    ) -> Outgoing:
        """Say that a block was obeyed, or that its end was; `sequence` is the number of the feed acted on."""
        payload = {
            "kind": ACKNOWLEDGEMENT_KIND,
            "bot": self.bot,
            "block": obeyed.block,
            "takedown": obeyed.takedown,
            "sequence": sequence,
            "plugin": obeyed.plugin,
            "publisher": obeyed.publisher,
            "version": obeyed.version,
            "action": action,
            "at": format_moment(self.clock()),
            "nonce": secrets.token_hex(16),
        }
        return Outgoing(ACKNOWLEDGEMENTS, sign_statement(payload, key=self.key))
