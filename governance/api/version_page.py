"""One version as its publisher sees it: status, reason, findings, the review's deadline, the decision.
Never shows a private note, who reviewed it, or the snippet a finding was made from."""

from collections.abc import Mapping
from typing import Any

from governance.api.schemas import DecisionOut, EngineOut, FindingOut, MoveOut, ReviewOut, VersionOut
from governance.reviews.models import Decision
from governance.reviews.queries import latest_decision, open_review_of
from governance.screening.models import Scan
from governance.screening.queries import findings_of, latest_scan
from plugins.models import Version, VersionMove

SCAN_EVENTS = frozenset({"published", "sent_to_review", "held", "held_by_rescan"})
DECISION_EVENTS = frozenset({"approved", "rejected", "held"})
MACHINE = "machine"
SENTENCES: Mapping[str, str] = {
    Version.Status.SUBMITTED: "It waits for its scan.",
    Version.Status.SCANNING: "It is being scanned.",
    Version.Status.IN_REVIEW: "A person reviews it.",
    Version.Status.HELD: "It is held until a person has looked at it.",
    Version.Status.PUBLISHED: "It is published.",
    Version.Status.REJECTED: "It was rejected.",
    Version.Status.WITHDRAWN: "Its publisher withdrew it.",
    Version.Status.YANKED: "Its publisher stopped offering it.",
    Version.Status.QUARANTINED: "A takedown holds it; your notice says why and how to appeal.",
    Version.Status.REMOVED: "A takedown removed it; your notice says why and how to appeal.",
}


def describe_version(version: Version) -> VersionOut:
    """Gather everything its publisher may know about a version."""
    scan, decision = latest_scan(version.pk), latest_decision(version.pk)
    moves = list(version.moves.order_by("at", "pk"))
    return VersionOut(
        publisher=version.plugin.publisher.slug,
        plugin=version.plugin.name,
        version=version.number,
        status=version.status,
        status_changed_at=version.status_changed_at,
        reason=_reason(version.status, last_move=moves[-1], scan=scan, decision=decision),
        verdict=scan.verdict if scan else None,
        findings=_findings(scan),
        engines=_engines(scan),
        review=_review(version.pk),
        decision=DecisionOut.model_validate(decision) if decision else None,
        moves=[MoveOut.model_validate(move) for move in moves],
    )


def _reason(status: str, *, last_move: VersionMove, scan: Scan | None, decision: Decision | None) -> str:
    """Why it is where it is, in one sentence: the machine's reason, a person's statement, or what the status means."""
    by_machine = last_move.actor == MACHINE
    if scan and by_machine and last_move.event in SCAN_EVENTS:
        return scan.route_reason
    if decision and not by_machine and last_move.event in DECISION_EVENTS:
        return decision.statement
    return SENTENCES[status]


def _findings(scan: Scan | None) -> list[FindingOut]:
    return [FindingOut.model_validate(row) for row in findings_of(scan.pk)] if scan else []


def _engines(scan: Scan | None) -> list[EngineOut]:
    report: Mapping[str, Any] = (scan.report or {}) if scan else {}
    return [
        EngineOut(name=run["name"], version=run["version"], state=run["state"]) for run in report.get("engines", [])
    ]


def _review(version_id: int) -> ReviewOut | None:
    review = open_review_of(version_id)
    return ReviewOut.model_validate(review) if review else None
