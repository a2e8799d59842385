"""What the machine contains before a person has looked, as far as the playbook lets it, and who must confirm it.
Rows are the queue: a sweep finds what a lost call left behind, and never acts twice on one cause."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.held_versions import name_of
from governance.flows.reports import answer_reports
from governance.flows.takedown import carry_out
from governance.flows.takedown_clocks import answer_containment, ask_for_confirmation, subject_of
from governance.ledger.actions import digest_text, record
from governance.notifications.outbox import Draft, queue_notice
from governance.obligations.actions import meet_obligation, open_obligation
from governance.obligations.queries import running
from governance.playbook import playbook
from governance.takedowns.actions import lock_in_force
from governance.takedowns.automatic import is_corroborated, may_contain, reported_range
from governance.takedowns.containment import Containment
from governance.takedowns.errors import AlreadyContained, NotInForce, RangeEmpty
from governance.takedowns.grounds import SUSPICION, require_reasons
from governance.takedowns.known_files import FoundFile, find_offered
from governance.takedowns.models import AbuseReport, Takedown
from governance.takedowns.queries import exposure_start, find_takedown
from governance.takedowns.report_actions import forget_networks
from governance.takedowns.report_queries import open_cases, voices_in
from governance.takedowns.scope import covered_versions, preview_scope
from plugins.lifecycle import lock_plugin
from plugins.models import Plugin
from plugins.queries import blocked_versions
from plugins.runtime.ranges import ANY_VERSION

KNOWN_FILE_FOUND = "known_file_found"
ANNOUNCED_WITHIN = timedelta(minutes=15)


def contain_corroborated(report_id: uuid.UUID, *, now: datetime) -> Takedown | None:
    """Contain a plugin whose open case the playbook calls corroborated; None when it is not, or too large."""
    report = AbuseReport.objects.select_related("plugin").get(pk=report_id)
    voices = voices_in(report)
    if not is_corroborated(report.category, voices=voices, created_at=report.plugin.created_at, now=now):
        return None
    cause = f"report:{report.merged_into_id or report.pk}"
    order = _order(
        report.plugin,
        versions=reported_range(voices),
        cause=cause,
        statement=(
            f"{len(voices)} independent reports, a trusted reporter's among them, speak of {report.category}. The "
            "versions are contained until a person has looked; nothing is decided by this."
        ),
        now=now,
    )
    return _contain(order, now=now) if order else None


def sweep_automatic(*, now: datetime) -> int:
    """Act on every case and every known file that nobody has acted on; returns how many plugins were contained."""
    trusted = [case.lead.pk for case in open_cases() if case.has_trusted]
    cases = [contain_corroborated(lead, now=now) for lead in trusted]
    found = find_offered()
    known = [_contain_known(item, now=now) for item in found]
    _meet_found(found, now=now)
    forget_networks(now=now)
    return sum(takedown is not None for takedown in (*cases, *known))


def confirm_containment(takedown_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> Takedown:
    """A person stands behind what the machine contained; the reports behind it are upheld.

    Raises TakedownUnknown, NotInForce or StatementOfReasonsMissing.
    """
    with transaction.atomic():
        lock_plugin(find_takedown(takedown_id).plugin_id)
        takedown = lock_in_force(takedown_id)
        require_reasons(takedown.grounds, statement=reason)
        if not answer_containment(takedown, outcome="confirmed", actor=actor, now=now):
            raise NotInForce("nothing waits to be confirmed: a person ordered this, or has answered before")
        answer_reports(takedown, report_ids=_open_lead(takedown), now=now)
        record(
            "takedown.confirmed",
            actor=name_of(actor),
            cause=takedown.automatic_cause,
            subject=subject_of(takedown.pk),
            after={"reason_sha256": digest_text(reason.strip())},
            now=now,
        )
    return takedown


def _contain_known(found: FoundFile, *, now: datetime) -> Takedown | None:
    plugin = Plugin.objects.get(pk=found.plugin_id)
    order = _order(
        plugin,
        versions=ANY_VERSION,
        cause=found.cause,
        file_sha256=(found.sha256,),
        statement=(
            f"Its archive holds the file with the SHA-256 {found.sha256}, which a person has found malicious before. "
            "The versions are contained until a person has looked."
        ),
        now=now,
    )
    takedown = _contain(order, now=now) if order else None
    if order and takedown is None:
        _ask_person(found, plugin=plugin, now=now)
    return takedown


def _order(
    plugin: Plugin,
    *,
    versions: str,
    cause: str,
    statement: str,
    now: datetime,
    file_sha256: tuple[str, ...] = (),
) -> Containment | None:
    """The order for what is meant; None when nothing is left to contain, or the machine has acted on this before."""
    if Takedown.objects.filter(plugin=plugin, automatic_cause=cause).exists():
        return None
    try:
        covered = {version.pk for version in covered_versions(plugin, versions=versions, file_sha256=file_sha256)}
    except RangeEmpty:
        return None
    if covered <= set(blocked_versions(plugin.pk)):
        return None
    return Containment(
        plugin_id=plugin.pk,
        versions=versions,
        file_sha256=file_sha256,
        grounds=SUSPICION,
        statement=statement,
        exposed_since=exposure_start(tuple(covered), now=now),
        automatic_cause=cause,
    )


def _contain(order: Containment, *, now: datetime) -> Takedown | None:
    """Contain, open the deadline to confirm or release, and announce it; None when its impact is a person's matter."""
    with transaction.atomic():
        lock_plugin(order.plugin_id)
        scope = preview_scope(
            order.plugin_id, versions=order.versions, exposed_since=order.exposed_since, file_sha256=order.file_sha256
        )
        is_done = Takedown.objects.filter(plugin_id=order.plugin_id, automatic_cause=order.automatic_cause).exists()
        if is_done or not may_contain(bots=scope.bots, owners=scope.exposed_owners):
            return None
        try:
            with transaction.atomic():
                takedown = carry_out(order, actor=None, now=now)
        except AlreadyContained:
            return None
        due_at = ask_for_confirmation(takedown, now=now).due_at
        _announce(
            subject_of(takedown.pk),
            subject=f"Contained by the machine: {scope.publisher}/{scope.plugin} {scope.versions}",
            body=(
                f"{order.statement}\n\n{scope.bots} bots were ordered off, {scope.exposed_owners} people are told.\n"
                f"Confirm or release it by {due_at:%d %B %Y, %H:%M} UTC: "
                f"{settings.PUBLIC_URL}/admin/desk/takedowns/{takedown.pk}/\n"
            ),
            now=now,
        )
    return takedown


