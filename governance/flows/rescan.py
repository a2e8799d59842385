"""The quarterly re-scan: each published version again, a daily sweep over what is due.
A published version is only ever held or looked at by a re-scan, never removed."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from governance.flows.letters import tell_publisher
from governance.flows.submission import MACHINE, ask_reviewer, scan_claimed
from governance.ledger.actions import record
from governance.obligations.actions import meet_obligation, open_obligation
from governance.obligations.due import add_months
from governance.playbook import playbook
from governance.request_ids import bind_request_id
from governance.screening.actions import ScanClaim, claim_scan, record_report
from governance.screening.models import Scan
from governance.screening.queries import due_for_rescan, known_findings, unscanned_since
from governance.screening.routing import Route, choose_rescan_route
from plugins.artifact_files import record_files
from plugins.lifecycle import lock_plugin, lock_version, move_version
from plugins.models import Version
from scanners import ruleset_digest
from scanners.report import ScanReport, Verdict

log = logging.getLogger(__name__)

RESCAN_OBLIGATION = "plugin_rescan"
SWEEP_LIMIT = 5000
# The sweep comes once a day: a version is scanned before its quarter is over, with a day in hand for one lost sweep.
AHEAD = timedelta(days=2)
Status = Version.Status


def find_due_rescans(*, now: datetime) -> list[int]:
    """Versions whose last scan is about to be older than the playbook's interval; keeps the quarter's deadline.

    Due is computed from the rows, so a day on which nothing ran is caught up on the next.
    """
    keep_quarter(now=now)
    months = playbook().compliance.plugin_rescan_every_months
    return due_for_rescan(before=add_months(now + AHEAD, -months), limit=SWEEP_LIMIT, now=now)


def keep_quarter(*, now: datetime) -> None:
    """Open this quarter's deadline, and meet it once every published version was scanned in it."""
    months = playbook().compliance.plugin_rescan_every_months
    start, end = _quarter_of(now, months=months)
    subject = f"quarter:{start:%Y-%m}"
    open_obligation(
        RESCAN_OBLIGATION,
        subject=subject,
        owner_role=playbook().marketplace.owners["plugin_rescan"],
        due_at=end,
        now=now,
    )
    if not unscanned_since(start).exists():
        meet_obligation(RESCAN_OBLIGATION, subject=subject, evidence={"versions_due": 0}, now=now)


def rescan_version(version_id: int, *, clock: Callable[[], datetime]) -> None:
    """Scan a published version again and act on what is new; does nothing when it is not published any more."""
    version = Version.objects.select_related("plugin__publisher", "artifact").get(pk=version_id)
    with bind_request_id(version.request_id):
        claim = _claim(version, now=clock())
        if claim is None:
            return
        report = scan_claimed(version, claim=claim, clock=clock)
        _settle(version, claim=claim, report=report, now=clock())
        keep_quarter(now=clock())


def _claim(version: Version, *, now: datetime) -> ScanClaim | None:
    with transaction.atomic():
        if lock_version(version.pk).status != Status.PUBLISHED:
            return None
        return claim_scan(version.pk, cause=Scan.Cause.RESCAN, request_id=version.request_id, now=now)


def _settle(version: Version, *, claim: ScanClaim, report: ScanReport | None, now: datetime) -> None:
    verdict = report.verdict if report else Verdict.INCOMPLETE
    with transaction.atomic():
        lock_plugin(version.plugin_id)
        status = lock_version(version.pk).status
        record_files(version.artifact_id, report.files if report else ())
        known = known_findings(version.pk)
        found = {(f.engine, f.rule_id, f.path) for f in report.findings} if report else set()
        routing = choose_rescan_route(verdict, new_findings=len(found - known))
        digest = ruleset_digest()
        if not record_report(claim, report=report, routing=routing, ruleset_digest=digest, now=now):
            log.warning("scan_lease_lost", extra={"version": version.pk, "scan": claim.scan_id})
            return
        if routing.route is Route.KEEP or status != Status.PUBLISHED:
            return
        if routing.route is Route.HOLD:
            move_version(
                version.pk,
                to=Status.HELD,
                actor=MACHINE,
                cause=f"scan:{claim.scan_id}: {routing.reason}",
                request_id=version.request_id,
                now=now,
            )
            tell_publisher(version, event=routing.route, cause=f"scan:{claim.scan_id}", reason=routing.reason, now=now)
        ask_reviewer(version, routing=routing, now=now)
        record(
            f"rescan.{routing.route}",
            actor=MACHINE,
            cause=f"scan:{claim.scan_id}",
            subject=f"version:{version.pk}",
            before={"status": str(Status.PUBLISHED)},
            after={"verdict": str(verdict), "reason": routing.reason},
            ruleset_digest=digest,
            now=now,
        )


def _quarter_of(now: datetime, *, months: int) -> tuple[datetime, datetime]:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = add_months(first, -((now.month - 1) % months))
    return start, add_months(start, months)
