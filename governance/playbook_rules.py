"""What a playbook's numbers must satisfy among each other and before the law; decides nothing else.
Each rule is a line of data naming keys; a broken one becomes a fault with its fix."""

from collections.abc import Iterator
from datetime import time
from itertools import pairwise
from typing import Any

from governance.playbook_parse import Fault, unit_of
from governance.playbook_sections import Playbook, list_values

_LEVELS = "marketplace.levels"
_TAKEDOWNS = "marketplace.takedowns"
_SWEEPS = "marketplace.sweeps"
_AUTHORITIES = "marketplace.authority_reports"
_NOTIFIED = "compliance.user_notification_within_hours"
_WHOLE_PERCENT = 100
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}

# The first is at most the second, whatever their units.
AT_MOST = (
    ("incidents.sev1.acknowledge_within_minutes", "incidents.sev2.acknowledge_within_minutes"),
    ("incidents.sev2.acknowledge_within_minutes", "incidents.sev3.acknowledge_within_minutes"),
    ("incidents.sev3.acknowledge_within_minutes", "incidents.sev4.acknowledge_within_minutes"),
    ("disaster_recovery.backup_every_minutes", "disaster_recovery.recovery_point_within_minutes"),
    ("security_events.legal_informed_within_minutes", "security_events.breach_notification_within_hours"),
    ("maintenance.window_starts_at_utc", f"{_SWEEPS}.rescans_at_utc"),
    (f"{_TAKEDOWNS}.bots_confirmed_within_hours", _NOTIFIED),
    # A deadline is seen running by its sweep, and a notice tried, before it is missed.
    (f"{_SWEEPS}.obligations_every_seconds", f"{_TAKEDOWNS}.users_queued_within_seconds"),
    (f"{_SWEEPS}.outbox_every_seconds", f"{_TAKEDOWNS}.users_queued_within_seconds"),
    (f"{_SWEEPS}.fan_outs_every_seconds", f"{_TAKEDOWNS}.users_queued_within_seconds"),
    # The machine contains nothing by itself that one person alone could not remove.
    (f"{_TAKEDOWNS}.automatic_below_bots", f"{_TAKEDOWNS}.four_eyes_from_bots"),
    (f"{_TAKEDOWNS}.automatic_below_users", f"{_TAKEDOWNS}.four_eyes_from_users"),
    (f"{_TAKEDOWNS}.trusted_reports", f"{_TAKEDOWNS}.corroborating_reports"),
    # The tenant is asked before the on-call, and both while there is still time.
    (f"{_TAKEDOWNS}.tenant_told_after_minutes", f"{_TAKEDOWNS}.on_call_told_after_minutes"),
    ("marketplace.abuse_reports.from_one_address_per_day", "marketplace.abuse_reports.from_one_network_per_day"),
    ("marketplace.abuse_reports.from_one_address_per_day", "marketplace.abuse_reports.from_one_trusted_per_day"),
    # A better proven publisher is never allowed less.
    (f"{_LEVELS}.unverified.has_auto_publish", f"{_LEVELS}.registered.has_auto_publish"),
    (f"{_LEVELS}.registered.has_auto_publish", f"{_LEVELS}.verified.has_auto_publish"),
    (f"{_LEVELS}.registered.needs_first_review", f"{_LEVELS}.unverified.needs_first_review"),
    (f"{_LEVELS}.verified.needs_first_review", f"{_LEVELS}.registered.needs_first_review"),
    (f"{_LEVELS}.unverified.most_plugins", f"{_LEVELS}.registered.most_plugins"),
    (f"{_LEVELS}.registered.most_plugins", f"{_LEVELS}.verified.most_plugins"),
    (f"{_LEVELS}.unverified.submissions_per_day", f"{_LEVELS}.registered.submissions_per_day"),
    (f"{_LEVELS}.registered.submissions_per_day", f"{_LEVELS}.verified.submissions_per_day"),
)
# The first is less than the second.
LESS_THAN = (
    ("maintenance.window_starts_at_utc", "maintenance.window_ends_at_utc"),
    (f"{_SWEEPS}.rescans_at_utc", "maintenance.window_ends_at_utc"),
    (f"{_TAKEDOWNS}.users_queued_within_seconds", _NOTIFIED),
    (f"{_TAKEDOWNS}.on_call_told_after_minutes", f"{_TAKEDOWNS}.bots_confirmed_within_hours"),
    ("marketplace.feed.key_overlap_days", "marketplace.feed.key_valid_days"),
    ("marketplace.feed.key_valid_days", "marketplace.feed.root_valid_days"),
    # A lease that ended while its task still ran would let a second worker scan the same version.
    ("marketplace.screening.task_limit_seconds", "marketplace.screening.lease_seconds"),
)
# No playbook may set these higher (or, below, lower), whatever else it says.
CEILINGS = {
    _NOTIFIED: (24, "the platform promises its users 24 hours"),
    "security_events.breach_notification_within_hours": (
        72,
        "Regulation (EU) 2016/679, Article 33, sets 72 hours",
    ),
    f"{_AUTHORITIES}.cra_early_warning_within_hours": (24, "Regulation (EU) 2024/2847, Article 14, sets 24 hours"),
    f"{_AUTHORITIES}.cra_notification_within_hours": (72, "Regulation (EU) 2024/2847, Article 14, sets 72 hours"),
    f"{_AUTHORITIES}.cra_final_report_within_days": (14, "Regulation (EU) 2024/2847, Article 14, sets 14 days"),
    f"{_AUTHORITIES}.gdpr_authority_within_hours": (72, "Regulation (EU) 2016/679, Article 33, sets 72 hours"),
}
FLOORS = {
    "marketplace.reviews.appeal_window_days": (184, "Regulation (EU) 2022/2065, Article 20, sets six months"),
}
RISING = (
    "marketplace.obligations.warn_at_percent",
    "marketplace.notices.retry_after_minutes",
    "marketplace.reviews.working_weekdays",
)
FALLING = ("marketplace.verification.lapse_warning_days",)


