"""One review's case: everything a person needs for the decision, gathered for one page.
Reads only, and every text of a stranger passes through show_text; judging is the reader's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from governance.admin.code_lines import CodeLine, colour_code
from governance.admin.moments import TimeLeft, time_left
from governance.admin.queue import claimant
from governance.admin.visible_text import show_text
from governance.obligations.models import Obligation
from governance.obligations.queries import of_subject
from governance.reviews.grounds import GROUNDS
from governance.reviews.models import Decision, Review
from governance.reviews.queries import REVIEW_OBLIGATION, subject_of
from governance.screening.models import Finding, Scan
from governance.screening.queries import findings_of, latest_scan
from governance.verification.level import Level
from governance.verification.queries import publisher_level
from plugins.errors import ManifestRefused
from plugins.manifest import Manifest, build_manifest
from plugins.models import Installation, Version, VersionMove
from scanners.report import Capability, EngineRun, ScanReport

FINDINGS_PER_PAGE = 50
DECISIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FindingCard:
    """One finding with its code; `place` is path and line."""

    id: int
    rule_id: str
    engine: str
    severity: str
    confidence: str
    technique: str
    place: str
    title: str
    why: str
    fix: str
    lines: tuple[CodeLine, ...]
    trace: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the last complete scan says; `report` is None when the scan itself failed."""

    verdict: str
    finished_at: datetime | None
    reason: str
    ruleset_digest: str
    score: int | None
    explanation: tuple[str, ...]
    engines: tuple[EngineRun, ...]
    errors: tuple[str, ...]
    files: int
    capabilities: tuple[Capability, ...]
    sandbox: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PermissionLine:
    """A permission; `change` is added, kept or dropped against an earlier version, or declared without one."""

    name: str
    change: str


@dataclass(frozen=True, slots=True)
class PastDecision:
    """An earlier decision about any version of the plugin."""

    number: str
    outcome: str
    grounds: str
    statement: str
    private_note: str
    actor: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """The publisher so far: level, and what became of its versions; and who runs this plugin now."""

    level: Level
    published: int
    rejected: int
    taken_down: int
    bots: int
    tenants: int


@dataclass(frozen=True, slots=True)
class Case:
    """The whole page."""

    review: Review
    title: str
    description: str
    detail: str
    due_at: datetime | None
    left: TimeLeft
    claimed_by: str
    record: TrackRecord
    evidence: Evidence | None
    findings: Page[Finding]
    cards: tuple[FindingCard, ...]
    permissions: tuple[PermissionLine, ...] | None
    compared_with: str
    decisions: tuple[PastDecision, ...]
    moves: tuple[VersionMove, ...]


def find_review(review_id: int) -> Review | None:
    """A review with all that its page names, or None."""
    return (
        Review.objects.select_related("version__plugin__publisher", "version__artifact", "claimed_by")
        .filter(pk=review_id)
        .first()
    )


def build_case(review: Review, *, findings_page: str | int, now: datetime) -> Case:
    """Gather one review's case; an impossible page of findings becomes the nearest one."""
    version = review.version
    scan = latest_scan(version.pk)
    findings = Paginator(shown_findings(scan), FINDINGS_PER_PAGE).get_page(findings_page)
    due = of_subject(subject_of(review.pk)).filter(kind=REVIEW_OBLIGATION).first()
    manifest, earlier = read_manifest(version), _published_before(version)
    compared = read_manifest(earlier) if earlier else None
    return Case(
        review=review,
        title=show_text(version.plugin.title),
        description=show_text(manifest.description) if manifest else "",
        detail=show_text(review.cause_detail),
        due_at=due.due_at if due else None,
        left=_left(due, now=now),
        claimed_by=claimant(review, now=now),
        record=_track_record(version, now=now),
        evidence=_evidence(scan),
        findings=findings,
        cards=tuple(_card(finding) for finding in findings),
        permissions=compare_permissions(manifest, earlier=compared) if manifest else None,
        compared_with=earlier.number if earlier and compared else "",
        decisions=_past_decisions(version),
        moves=tuple(version.moves.order_by("at")),
    )


def shown_findings(scan: Scan | None) -> QuerySet[Finding]:
    """A scan's findings, the gravest first; none without a scan."""
    return findings_of(scan.pk) if scan is not None else Finding.objects.none()


