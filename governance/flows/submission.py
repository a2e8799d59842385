"""A submission's journey: claim, scan, settle; then, where a person is asked, their decision.
No transaction is open while the scan runs; whoever lost the lease settles nothing."""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.letters import tell_publisher
from governance.ledger.actions import record
from governance.obligations.actions import cancel_obligation, meet_obligation, open_obligation
from governance.obligations.due import add_working_days
from governance.playbook import playbook
from governance.request_ids import bind_request_id
from governance.reviews.actions import Judgement, close_review, open_review, record_decision
from governance.reviews.models import Decision
from governance.reviews.queries import REVIEW_OBLIGATION, plugin_of, subject_of
from governance.screening.actions import ScanClaim, claim_scan, record_report
from governance.screening.evidence import make_evidence
from governance.screening.models import Scan
from governance.screening.routing import Circumstances, Route, Routing, choose_route
from governance.screening.shared_cache import open_shared_cache
from governance.takedowns.known_files import known_file_in
from governance.verification.queries import publisher_level
from plugins.artifact_files import record_files
from plugins.errors import ArtifactCorrupt, IllegalMove, VersionBlocked
from plugins.lifecycle import lock_plugin, lock_version, move_version
from plugins.manifest import build_manifest, missing_entry_points
from plugins.models import Publisher, Version
from plugins.queries import covering_block
from plugins.storage import fetch_artifact
from scanners import ruleset_digest, scan_artifact
from scanners.report import ScanReport, Verdict

log = logging.getLogger(__name__)

MACHINE = "machine"
Status = Version.Status
STATUS_OF_ROUTE = {Route.PUBLISH: Status.PUBLISHED, Route.REVIEW: Status.IN_REVIEW, Route.HOLD: Status.HELD}
STATUS_OF_OUTCOME = {
    Decision.Outcome.APPROVE: Status.PUBLISHED,
    Decision.Outcome.REJECT: Status.REJECTED,
    Decision.Outcome.HOLD: Status.HELD,
}
# What a takedown holds it alone gives back: a review must not be a way around it.
JUDGEABLE = (Status.IN_REVIEW, Status.HELD, Status.PUBLISHED)


def screen_version(version_id: int, *, clock: Callable[[], datetime]) -> None:
    """Scan a submitted version and route it; does nothing when somebody else is at it or it is settled."""
    version = Version.objects.select_related("plugin__publisher", "artifact").get(pk=version_id)
    with bind_request_id(version.request_id):
        claim = _claim(version_id, now=clock())
        if claim is None:
            return
        report = scan_claimed(version, claim=claim, clock=clock)
        _settle(version, claim=claim, report=report, now=clock())


def scan_claimed(version: Version, *, claim: ScanClaim, clock: Callable[[], datetime]) -> ScanReport | None:
    """Scan under a claim; None when earlier attempts have ended without an answer too often to try again."""
    if claim.attempt > playbook().marketplace.screening.most_attempts:
        log.error("scan_attempts_exhausted", extra={"version": version.pk, "scan": claim.scan_id})
        return None
    return scan_stored(version, clock=clock)


def scan_stored(version: Version, *, clock: Callable[[], datetime]) -> ScanReport | None:
    """Scan a version's stored artifact, fit to be kept; None when the artifact cannot be read back whole."""
    with tempfile.TemporaryDirectory(prefix="nexus-scan-") as scratch:
        path = Path(scratch) / "artifact"
        try:
            fetch_artifact(version.artifact, to=path)
        except (ArtifactCorrupt, OSError) as error:
            log.error("artifact_unreadable", extra={"version": version.pk, "error": type(error).__name__})
            return None
        with open_shared_cache(clock=clock) as cache:
            return make_evidence(scan_artifact(path, cache=cache))


