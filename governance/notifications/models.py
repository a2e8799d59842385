"""The outbox: one row a person and cause, delivered under a lease, each attempt kept.
Queued and delivered are two facts; nothing is marked delivered that nobody accepted."""

import uuid

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued"
        DELIVERED = "delivered"
        UNDELIVERABLE = "undeliverable"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    cause = models.CharField(max_length=128, help_text="what it is about, as kind:id")
    recipient = models.EmailField()
    subject = models.CharField(max_length=256)
    body = models.TextField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="copied from its obligation when queued; delivery sorts by it")
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
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
            models.Index(fields=["cause"], name="notice_by_cause"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DeliveryAttempt(models.Model):
    """One try at one notice: what the other side answered. Append-only."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="delivery_attempts")
    lease_token = models.UUIDField()
    at = models.DateTimeField()
    is_accepted = models.BooleanField()
    detail = models.TextField(help_text="the receiver's answer, without addresses")

    def __str__(self) -> str:
        return f"attempt {self.pk} at {self.notice_id}"
