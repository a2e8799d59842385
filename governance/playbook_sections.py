"""The shape of the playbook: one frozen dataclass a section, in the playbook's order, units in the names.
Holds promises and their names; never a value, a default or a rule about them."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import time
from typing import Any, TypeVar, cast

Value = TypeVar("Value")


class ByName(Mapping[str, Value]):
    """A section whose values are also found by name; KeyError for a name the playbook does not have."""

    def __getitem__(self, name: str) -> Value:
        if name not in iter(self):
            raise KeyError(name)
        value: Value = getattr(self, name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in fields(cast("Any", self)))

    def __len__(self) -> int:
        return len(fields(cast("Any", self)))


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Section 2: when an alert is raised, and who hears of it in which order."""

    sev1_tenant_error_rate_above_percent: int
    sev2_platform_error_rate_above_percent: int
    queue_depth_above_messages: int
    queue_depth_for_minutes: int
    latency_above_seconds: int
    latency_percentile: int
    escalation_path: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Severity:
    meaning: str
    acknowledge_within_minutes: int


@dataclass(frozen=True, kw_only=True)
class Incidents:
    """Section 3."""

    sev2_execution_delay_above_seconds: int
    sev1: Severity
    sev2: Severity
    sev3: Severity
    sev4: Severity


@dataclass(frozen=True, kw_only=True)
class DisasterRecovery:
    """Section 4."""

    recovery_point_within_minutes: int
    recovery_time_within_minutes: int
    backup_every_minutes: int
    restore_drill_every_months: int


