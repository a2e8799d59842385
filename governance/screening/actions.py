"""Keeps scans: claims one under a lease, records its report and findings, abandons what was cut off.
Never scans by itself and never moves a version."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from governance.playbook import playbook
from governance.screening.models import Finding, Scan
from governance.screening.routing import Routing
from scanners.report import ScanReport, Verdict


@dataclass(frozen=True, slots=True)
class ScanClaim:
    """The right to settle one scan, for as long as its lease runs."""

    scan_id: int
    lease_token: uuid.UUID
    attempt: int


def claim_scan(version_id: int, *, cause: str, request_id: str, now: datetime) -> ScanClaim | None:
    """Start a scan of a version unless one is running; a running one past its lease is abandoned first.

    The caller holds the version's row lock. Attempts count within the same cause since the last settled scan.
    """
    running = (
        Scan.objects.select_for_update(no_key=True).filter(version_id=version_id, state=Scan.State.RUNNING).first()
    )
    attempt = 1
    if running is not None:
        if running.lease_until > now:
            return None
        Scan.objects.filter(pk=running.pk).update(state=Scan.State.ABANDONED, finished_at=now)
        attempt = running.attempt + 1
    scan = Scan.objects.create(
        version_id=version_id,
        cause=cause,
        attempt=attempt,
        lease_token=uuid.uuid4(),
        lease_until=now + timedelta(seconds=playbook().marketplace.screening.lease_seconds),
        started_at=now,
        request_id=request_id,
    )
    return ScanClaim(scan.pk, scan.lease_token, attempt)


def record_report(
    claim: ScanClaim, *, report: ScanReport | None, routing: Routing, ruleset_digest: str, now: datetime
) -> bool:
    """Freeze what a scan found; False when its lease went to somebody else, and nothing is written.

    No report means the scan itself failed: the verdict is incomplete.
    """
    with transaction.atomic():
        mine = Scan.objects.filter(pk=claim.scan_id, lease_token=claim.lease_token, state=Scan.State.RUNNING)
        changed = mine.update(
            state=Scan.State.COMPLETE,
            finished_at=now,
            verdict=report.verdict if report else Verdict.INCOMPLETE,
            route=routing.route,
            route_reason=routing.reason,
            ruleset_digest=ruleset_digest,
            report=report.to_dict() if report else None,
        )
        if not changed:
            return False
        if report is not None:
            Finding.objects.bulk_create(_finding_rows(claim.scan_id, report), batch_size=500)
    return True


def _finding_rows(scan_id: int, report: ScanReport) -> list[Finding]:
    return [
        Finding(
            scan_id=scan_id,
            rule_id=finding.rule_id,
            engine=finding.engine,
            severity=finding.severity,
            confidence=finding.confidence,
            technique=finding.technique or "",
            path=finding.path,
            line=finding.line,
            title=finding.title,
            why=finding.why,
            fix=finding.fix,
            snippet=finding.snippet or "",
            trace=list(finding.trace),
        )
        for finding in report.findings
    ]
