"""Evidence of every scan: the run under its lease, the frozen report, one row a finding; and what is kept of bytes.
A scan that is not complete has no verdict of its own; routing treats it as incomplete."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

KEPT_BYTES = 1_100_000  # one entry of the engine's cache with its seal


class Scan(models.Model):
    class Cause(models.TextChoices):
        SUBMISSION = "submission"
        RESCAN = "rescan"

    class State(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        ABANDONED = "abandoned"

    version = models.ForeignKey("plugins.Version", on_delete=models.PROTECT, related_name="scans")
    cause = models.CharField(max_length=16, choices=Cause.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    attempt = models.PositiveSmallIntegerField()
    lease_token = models.UUIDField()
    lease_until = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=16, blank=True)
    route = models.CharField(max_length=16, blank=True)
    route_reason = models.TextField(blank=True)
    ruleset_digest = models.CharField(max_length=64, blank=True)
    report = models.JSONField(null=True)
    request_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(state="running"), name="scan_runs_once_per_version"
            ),
            models.CheckConstraint(
                condition=~Q(state="complete") | (Q(finished_at__isnull=False) & ~Q(verdict="")),
                name="complete_scan_has_verdict",
            ),
        ]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="scan_running_by_lease"),
            models.Index(fields=["version", "-finished_at"], name="scan_latest_by_version"),
        ]

    def __str__(self) -> str:
        return f"scan {self.pk} of {self.version_id}"


class Finding(models.Model):
    scan = models.ForeignKey(Scan, on_delete=models.PROTECT, related_name="findings")
    rule_id = models.CharField(max_length=128)
    engine = models.CharField(max_length=32)
    severity = models.CharField(max_length=16)
    confidence = models.CharField(max_length=16)
    technique = models.CharField(max_length=64, blank=True)
    path = models.TextField()
    line = models.PositiveIntegerField(null=True)
    title = models.TextField()
    why = models.TextField()
    fix = models.TextField()
    snippet = models.TextField(blank=True)
    trace = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["rule_id"], name="finding_by_rule")]

    def __str__(self) -> str:
        return f"{self.rule_id} at {self.path}:{self.line}"


class KeptResult(models.Model):
    """What the engine said about some bytes under some rules, sealed; no evidence, and may be gone at any time."""

    key = models.CharField(max_length=64, primary_key=True, db_collation="C")
    content = models.BinaryField()
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(Length(F("content")), KEPT_BYTES), name="kept_result_is_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"kept result {self.key[:12]}"