@dataclass(frozen=True, kw_only=True)
class SecurityEvents:
    """Section 5."""

    breach_notification_within_hours: int
    legal_informed_within_minutes: int


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Section 6."""

    cpu_above_percent: int
    cpu_for_minutes: int
    memory_above_percent: int
    memory_for_minutes: int
    queue_depth_above_messages: int
    queue_depth_for_minutes: int
    database_pool_above_percent: int


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """Section 7."""

    window_starts_at_utc: time
    window_ends_at_utc: time


@dataclass(frozen=True, kw_only=True)
class Compliance:
    """Section 8."""

    retention_review_every_months: int
    accessibility_audit_every_months: int
    accessibility_standard: str
    publisher_verification_every_months: int
    plugin_rescan_every_months: int
    user_notification_within_hours: int


@dataclass(frozen=True, kw_only=True)
class DueWorkingDays(ByName[int]):
    """How long a review may take, per cause, in working days."""

    findings: int
    incomplete_scan: int
    first_submission: int
    new_permission: int
    rescan: int
    retro_hunt: int
    abuse_report: int
    trust_lapse: int
    appeal: int


@dataclass(frozen=True, kw_only=True)
class Reviews:
    hold_within_hours: int
    working_weekdays: tuple[int, ...]
    claim_minutes: int
    appeal_window_days: int
    due_working_days: DueWorkingDays


@dataclass(frozen=True, kw_only=True)
class Takedowns:
    bots_confirmed_within_hours: int
    users_queued_within_seconds: int
    publisher_told_within_hours: int
    four_eyes_from_bots: int
    four_eyes_from_users: int
    automatic_below_bots: int
    automatic_below_users: int
    automatic_confirm_within_hours: int
    young_plugin_days: int
    corroborating_reports: int
    trusted_reports: int
    offline_after_minutes: int
    tenant_told_after_minutes: int
    on_call_told_after_minutes: int


@dataclass(frozen=True, kw_only=True)
class Feed:
    valid_minutes: int
    refresh_every_minutes: int
    heartbeat_every_seconds: int
    rebase_after_changes: int
    key_valid_days: int
    key_overlap_days: int
    root_valid_days: int


@dataclass(frozen=True, kw_only=True)
class AbuseReports:
    triage_within_hours: int
    from_one_address_per_day: int
    from_one_network_per_day: int
    from_one_trusted_per_day: int
    trusted_after_reports: int
    trusted_accuracy_percent: int


@dataclass(frozen=True, kw_only=True)
class AuthorityReports:
    """What the law wants told to authorities and people after an incident, from when it is known."""

    cra_early_warning_within_hours: int
    cra_notification_within_hours: int
    cra_final_report_within_days: int
    gdpr_authority_within_hours: int
    gdpr_people_within_hours: int


@dataclass(frozen=True, kw_only=True)
class Verification:
    lapse_warning_days: tuple[int, ...]
    lapse_enforced_within_days: int
    email_challenge_valid_hours: int


@dataclass(frozen=True, kw_only=True)
class Level:
    """What a publisher of this level may do without asking a person."""

    has_auto_publish: bool
    needs_first_review: bool
    most_plugins: int
    submissions_per_day: int


@dataclass(frozen=True, kw_only=True)
class Levels(ByName[Level]):
    unverified: Level
    registered: Level
    verified: Level


@dataclass(frozen=True, kw_only=True)
class Access:
    api_token_valid_days: int
    one_time_password_valid_hours: int


@dataclass(frozen=True, kw_only=True)
class Obligations:
    warn_at_percent: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Owners(ByName[str]):
    """The role that answers for each kind of obligation."""

    review: str
    appeal: str
    abuse_report: str
    containment: str
    authority_report: str
    bots_confirmed: str
    users_queued: str
    users_notified: str
    publisher_told: str
    outbox_moving: str
    publisher_verification: str
    plugin_rescan: str
    feed_key_renewed: str


@dataclass(frozen=True, kw_only=True)
class Notices:
    retry_after_minutes: tuple[int, ...]
    lease_seconds: int
    domain_messages_per_minute: int
    alarm_after_minutes: int


@dataclass(frozen=True, kw_only=True)
class Screening:
    task_limit_seconds: int
    lease_seconds: int
    most_attempts: int
    results_kept_days: int
    most_results: int


@dataclass(frozen=True, kw_only=True)
class Sweeps:
    obligations_every_seconds: int
    submissions_every_seconds: int
    outbox_every_seconds: int
    fan_outs_every_seconds: int
    takedowns_every_seconds: int
    ledger_checkpoint_every_seconds: int
    rescans_at_utc: time
    verifications_at_utc: time


@dataclass(frozen=True, kw_only=True)
class Marketplace:
    """Section 8, marketplace governance in detail: this project's own numbers."""

    reviews: Reviews
    takedowns: Takedowns
    feed: Feed
    abuse_reports: AbuseReports
    authority_reports: AuthorityReports
    verification: Verification
    levels: Levels
    access: Access
    obligations: Obligations
    owners: Owners
    notices: Notices
    screening: Screening
    sweeps: Sweeps


@dataclass(frozen=True, kw_only=True)
class Role:
    title: str
    duty: str


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Section 9; the names are what obligations and escalation paths refer to."""

    on_call: Role
    lead_engineer: Role
    security_lead: Role
    product_owner: Role
    support: Role
    reviewer: Role
    moderator: Role


@dataclass(frozen=True, kw_only=True)
class Improvement:
    """Section 10."""

    post_mortem_review_every_months: int
    failover_test_every_months: int


@dataclass(frozen=True, kw_only=True)
class Playbook:
    monitoring: Monitoring
    incidents: Incidents
    disaster_recovery: DisasterRecovery
    security_events: SecurityEvents
    capacity: Capacity
    maintenance: Maintenance
    compliance: Compliance
    marketplace: Marketplace
    roles: Roles
    improvement: Improvement
    digest: str = ""


def list_values(section: object, *, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value below a section with its dotted key, in the order of the fields; the digest is not one."""
    for field in fields(cast("Any", section)):
        value = getattr(section, field.name)
        if is_dataclass(value):
            yield from list_values(value, key=f"{key}{field.name}.")
        elif field.default is MISSING:
            yield f"{key}{field.name}", value
