"""What one containment is to do, as it is ordered by a person or, within the playbook, by the machine. No database."""

import uuid
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """Which versions of a plugin, since when people are affected, why, and which reports that answers.

    Digests narrow the range to those bytes. `automatic_cause` is the machine's own, and empty for a person.
    """

    plugin_id: int
    versions: str
    grounds: str
    statement: str
    exposed_since: datetime
    artifact_sha256: tuple[str, ...] = ()
    file_sha256: tuple[str, ...] = ()
    report_ids: tuple[uuid.UUID, ...] = ()
    automatic_cause: str = ""
    publisher_takedown: uuid.UUID | None = None

    @property
    def is_from_notice(self) -> bool:
        """Whether reports brought it about, answered by it or not."""
        return bool(self.report_ids) or self.automatic_cause.startswith("report:")
