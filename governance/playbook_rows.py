"""The playbook as a table a person reads: each value, its unit, and the code that enforces it today.
Says honestly where nothing does; never decides what a value should be."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from governance.playbook import Playbook
from governance.playbook_parse import unit_of
from governance.playbook_sections import list_values


@dataclass(frozen=True, slots=True)
class Row:
    """One value of the playbook; enforced_by is the dotted path of the code that keeps it, or None."""

    section: str
    name: str
    value: str
    unit: str
    enforced_by: str | None


# A key ending in a dot stands for its whole section. What has no line here is not enforced yet.
_CLOCKS = "governance.flows.takedown_clocks.start_clocks"
_REVIEW = "governance.flows.submission.ask_reviewer"
_SIGNATURES = "governance.takedowns.signoff.needed_signatures"
_ROUTE = "governance.screening.routing.choose_route"
_FIRST_REVIEWER = "governance.management.commands.first_reviewer.Command"
_FORGET = "governance.screening.shared_cache.forget_results"
_UNREACHED = "governance.flows.unreached.tell_of_unreached"
_ROOTS = "governance.management.commands.root.Command"
_AUTOMATIC = "governance.takedowns.automatic.may_contain"
_FLOOD = "governance.takedowns.report_actions.refuse_flood"
_AUTHORITIES = "governance.flows.authority_reports.start_authority_clocks"
_TRUST = "governance.takedowns.reporters.is_trusted"
_DEADLINES = "governance.flows.deadlines.sweep_deadlines"
ENFORCED_BY = {
    "monitoring.escalation_path": _DEADLINES,
    "maintenance.": "governance.playbook.load_playbook",
    "compliance.publisher_verification_every_months": "governance.verification.queries.expires_at",
    "compliance.plugin_rescan_every_months": "governance.flows.rescan.find_due_rescans",
    "compliance.user_notification_within_hours": _CLOCKS,
    "marketplace.reviews.hold_within_hours": _REVIEW,
    "marketplace.reviews.working_weekdays": _REVIEW,
    "marketplace.reviews.claim_minutes": "governance.reviews.actions.claim_review",
    "marketplace.reviews.due_working_days.findings": _REVIEW,
    "marketplace.reviews.due_working_days.incomplete_scan": _REVIEW,
    "marketplace.reviews.due_working_days.first_submission": _REVIEW,
    "marketplace.reviews.due_working_days.new_permission": _REVIEW,
    "marketplace.reviews.due_working_days.rescan": _REVIEW,
    "marketplace.reviews.due_working_days.trust_lapse": _REVIEW,
    "marketplace.takedowns.bots_confirmed_within_hours": _CLOCKS,
    "marketplace.takedowns.users_queued_within_seconds": _CLOCKS,
    "marketplace.takedowns.publisher_told_within_hours": _CLOCKS,
    "marketplace.takedowns.four_eyes_from_bots": _SIGNATURES,
    "marketplace.takedowns.four_eyes_from_users": _SIGNATURES,
    "marketplace.takedowns.offline_after_minutes": "governance.takedowns.queries.unreached",
    "marketplace.takedowns.tenant_told_after_minutes": _UNREACHED,
    "marketplace.takedowns.on_call_told_after_minutes": _UNREACHED,
    "marketplace.feed.valid_minutes": "governance.takedowns.feed.current_feed",
    "marketplace.feed.refresh_every_minutes": "governance.takedowns.feed.current_feed",
    "marketplace.feed.heartbeat_every_seconds": "governance.api.stream.StreamApplication",
    "marketplace.feed.rebase_after_changes": "governance.takedowns.feed.keep_base",
    "marketplace.feed.key_valid_days": _ROOTS,
    "marketplace.feed.key_overlap_days": _ROOTS,
    "marketplace.feed.root_valid_days": _ROOTS,
    "marketplace.takedowns.automatic_below_bots": _AUTOMATIC,
    "marketplace.takedowns.automatic_below_users": _AUTOMATIC,
    "marketplace.takedowns.automatic_confirm_within_hours": "governance.flows.takedown_clocks.ask_for_confirmation",
    "marketplace.takedowns.young_plugin_days": _AUTOMATIC,
    "marketplace.takedowns.corroborating_reports": _AUTOMATIC,
    "marketplace.takedowns.trusted_reports": _AUTOMATIC,
    "marketplace.abuse_reports.triage_within_hours": "governance.flows.reports.file_report",
    "marketplace.abuse_reports.from_one_address_per_day": _FLOOD,
    "marketplace.abuse_reports.from_one_network_per_day": _FLOOD,
    "marketplace.abuse_reports.from_one_trusted_per_day": _FLOOD,
    "marketplace.abuse_reports.trusted_after_reports": _TRUST,
    "marketplace.abuse_reports.trusted_accuracy_percent": _TRUST,
    "marketplace.authority_reports.": _AUTHORITIES,
    "marketplace.verification.lapse_warning_days": "governance.flows.publisher.sweep_verifications",
    "marketplace.verification.lapse_enforced_within_days": "governance.flows.publisher.sweep_verifications",
    "marketplace.verification.email_challenge_valid_hours": "governance.verification.actions.open_challenge",
    **{
        f"marketplace.levels.{level}.{name}": _ROUTE
        for level in ("unverified", "registered", "verified")
        for name in ("has_auto_publish", "needs_first_review")
    },
    "marketplace.access.api_token_valid_days": "governance.flows.publisher.confirm_email",
    "marketplace.access.one_time_password_valid_hours": _FIRST_REVIEWER,
    "marketplace.obligations.": _DEADLINES,
    "marketplace.owners.review": _REVIEW,
    "marketplace.owners.abuse_report": "governance.flows.reports.file_report",
    "marketplace.owners.authority_report": _AUTHORITIES,
    "marketplace.owners.containment": "governance.flows.takedown_clocks.ask_for_confirmation",
    "marketplace.owners.bots_confirmed": _CLOCKS,
    "marketplace.owners.users_queued": _CLOCKS,
    "marketplace.owners.users_notified": _CLOCKS,
    "marketplace.owners.publisher_told": _CLOCKS,
    "marketplace.owners.publisher_verification": "governance.flows.publisher.attest_identity",
    "marketplace.owners.plugin_rescan": "governance.flows.rescan.find_due_rescans",
    "marketplace.owners.feed_key_renewed": "governance.flows.feed.watch_keys",
    "marketplace.notices.retry_after_minutes": "governance.notifications.backoff.next_attempt",
    "marketplace.owners.outbox_moving": "governance.flows.outbox.watch_outbox",
    "marketplace.notices.domain_messages_per_minute": "governance.notifications.claims.claim_batch",
    "marketplace.notices.alarm_after_minutes": "governance.flows.outbox.watch_outbox",
    "marketplace.notices.lease_seconds": "governance.notifications.claims.claim_batch",
    "marketplace.screening.task_limit_seconds": "governance.celery.app",
    "marketplace.screening.lease_seconds": "governance.screening.actions.claim_scan",
    "marketplace.screening.most_attempts": "governance.flows.submission.screen_version",
    "marketplace.screening.results_kept_days": _FORGET,
    "marketplace.screening.most_results": _FORGET,
    "marketplace.sweeps.": "governance.playbook.beat_entries",
}


def rows(book: Playbook) -> list[Row]:
    """Every value of the playbook, in the playbook's own order."""
    return [_row(key, value) for key, value in list_values(book)]


def enforced_parts(book: Playbook) -> list[Row]:
    """The values that the software enforces today."""
    return [row for row in rows(book) if row.enforced_by is not None]


def _row(key: str, value: Any) -> Row:
    section, _, name = key.rpartition(".")
    return Row(section, name, _show(value), _unit_name(key, value), _find_enforcer(key))


def _find_enforcer(key: str) -> str | None:
    sections = [owner for owner in ENFORCED_BY if owner.endswith(".") and key.startswith(owner)]
    return ENFORCED_BY.get(key) or next((ENFORCED_BY[owner] for owner in sections), None)


def _unit_name(key: str, value: Any) -> str:
    unit = unit_of(key)
    if isinstance(value, time):
        return "UTC"
    return unit.name if unit else ""


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    return ", ".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