def decide_review(review_id: int, *, actor: User, judgement: Judgement, now: datetime) -> Decision:
    """Carry out a person's judgement: decision, version, deadline, publisher's statement and ledger, or nothing.

    Raises the errors of reviews.actions.record_decision, IllegalMove when the version has moved on or a takedown holds
    it, and VersionBlocked when a takedown would still block what is approved.
    """
    with transaction.atomic():
        lock_plugin(plugin_of(review_id))
        decision = record_decision(review_id, actor=actor, judgement=judgement, now=now)
        version = Version.objects.select_related("plugin__publisher").get(pk=decision.version_id)
        _refuse_around_takedown(version, outcome=decision.outcome)
        with bind_request_id(version.request_id):
            target = STATUS_OF_OUTCOME[Decision.Outcome(decision.outcome)]
            before = version.status
            if before != target:
                _move(version, to=target, actor=f"user:{actor.pk}", cause=f"decision:{decision.pk}", now=now)
            _meet_review(decision, now=now)
            record(
                f"version.{decision.outcome}",
                actor=f"user:{actor.pk}",
                cause=subject_of(review_id),
                subject=f"version:{version.pk}",
                before={"status": before},
                after={"status": str(target), "grounds": decision.grounds, "decision": decision.pk},
                now=now,
            )
            tell_publisher(
                version, event=decision.outcome, cause=f"decision:{decision.pk}", reason=decision.statement, now=now
            )
    return decision


def withdraw_version(version: Version, *, actor: str, now: datetime) -> None:
    """Its publisher takes a version back before it is published; raises IllegalMove later than that."""
    with transaction.atomic():
        lock_plugin(version.plugin_id)
        _move(version, to=Status.WITHDRAWN, actor=actor, cause="withdrawn by its publisher", now=now)
        _drop_review(version, now=now)
        record("version.withdrawn", actor=actor, cause=actor, subject=f"version:{version.pk}", now=now)


def yank_version(version: Version, *, actor: str, now: datetime) -> None:
    """Its publisher stops offering a published version; bots that run it go on. Raises IllegalMove."""
    with transaction.atomic():
        lock_plugin(version.plugin_id)
        _move(version, to=Status.YANKED, actor=actor, cause="yanked by its publisher", now=now)
        _drop_review(version, now=now)
        record("version.yanked", actor=actor, cause=actor, subject=f"version:{version.pk}", now=now)


def ask_reviewer(version: Version, *, routing: Routing, now: datetime) -> int:
    """Open a review and start its clock from the playbook; returns the review's id."""
    market = playbook().marketplace
    review = open_review(version.pk, cause=routing.cause, detail=routing.reason, now=now)
    if routing.route is Route.HOLD:
        due_at = now + timedelta(hours=market.reviews.hold_within_hours)
    else:
        days = market.reviews.due_working_days[routing.cause]
        due_at = add_working_days(now, days, weekdays=market.reviews.working_weekdays)
    open_obligation(
        REVIEW_OBLIGATION,
        subject=subject_of(review.pk),
        owner_role=market.owners["review"],
        due_at=due_at,
        now=now,
    )
    return review.pk


def _claim(version_id: int, *, now: datetime) -> ScanClaim | None:
    with transaction.atomic():
        version = lock_version(version_id)
        if version.status not in {Status.SUBMITTED, Status.SCANNING}:
            return None
        claim = claim_scan(version_id, cause=Scan.Cause.SUBMISSION, request_id=version.request_id, now=now)
        if claim is not None and version.status == Status.SUBMITTED:
            _move(version, to=Status.SCANNING, actor=MACHINE, cause=f"scan:{claim.scan_id}", now=now)
        return claim