def _ask_person(found: FoundFile, *, plugin: Plugin, now: datetime) -> None:
    market = playbook().marketplace
    subject = _found_subject(found)
    with transaction.atomic():
        due_at = now + timedelta(hours=market.takedowns.automatic_confirm_within_hours)
        open_obligation(
            KNOWN_FILE_FOUND, subject=subject, owner_role=market.owners["containment"], due_at=due_at, now=now
        )
        _announce(
            subject,
            subject=f"A known malicious file is offered: {plugin.name}",
            body=(
                f"{plugin.name} holds the file {found.sha256}. Its impact is above what the machine may contain by "
                f"itself. Look at its reach: {settings.PUBLIC_URL}/admin/desk/takedowns/contain/\n"
            ),
            now=now,
        )


def _meet_found(found: list[FoundFile], *, now: datetime) -> None:
    """What is offered no more, or was taken off the list, was answered."""
    still = {_found_subject(item) for item in found}
    for obligation in running().filter(kind=KNOWN_FILE_FOUND).exclude(subject__in=still):
        meet_obligation(KNOWN_FILE_FOUND, subject=obligation.subject, evidence={"offered": 0}, now=now)


def _found_subject(found: FoundFile) -> str:
    return f"plugin:{found.plugin_id}/{found.sha256}"


def _announce(cause: str, *, subject: str, body: str, now: datetime) -> None:
    role = playbook().marketplace.owners["containment"].replace("_", "-")
    address = settings.ROLE_ADDRESSES.format(role=role)
    queue_notice(Draft("containment_announced", cause, address, subject, body, now + ANNOUNCED_WITHIN), now=now)


def _open_lead(takedown: Takedown) -> list[uuid.UUID]:
    kind, _, lead = takedown.automatic_cause.partition(":")
    if kind != "report":
        return []
    opened = AbuseReport.objects.filter(pk=lead, state=AbuseReport.State.OPEN, plugin_id=takedown.plugin_id)
    return list(opened.values_list("pk", flat=True))