def read_manifest(version: Version) -> Manifest | None:
    """The manifest a version was submitted with; None when the stored one cannot be read."""
    try:
        return build_manifest(version.manifest)
    except ManifestRefused:
        return None


def compare_permissions(mine: Manifest, *, earlier: Manifest | None) -> tuple[PermissionLine, ...]:
    """What a manifest declares, line by line against an earlier one: what is new stands first."""
    names = mine.permission_set()
    if earlier is None:
        return tuple(PermissionLine(name, "declared") for name in sorted(names))
    known = earlier.permission_set()
    return (
        *(PermissionLine(name, "added") for name in sorted(names - known)),
        *(PermissionLine(name, "dropped") for name in sorted(known - names)),
        *(PermissionLine(name, "kept") for name in sorted(names & known)),
    )


def _left(due: Obligation | None, *, now: datetime) -> TimeLeft:
    if due is not None and due.met_at is not None:
        return TimeLeft("decided", "none")
    return time_left(due.due_at if due else None, now=now)


def _published_before(version: Version) -> Version | None:
    """The version this one is compared with: the newest earlier one that was ever let through."""
    was_published = VersionMove.objects.filter(version=OuterRef("pk"), to_status=Version.Status.PUBLISHED)
    earlier = Version.objects.filter(plugin=version.plugin, submitted_at__lt=version.submitted_at)
    return earlier.filter(Exists(was_published)).order_by("-submitted_at").first()


def _evidence(scan: Scan | None) -> Evidence | None:
    if scan is None:
        return None
    report = ScanReport.from_dict(scan.report) if scan.report is not None else None
    return Evidence(
        verdict=scan.verdict,
        finished_at=scan.finished_at,
        reason=show_text(scan.route_reason),
        ruleset_digest=scan.ruleset_digest,
        score=report.score if report else None,
        explanation=_shown(report.explanation if report else ()),
        engines=report.engines if report else (),
        errors=_shown(report.errors if report else ("The scan itself failed and left no report.",)),
        files=len(report.files) if report else 0,
        capabilities=tuple(map(_shown_capability, report.capabilities)) if report else (),
        sandbox=_shown(report.sandbox if report else ()),
    )


def _card(finding: Finding) -> FindingCard:
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    return FindingCard(
        id=finding.pk,
        rule_id=finding.rule_id,
        engine=finding.engine,
        severity=finding.severity,
        confidence=finding.confidence,
        technique=finding.technique.replace("_", " "),
        place=show_text(place),
        title=show_text(finding.title),
        why=show_text(finding.why),
        fix=show_text(finding.fix),
        lines=colour_code(finding.snippet, path=finding.path, first_line=finding.line),
        trace=_shown(finding.trace),
    )


def _shown_capability(capability: Capability) -> Capability:
    return Capability(
        name=capability.name.replace("_", " "),
        details=_shown(capability.details),
        places=_shown(capability.places),
        contexts=_shown(capability.contexts),
    )


def _past_decisions(version: Version) -> tuple[PastDecision, ...]:
    rows = Decision.objects.filter(version__plugin=version.plugin).select_related("version", "actor")
    return tuple(
        PastDecision(
            number=row.version.number,
            outcome=row.outcome,
            grounds=GROUNDS[row.grounds].title if row.grounds in GROUNDS else row.grounds,
            statement=row.statement,
            private_note=row.private_note,
            actor=row.actor.get_username(),
            decided_at=row.decided_at,
        )
        for row in rows.order_by("-decided_at")[:DECISIONS_SHOWN]
    )


def _track_record(version: Version, *, now: datetime) -> TrackRecord:
    publisher = version.plugin.publisher
    fates = Version.objects.filter(plugin__publisher=publisher).aggregate(
        published=Count("id", filter=Q(status=Version.Status.PUBLISHED)),
        rejected=Count("id", filter=Q(status=Version.Status.REJECTED)),
        taken_down=Count("id", filter=Q(status__in=[Version.Status.QUARANTINED, Version.Status.REMOVED])),
    )
    running = Installation.objects.filter(plugin=version.plugin, ended_at=None).aggregate(
        bots=Count("bot", distinct=True), tenants=Count("bot__tenant", distinct=True)
    )
    return TrackRecord(level=publisher_level(publisher.pk, now=now), **fates, **running)


def _shown(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(show_text(text) for text in texts)