def _settle(version: Version, *, claim: ScanClaim, report: ScanReport | None, now: datetime) -> None:
    verdict = report.verdict if report else Verdict.INCOMPLETE
    with transaction.atomic():
        lock_plugin(version.plugin_id)
        lock_version(version.pk)
        record_files(version.artifact_id, report.files if report else ())
        routing = choose_route(verdict, _circumstances(version, report=report, now=now))
        digest = ruleset_digest()
        if not record_report(claim, report=report, routing=routing, ruleset_digest=digest, now=now):
            log.warning("scan_lease_lost", extra={"version": version.pk, "scan": claim.scan_id})
            return
        target = STATUS_OF_ROUTE[routing.route]
        _move(version, to=target, actor=MACHINE, cause=f"scan:{claim.scan_id}: {routing.reason}", now=now)
        if routing.route is not Route.PUBLISH:
            ask_reviewer(version, routing=routing, now=now)
        record(
            f"version.{routing.route}",
            actor=MACHINE,
            cause=f"scan:{claim.scan_id}",
            subject=f"version:{version.pk}",
            before={"status": str(Status.SCANNING)},
            after={"status": str(target), "verdict": str(verdict), "reason": routing.reason},
            ruleset_digest=digest,
            now=now,
        )
        tell_publisher(version, event=routing.route, cause=f"scan:{claim.scan_id}", reason=routing.reason, now=now)
    log.info("version_screened", extra={"version": version.pk, "verdict": str(verdict), "route": str(routing.route)})


def _circumstances(version: Version, *, report: ScanReport | None, now: datetime) -> Circumstances:
    plugin = version.plugin
    allowed = playbook().marketplace.levels[publisher_level(plugin.publisher_id, now=now)]
    # A yanked version counts as well: taking the last one back must not make its permissions unasked for.
    offered = plugin.versions.filter(status__in=(Status.PUBLISHED, Status.YANKED))
    last = offered.order_by("-submitted_at").first()
    is_active = Publisher.objects.filter(pk=plugin.publisher_id, status=Publisher.Status.ACTIVE).exists()
    block = covering_block(plugin.pk, number=version.number, sha256=version.artifact_id)
    return Circumstances(
        has_auto_publish=allowed.has_auto_publish and is_active,
        needs_first_review=allowed.needs_first_review,
        is_first_version=last is None,
        block_reason=block.reason if block else "",
        known_file=known_file_in(version.artifact_id),
        new_permissions=_new_permissions(version, since=last),
        missing_entry_points=_missing_entry_points(version, report=report),
    )


def _missing_entry_points(version: Version, *, report: ScanReport | None) -> tuple[str, ...]:
    members = {record.path for record in report.files} if report else set()
    return tuple(problem.found for problem in missing_entry_points(build_manifest(version.manifest), members=members))


def _new_permissions(version: Version, *, since: Version | None) -> tuple[str, ...]:
    if since is None:
        return ()
    asked = build_manifest(version.manifest).permission_set()
    return tuple(sorted(asked - build_manifest(since.manifest).permission_set()))


def _refuse_around_takedown(version: Version, *, outcome: str) -> None:
    if version.status not in JUDGEABLE:
        raise IllegalMove(f"a {version.status} version is not for a review to judge; wait until its takedown ends")
    block = covering_block(version.plugin_id, number=version.number, sha256=version.artifact_id)
    if block is not None and outcome == Decision.Outcome.APPROVE:
        raise VersionBlocked(f"takedown {block.takedown_id} blocks this version; approve it after its reinstatement")


def _drop_review(version: Version, *, now: datetime) -> None:
    """Nobody need judge what is not offered any more."""
    review_id = close_review(version.pk, now=now)
    if review_id is not None:
        cancel_obligation(REVIEW_OBLIGATION, subject=subject_of(review_id), now=now)


def _meet_review(decision: Decision, *, now: datetime) -> None:
    # A hold is an answer that leaves the question open: its clock runs on.
    if decision.outcome != Decision.Outcome.HOLD:
        meet_obligation(
            REVIEW_OBLIGATION,
            subject=subject_of(decision.review_id),
            evidence={"decision": decision.pk, "outcome": decision.outcome},
            now=now,
        )


def _move(version: Version, *, to: Status, actor: str, cause: str, now: datetime) -> None:
    move_version(version.pk, to=to, actor=actor, cause=cause, request_id=version.request_id, now=now)