def find_contradictions(book: Playbook) -> list[Fault]:
    """Every rule this playbook breaks; empty when it may be used."""
    values = dict(list_values(book))
    return [
        *_broken_pairs(values),
        *_broken_limits(values),
        *_broken_series(values),
        *_broken_sums(values),
        *_unknown_roles(values, roles={key.split(".")[1] for key in values if key.startswith("roles.")}),
    ]


def _broken_pairs(values: dict[str, Any]) -> Iterator[Fault]:
    for pairs, comparison in ((AT_MOST, "at most"), (LESS_THAN, "less than")):
        for low, high in pairs:
            difference = _size(values[high], high) - _size(values[low], low)
            if difference < 0 or (difference == 0 and comparison == "less than"):
                expected = f"{comparison} {high}, which is {_show(values[high], high)}"
                yield Fault(low, _show(values[low], low), expected, "lower this one or raise the other")


def _broken_limits(values: dict[str, Any]) -> Iterator[Fault]:
    for key, (limit, reason) in CEILINGS.items():
        if values[key] > limit:
            yield Fault(key, _show(values[key], key), f"at most {limit}, because {reason}", f"set it to {limit}")
    for key, (limit, reason) in FLOORS.items():
        if values[key] < limit:
            yield Fault(key, _show(values[key], key), f"at least {limit}, because {reason}", f"set it to {limit}")


def _broken_series(values: dict[str, Any]) -> Iterator[Fault]:
    for keys, word, step in ((RISING, "larger", 1), (FALLING, "smaller", -1)):
        for key in keys:
            if any((second - first) * step <= 0 for first, second in pairwise(values[key])):
                right = sorted(set(values[key]), reverse=step < 0)
                expected = f"each item {word} than the one before"
                yield Fault(key, str(list(values[key])), expected, f"write {right}")


def _broken_sums(values: dict[str, Any]) -> Iterator[Fault]:
    warnings = values["marketplace.obligations.warn_at_percent"]
    if max(warnings) >= _WHOLE_PERCENT:
        yield Fault(
            "marketplace.obligations.warn_at_percent",
            str(list(warnings)),
            "every warning before the deadline",
            "write numbers below 100",
        )
    retries = values["marketplace.notices.retry_after_minutes"]
    if sum(retries) >= values[_NOTIFIED] * 60:
        yield Fault(
            "marketplace.notices.retry_after_minutes",
            f"{sum(retries)} minutes in all",
            f"less in all than {_NOTIFIED}, which is {values[_NOTIFIED]} hours",
            "shorten the steps",
        )
    refresh = values["marketplace.feed.refresh_every_minutes"]
    valid = values["marketplace.feed.valid_minutes"]
    if refresh * 2 > valid:
        yield Fault(
            "marketplace.feed.refresh_every_minutes",
            _show(refresh, "refresh_every_minutes"),
            f"at most half of marketplace.feed.valid_minutes, which is {valid}, so that one refresh may fail",
            f"set it to {max(valid // 2, 1)}",
        )
    # 28 days is the shortest month: the first warning must not precede the proof itself.
    days = values["compliance.publisher_verification_every_months"] * 28
    lapse = values["marketplace.verification.lapse_warning_days"]
    if max(lapse) >= days:
        yield Fault(
            "marketplace.verification.lapse_warning_days",
            str(list(lapse)),
            f"less than the {days} days between two verifications",
            f"write numbers below {days}",
        )


def _unknown_roles(values: dict[str, Any], *, roles: set[str]) -> Iterator[Fault]:
    path = values["monitoring.escalation_path"]
    if len(set(path)) < len(path):
        fix = "name each role once"
        yield Fault("monitoring.escalation_path", ", ".join(path), "no role twice", fix)
    named = {key: (value,) for key, value in values.items() if key.startswith("marketplace.owners.")}
    for key, names in {"monitoring.escalation_path": path, **named}.items():
        for name in names:
            if name not in roles:
                known = ", ".join(sorted(roles))
                yield Fault(key, repr(name), f"a role of section [roles]: {known}", "correct the name")


def _size(value: Any, key: str) -> int:
    """Comparable across units: a time or a duration in seconds, anything else as it is."""
    if isinstance(value, time):
        return value.hour * 3600 + value.minute * 60 + value.second
    unit = unit_of(key)
    return int(value) * (_SECONDS.get(unit.name, 1) if unit else 1)


def _show(value: Any, key: str) -> str:
    unit = unit_of(key)
    if isinstance(value, time):
        return value.isoformat()
    return f"{value} {unit.name}" if unit else str(value).lower()
