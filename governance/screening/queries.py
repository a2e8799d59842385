"""Reads of the evidence: the latest scan of a version, what waits for a scan, what is due for another."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from governance.playbook import playbook
from governance.screening.models import Finding, Scan
from plugins.models import Version
from scanners.report import Severity

WAITING_BATCH = 50  # woken again at each sweep until scanned; a wake-up too many finds its version claimed


def latest_scan(version_id: int) -> Scan | None:
    """The last complete scan of a version."""
    return Scan.objects.filter(version_id=version_id, state=Scan.State.COMPLETE).order_by("-finished_at").first()


def findings_of(scan_id: int) -> QuerySet[Finding]:
    """A scan's findings, the gravest first."""
    ranks = [When(severity=severity, then=Value(rank)) for rank, severity in enumerate(reversed(Severity))]
    rank = Case(*ranks, default=Value(-1), output_field=IntegerField())
    return Finding.objects.filter(scan_id=scan_id).order_by(rank, "path", "line", "pk")


def known_findings(version_id: int) -> frozenset[tuple[str, str, str]]:
    """What earlier complete scans of a version have found already, as (engine, rule, path)."""
    rows = Finding.objects.filter(scan__version_id=version_id, scan__state=Scan.State.COMPLETE)
    return frozenset(rows.values_list("engine", "rule_id", "path").distinct())


def observed_capabilities(version_ids: Collection[int]) -> dict[str, tuple[str, ...]] | None:
    """What the last complete scan of each version saw it do, by name with details; None when there is none."""
    scans = [scan for scan in map(latest_scan, version_ids) if scan is not None and scan.report is not None]
    found: dict[str, dict[str, None]] = {}
    for scan in scans:
        for capability in (scan.report or {}).get("capabilities", ()):
            found.setdefault(capability["name"], {}).update(dict.fromkeys(capability["details"]))
    return {name: tuple(details) for name, details in sorted(found.items())} if scans else None


def find_waiting(*, now: datetime) -> list[int]:
    """Versions whose wake-up was lost, or whose scan was cut off, the oldest first: the rows are the queue."""
    settle = timedelta(seconds=playbook().marketplace.sweeps.submissions_every_seconds)
    live = Scan.objects.filter(version=OuterRef("pk"), state=Scan.State.RUNNING, lease_until__gt=now)
    waiting = Q(status=Version.Status.SUBMITTED, status_changed_at__lte=now - settle) | Q(
        status=Version.Status.SCANNING
    )
    return list(
        Version.objects.filter(waiting)
        .exclude(Exists(live))
        .order_by("submitted_at")
        .values_list("pk", flat=True)[:WAITING_BATCH]
    )


def due_for_rescan(*, before: datetime, limit: int, now: datetime) -> list[int]:
    """Published versions with no complete scan since `before` and none running."""
    live = Scan.objects.filter(version=OuterRef("pk"), state=Scan.State.RUNNING, lease_until__gt=now)
    due = unscanned_since(before).exclude(Exists(live)).order_by("submitted_at")
    return list(due.values_list("pk", flat=True)[:limit])


def unscanned_since(moment: datetime) -> QuerySet[Version]:
    """Published versions with no complete scan since then; a scan that is still running has read nothing yet."""
    recent = Scan.objects.filter(version=OuterRef("pk"), state=Scan.State.COMPLETE, finished_at__gte=moment)
    return Version.objects.filter(status=Version.Status.PUBLISHED).exclude(Exists(recent))
