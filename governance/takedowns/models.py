"""Reports, orders and their confirmations: what must be off, since when, and which bot said so itself.
Orders, sign-offs and acknowledgements are append-only facts; states only move forward."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Takedown(models.Model):
    class State(models.TextChoices):
        CONTAINED = "contained"
        REMOVED = "removed"
        REINSTATED = "reinstated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plugin = models.ForeignKey("plugins.Plugin", on_delete=models.PROTECT, related_name="takedowns")
    versions = models.CharField(max_length=256, help_text="SemVer range, see plugins.runtime.ranges")
    state = models.CharField(max_length=16, choices=State.choices, default=State.CONTAINED)
    grounds = models.CharField(max_length=64, help_text="a code of governance.takedowns.grounds")
    statement = models.TextField(help_text="statement of reasons (Regulation (EU) 2022/2065, Article 17)")
    exposed_since = models.DateTimeField(help_text="people who ran the plugin from here on are affected")
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    contained_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    reinstated_at = models.DateTimeField(null=True)
    reinstatement_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="reinstated") | Q(reinstated_at__isnull=False), name="reinstatement_is_dated"
            ),
            models.CheckConstraint(
                condition=~Q(state="removed") | Q(removed_at__isnull=False), name="removal_is_dated"
            ),
        ]
        permissions = [
            ("contain_plugin", "May contain a plugin at once"),
            ("remove_plugin", "May decide a removal or sign one off"),
            ("reinstate_plugin", "May reinstate a plugin"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class AbuseReport(models.Model):
    class Category(models.TextChoices):
        MALWARE = "malware"
        DATA_THEFT = "data_theft"
        IMPERSONATION = "impersonation"
        POLICY = "policy"
        OTHER = "other"

    class State(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plugin = models.ForeignKey("plugins.Plugin", on_delete=models.PROTECT, related_name="abuse_reports")
    version = models.ForeignKey("plugins.Version", null=True, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=32, choices=Category.choices)
    description = models.TextField()
    reporter_email = models.EmailField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    takedown = models.ForeignKey(Takedown, null=True, on_delete=models.PROTECT, related_name="reports")
    reported_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    dismissal_reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return str(self.id)


class TakedownVersion(models.Model):
    """A version the takedown quarantined, and the status it returns to."""

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="held_versions")
    version = models.ForeignKey("plugins.Version", on_delete=models.PROTECT, related_name="+")
    status_before = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["takedown", "version"], name="takedown_holds_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.takedown_id} holds {self.version_id}"


class SignOff(models.Model):
    """One person's signature under a removal. Append-only."""

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="signoffs")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["takedown", "actor"], name="signoff_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"sign-off {self.pk}"


class Acknowledgement(models.Model):
    """What a runtime signed about an order. Append-only."""

    bot = models.ForeignKey("plugins.Bot", on_delete=models.PROTECT, related_name="+")
    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="acknowledgements")
    action = models.CharField(max_length=16)
    sequence = models.BigIntegerField()
    nonce = models.CharField(max_length=64)
    statement = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bot", "nonce"], name="acknowledgement_nonce_once"),
        ]

    def __str__(self) -> str:
        return f"acknowledgement {self.pk}"


class SwitchOrder(models.Model):
    """One installation ordered off (or back on), until its bot confirms or it is gone."""

    class Action(models.TextChoices):
        OFF = "switched_off"
        ON = "switched_on"

    class State(models.TextChoices):
        ORDERED = "ordered"
        CONFIRMED = "confirmed"
        GONE = "gone"
        WITHDRAWN = "withdrawn"

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="orders")
    installation = models.ForeignKey("plugins.Installation", on_delete=models.PROTECT, related_name="+")
    bot = models.ForeignKey("plugins.Bot", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=16, choices=Action.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ORDERED)
    ordered_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, help_text="its bot said that it has the feed with this order")
    settled_at = models.DateTimeField(null=True)
    acknowledgement = models.ForeignKey(Acknowledgement, null=True, on_delete=models.PROTECT, related_name="orders")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["takedown", "installation", "action"], name="order_once_per_installation"),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(acknowledgement__isnull=False, settled_at__isnull=False),
                name="confirmed_order_has_acknowledgement",
            ),
        ]
        indexes = [
            models.Index(fields=["takedown", "state"], name="order_by_state"),
            models.Index(fields=["bot"], condition=Q(state="ordered"), name="order_open_by_bot"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.installation_id}: {self.state}"


class FeedChange(models.Model):
    """One number of the feed: a block, or the end of one, as every runtime reads it. Append-only.

    The digest is that of the number before it and of this change, so it names the whole history.
    """

    sequence = models.BigIntegerField(primary_key=True)
    change = models.JSONField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"change {self.sequence}"


class FeedBase(models.Model):
    """Every block in force at one number, for a runtime that begins: the rarely changing part of the feed."""

    sequence = models.BigIntegerField(primary_key=True)
    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.BigIntegerField()
    data = models.BinaryField(help_text="canonical JSON, see plugins.runtime.content")
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"base {self.sequence}"


class FanOut(models.Model):
    """How far a takedown's orders and notices are written: up to which installation, then which share of the people.

    A takedown is in force from its block on; these rows only confirm it, and whoever was interrupted goes on here.
    """

    takedown = models.OneToOneField(Takedown, primary_key=True, on_delete=models.PROTECT, related_name="fan_out")
    version_ids = ArrayField(models.BigIntegerField())
    last_version = models.BigIntegerField(default=0)
    last_installation = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0, help_text="shares of the people; 0 while orders are written")
    parts_done = models.PositiveIntegerField(default=0)
    orders = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["orders"], condition=Q(finished_at=None), name="fan_out_unfinished")]

    def __str__(self) -> str:
        return f"{self.takedown_id}: {self.orders} orders, {self.people} people"


class FeedSnapshot(models.Model):
    """A signed freshness statement as it was served; of one sequence the first and the newest are kept."""

    sequence = models.BigIntegerField()
    statement = models.JSONField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sequence", "-issued_at"], name="feed_latest")]

    def __str__(self) -> str:
        return f"feed {self.sequence} of {self.issued_at}"
