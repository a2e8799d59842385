"""What proves who a publisher is: attestations that lapse, and the e-mail challenge that makes the first one.
A publisher's level is derived from live attestations, never stored."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Attestation(models.Model):
    class Kind(models.TextChoices):
        EMAIL = "email"
        IDENTITY = "identity"

    class State(models.TextChoices):
        LIVE = "live"
        LAPSED = "lapsed"
        REVOKED = "revoked"

    publisher = models.ForeignKey("plugins.Publisher", on_delete=models.PROTECT, related_name="attestations")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.LIVE)
    evidence = models.TextField()
    attested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    attested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["publisher", "kind"], condition=Q(state="live"), name="attestation_live_once"
            ),
            models.CheckConstraint(
                condition=Q(state="live", ended_at__isnull=True) | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="attestation_end_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.publisher_id}"


class EmailChallenge(models.Model):
    """A one-time secret mailed to a member; only its SHA-256 digest is kept."""

    member = models.ForeignKey("plugins.Member", on_delete=models.PROTECT, related_name="challenges")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"challenge {self.pk}"
