"""The record of every decision: numbered, hash-chained entries and signed checkpoints over them.
Append-only; migration 0002 makes the database itself refuse any change. Bodies hold ids, never personal data."""

from django.db import models


class Entry(models.Model):
    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=128)
    action = models.CharField(max_length=64)
    cause = models.CharField(max_length=128)
    subject = models.CharField(max_length=128)
    body = models.JSONField(help_text="everything the hash covers, see governance.ledger.chain")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "sequence"], name="entry_by_subject"),
            models.Index(fields=["cause", "sequence"], name="entry_by_cause"),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class Checkpoint(models.Model):
    """The platform's signature over the chain's head at a moment. Append-only."""

    sequence = models.BigIntegerField()
    statement = models.JSONField()
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sequence"], name="checkpoint_once_per_head"),
        ]

    def __str__(self) -> str:
        return f"checkpoint at {self.sequence}"
