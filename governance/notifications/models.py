"""The outbox: one row a person and cause, delivered under a lease, each attempt kept.
Queued and delivered are two facts; nothing is marked delivered that nobody accepted."""

import uuid

from django.db import models
from django.db.models import Q


class Letter(models.Model):
    """The words of many notices in one language: what stands before and after each person's own lines.

    `lines` holds a line's wording by shape; a notice's `items` name a shape and its values. Append-only.
    """

    kind = models.CharField(max_length=64)
    cause = models.CharField(max_length=128, help_text="what it is about, as kind:id")
    language = models.CharField(max_length=16)
    subject = models.CharField(max_length=256)
    opening = models.TextField()
    closing = models.TextField()
    lines = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause", "language"], name="letter_once_per_language"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} in {self.language}"


class Notice(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued"
        DELIVERED = "delivered"
        UNDELIVERABLE = "undeliverable"

    class Channel(models.TextChoices):
        """Where it goes next; a refusal for good moves it to the one after."""

        EMAIL = "email"
        WEBHOOK = "webhook"
        IN_APP = "in_app"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    cause = models.CharField(max_length=128, help_text="what it is about, as kind:id")
    recipient = models.EmailField()
    subject = models.CharField(max_length=256, blank=True, help_text="empty where a letter holds the words")
    body = models.TextField(blank=True)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.PROTECT, related_name="notices")
    items = models.JSONField(null=True, help_text="the person's own lines: [shape, value, ...] each")
    items_total = models.PositiveIntegerField(default=0, help_text="how many there are; the longest lists are cut")
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    channel = models.CharField(max_length=16, choices=Channel.choices, default=Channel.EMAIL)
    turn = models.PositiveIntegerField(default=1, help_text="its place among the notices of its cause")
    queued_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="copied from its obligation when queued; delivery sorts by it")
    next_attempt_at = models.DateTimeField()
    slot_at = models.DateTimeField(null=True, help_text="the place its domain's pace gave it, until it is tried")
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True, help_text="a channel refused it for good; support looks at it")
    bounces = models.PositiveSmallIntegerField(default=0, help_text="times an accepted one came back")
    request_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause", "recipient"], name="notice_once_per_person_and_cause"),
            models.CheckConstraint(
                condition=~Q(state="delivered") | Q(delivered_at__isnull=False), name="delivered_notice_is_dated"
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline_at", "next_attempt_at"],
                condition=Q(state="queued"),
                name="notice_queued_by_deadline",
            ),
            # The other half of every claim: who of the causes was served least.
            models.Index(fields=["turn", "deadline_at"], condition=Q(state="queued"), name="notice_queued_by_turn"),
            models.Index(
                fields=["lease_until"],
                condition=Q(state="queued", lease_token__isnull=False),
                name="notice_leased",
            ),
            models.Index(fields=["cause"], name="notice_by_cause"),
            models.Index(fields=["recipient", "-queued_at"], name="notice_by_recipient"),
            models.Index(fields=["refused_at"], condition=Q(refused_at__isnull=False), name="notice_refused"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeliveryAttempt(models.Model):
    """One try at one notice: what the other side answered. Append-only."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="delivery_attempts")
    channel = models.CharField(max_length=16, choices=Notice.Channel.choices, default=Notice.Channel.EMAIL)
    lease_token = models.UUIDField()
    at = models.DateTimeField()
    is_accepted = models.BooleanField()
    is_doubtful = models.BooleanField(default=False, help_text="it may have arrived although no answer was recorded")
    detail = models.TextField(help_text="the receiver's answer, without addresses")

    class Meta:
        indexes = [models.Index(fields=["notice"], condition=Q(is_doubtful=True), name="attempt_doubtful")]

    def __str__(self) -> str:
        return f"attempt {self.pk} at {self.notice_id}"


class DomainPace(models.Model):
    """When a mail domain may be given the next notice, by all processes together."""

    domain = models.CharField(primary_key=True, max_length=255)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.domain} from {self.free_at}"


class Webhook(models.Model):
    """Where a person's own program takes notices; its secret is derived, never stored."""

    owner = models.OneToOneField("plugins.BotOwner", primary_key=True, on_delete=models.PROTECT, related_name="webhook")
    url = models.URLField(max_length=1024)
    generation = models.PositiveIntegerField(default=1, help_text="counts secrets: a new one with every change")
    changed_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"webhook of {self.owner_id}"
