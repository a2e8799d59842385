"""Every running deadline: what is owed, by whom, by when, and the evidence that it was kept.
A miss is recorded once and stays; meeting it later does not erase it."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q


class Obligation(models.Model):
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=128, help_text="what it is about, as kind:id")
    owner_role = models.CharField(max_length=64)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    escalation_step = models.PositiveSmallIntegerField(default=0, help_text="steps of the warning path taken")
    met_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True, help_text="its cause was reversed before it was met")
    paused_at = models.DateTimeField(null=True, help_text="nobody can meet it while a takedown holds its subject")
    paused_for = models.DurationField(default=timedelta(0), help_text="by how much opening and due were moved on")
    evidence = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="obligation_once_per_subject"),
            models.CheckConstraint(condition=Q(due_at__gt=F("opened_at")), name="obligation_due_after_opening"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(met_at__isnull=True, cancelled_at__isnull=True),
                name="obligation_running_by_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject}"


class Escalation(models.Model):
    """One warning given about an obligation: to which role, before or after its deadline. Append-only."""

    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT, related_name="escalations")
    step = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["obligation", "step"], name="escalation_once_per_step"),
        ]

    def __str__(self) -> str:
        return f"step {self.step} of {self.obligation_id}"
