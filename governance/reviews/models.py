"""People judging versions: a review per question, a decision per answer, with its grounds.
A decision is append-only; it is revised only by a later one."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Review(models.Model):
    class Cause(models.TextChoices):
        FINDINGS = "findings", "Scan findings"
        INCOMPLETE_SCAN = "incomplete_scan", "Incomplete scan"
        FIRST_SUBMISSION = "first_submission", "First submission"
        MALICIOUS_VERDICT = "malicious_verdict", "Malicious verdict"
        NEW_PERMISSION = "new_permission", "New permission"
        TRUST_LAPSE = "trust_lapse", "Publisher's proof lapsed"
        RESCAN = "rescan", "Re-scan"

    version = models.ForeignKey("plugins.Version", on_delete=models.PROTECT, related_name="reviews")
    cause = models.CharField(max_length=32, choices=Cause.choices)
    cause_detail = models.TextField()
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="claimed_reviews"
    )
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(settled_at__isnull=True), name="review_open_once_per_version"
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_until__isnull=True)
                | Q(claimed_by__isnull=False, claimed_until__isnull=False),
                name="review_claim_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"review {self.pk} of {self.version_id}"


class Decision(models.Model):
    class Outcome(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"
        HOLD = "hold"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    version = models.ForeignKey("plugins.Version", on_delete=models.PROTECT, related_name="decisions")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=16, choices=Outcome.choices)
    grounds = models.CharField(max_length=64, help_text="a code of governance.reviews.grounds")
    statement = models.TextField(help_text="the statement of reasons the publisher receives")
    private_note = models.TextField(blank=True)
    findings_cited = models.JSONField(default=list)
    decided_at = models.DateTimeField()

    class Meta:
        permissions = [
            ("decide_review", "May approve, reject or hold a version"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.version_id}"


class OneTimePassword(models.Model):
    """Marks a staff password that was printed and must be replaced at first use."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_password")
    password_hash = models.CharField(max_length=256)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"one-time password of {self.user_id}"
