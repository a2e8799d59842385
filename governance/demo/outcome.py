"""What the story proved, as plain facts. Counts are of installations, people and versions; durations in seconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class VersionCounts:
    """How many versions ended in which status, and what became of the attacker's."""

    versions: Mapping[str, int]
    real_submitted: int
    malicious_submitted: int
    malicious_published: int


@dataclass(frozen=True, slots=True)
class Emergency:
    """A takedown that was carried out."""

    takedown: str
    bots_ordered: int
    bots_confirmed: int
    notices_queued: int
    notices_delivered: int
    durations: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Proof:
    """A bundle on disk, the verifier's words about it, and its words about a copy with one bit flipped."""

    bundle: str
    verdict: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole story; memory in megabytes of 10^6 bytes, idle after all the work and right after the start."""

    counts: VersionCounts
    emergency: Emergency
    proof: Proof
    bots_switched_on: int
    publishers: Mapping[str, str]
    ledger: str
    memory_mb: float
    memory_started_mb: float
    database: str
    artefacts: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The facts as one flat JSON object."""
        return {
            **asdict(self.counts),
            **asdict(self.emergency),
            "bots_switched_on": self.bots_switched_on,
            "proof_verified": bool(self.proof.verdict),
            "tampering_refused": bool(self.proof.refusal),
            "publishers": dict(self.publishers),
            "ledger": self.ledger,
            "memory_mb": self.memory_mb,
            "memory_started_mb": self.memory_started_mb,
            "database": self.database,
            "artefacts": dict(self.artefacts),
        }
