"""Who runs what: tenants, their bots and owners, and which version each bot runs or ran.
An installation's end is written once; the past is never edited."""

import uuid

from django.db import models
from django.db.models import F, Q

from plugins.models.catalogue import Plugin, Version


class Tenant(models.Model):
    class Remedy(models.TextChoices):
        DISABLE = "disable"
        PIN_BACK = "pin_back"

    slug = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=128)
    contact_email = models.EmailField()
    remedy = models.CharField(
        max_length=16,
        choices=Remedy.choices,
        default=Remedy.DISABLE,
        help_text="what becomes of a bot whose version is taken down: the plugin stays off, or goes back to a good one",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(remedy__in=["disable", "pin_back"]), name="tenant_remedy_is_known"),
        ]

    def __str__(self) -> str:
        return self.slug


class BotOwner(models.Model):
    """A person, told once about all of their bots."""

    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=128)
    language = models.CharField(max_length=16, default="en", help_text="of notices, where a translation exists")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"owner {self.pk}"


class Bot(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="bots")
    owner = models.ForeignKey(BotOwner, on_delete=models.PROTECT, related_name="bots")
    name = models.CharField(max_length=128)
    public_key = models.CharField(max_length=64, help_text="raw Ed25519 public key, base64")
    enrolled_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_key"], name="bot_key_is_used_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Installation(models.Model):
    """One bot running one version from `started_at` until `ended_at` (null: still)."""

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="installations")
    plugin = models.ForeignKey(Plugin, on_delete=models.PROTECT, related_name="installations")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="installations")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bot", "plugin"], condition=Q(ended_at__isnull=True), name="installation_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="installation_ends_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "ended_at"], name="installation_by_version"),
            # A takedown goes through the installations of its versions in this order.
            models.Index(fields=["version", "id"], name="installation_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.bot_id} runs {self.version_id}"


class RuntimeReport(models.Model):
    """A signed statement of a runtime, kept as received; its nonce is used once per bot. Append-only."""

    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="reports")
    nonce = models.CharField(max_length=64)
    statement = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bot", "nonce"], name="runtime_report_nonce_once"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"


class Presence(models.Model):
    """When a bot was last heard, and which number of the feed it then had: its own signed word."""

    bot = models.OneToOneField(Bot, primary_key=True, on_delete=models.PROTECT, related_name="presence")
    sequence = models.BigIntegerField()
    said_at = models.DateTimeField(help_text="by the bot's clock; an older statement changes nothing")
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="presence_by_age")]

    def __str__(self) -> str:
        return f"{self.bot_id} at {self.sequence}"
