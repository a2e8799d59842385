"""Files that a person has found malicious, and where they stand among what is offered.
The list is written by people only; acting on it is the flows'."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection

from governance.takedowns.automatic import HARMFUL
from governance.takedowns.errors import DigestUnreadable, KnownFileUnknown
from governance.takedowns.models import KnownFile, Takedown
from governance.takedowns.scope import DIGEST
from plugins.models import ArtifactFile

# What a person released stands: the same file does not contain the same plugin twice by itself.
FOUND_SQL = """
SELECT DISTINCT version.plugin_id, file.sha256
  FROM takedowns_knownfile AS known
  JOIN plugins_artifactfile AS file ON file.sha256 = known.sha256
  JOIN plugins_version AS version ON version.artifact_id = file.artifact_id
 WHERE known.withdrawn_at IS NULL AND version.status IN ('published', 'yanked')
   AND NOT EXISTS (SELECT 1 FROM takedowns_takedown AS earlier
                    WHERE earlier.plugin_id = version.plugin_id
                      AND earlier.automatic_cause = 'known_file:' || file.sha256)
 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A known file inside what a plugin offers."""

    plugin_id: int
    sha256: str

    @property
    def cause(self) -> str:
        """How takedowns, deadlines and the ledger name it."""
        return f"known_file:{self.sha256}"


def list_file(sha256: str, *, reason: str, actor: User, now: datetime, takedown: Takedown | None = None) -> KnownFile:
    """Put a file on the list; one that is there stays as it was. Raises DigestUnreadable."""
    if not DIGEST.fullmatch(sha256):
        raise DigestUnreadable(f"{sha256[:80]!r} is not a SHA-256 in lower-case hex")
    known, _ = KnownFile.objects.get_or_create(
        sha256=sha256,
        defaults={"reason": reason.strip(), "listed_by": actor, "listed_at": now, "takedown": takedown},
    )
    return known


def list_files_of(takedown: Takedown, *, grounds: str, actor: User, reason: str, now: datetime) -> int:
    """List the files a removal was about, when it was for harm; returns how many."""
    if grounds not in HARMFUL:
        return 0
    for sha256 in takedown.file_sha256:
        list_file(sha256, reason=reason, actor=actor, takedown=takedown, now=now)
    return len(takedown.file_sha256)


def withdraw_file(sha256: str, *, now: datetime) -> None:
    """Take a file off the list; raises KnownFileUnknown."""
    if not KnownFile.objects.filter(pk=sha256, withdrawn_at=None).update(withdrawn_at=now):
        raise KnownFileUnknown("this file is not on the list")


def find_offered() -> list[FoundFile]:
    """Known files in offered versions that the machine has not acted on before."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND_SQL)
        return [FoundFile(*row) for row in cursor.fetchall()]


def known_file_in(artifact_sha256: str) -> str:
    """The first known file an artifact holds, as far as its scan has listed it; empty when none."""
    known = KnownFile.objects.filter(withdrawn_at=None).values("sha256")
    held = ArtifactFile.objects.filter(artifact_id=artifact_sha256, sha256__in=known).order_by("sha256")
    return held.values_list("sha256", flat=True).first() or ""
