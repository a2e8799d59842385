"""Who may submit: publishers, their members, and the tokens that speak for them or for a tenant.
A token's secret is never stored, only its SHA-256 digest."""

from django.db import models
from django.db.models import Q


class Publisher(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    slug = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=128)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"), name="publisher_slug_is_plain"
            ),
            models.CheckConstraint(condition=Q(status__in=["active", "suspended"]), name="publisher_status_is_known"),
        ]

    def __str__(self) -> str:
        return self.slug


class Member(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        MAINTAINER = "maintainer"

    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="members")
    email = models.EmailField()
    display_name = models.CharField(max_length=128)
    role = models.CharField(max_length=16, choices=Role.choices)
    language = models.CharField(max_length=16, default="en", help_text="of notices, where a translation exists")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publisher", "email"], name="member_once_per_publisher"),
        ]

    def __str__(self) -> str:
        return f"{self.publisher.slug}:{self.pk}"


class ApiToken(models.Model):
    """A bearer token of a publisher, of a tenant or of a bots' owner, never of two."""

    publisher = models.ForeignKey(Publisher, null=True, on_delete=models.PROTECT, related_name="tokens")
    tenant = models.ForeignKey("plugins.Tenant", null=True, on_delete=models.PROTECT, related_name="tokens")
    owner = models.ForeignKey("plugins.BotOwner", null=True, on_delete=models.PROTECT, related_name="tokens")
    label = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(publisher__isnull=False, tenant__isnull=True, owner__isnull=True)
                | Q(publisher__isnull=True, tenant__isnull=False, owner__isnull=True)
                | Q(publisher__isnull=True, tenant__isnull=True, owner__isnull=False),
                name="token_speaks_for_one_party",
            ),
        ]

    def __str__(self) -> str:
        return f"token {self.pk}"
