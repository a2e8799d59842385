"""What no runtime may load: one entry per block, numbered by the feed's sequence.
An entry names plugin, publisher and versions together, never a name alone; it is lifted, never deleted."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from plugins.models.catalogue import Plugin
from plugins.models.publishers import Publisher


class FeedHead(models.Model):
    """The one row whose lock hands out feed sequence numbers without gaps or races."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="feed_head_is_one_row")]

    def __str__(self) -> str:
        return f"feed at {self.sequence}"


class BlocklistEntry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    takedown = models.ForeignKey("takedowns.Takedown", on_delete=models.PROTECT, related_name="blocks")
    plugin = models.ForeignKey(Plugin, on_delete=models.PROTECT, related_name="blocks")
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="blocks")
    versions = models.CharField(max_length=256, help_text="SemVer range, see plugins.runtime.ranges")
    artifact_sha256 = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="only these bytes; empty: all in the range"
    )
    file_sha256 = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="and whatever holds one of these files"
    )
    reason = models.CharField(max_length=64)
    sequence = models.BigIntegerField(unique=True)
    blocked_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_sequence = models.BigIntegerField(null=True, unique=True)

    class Meta:
        verbose_name_plural = "blocklist entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_sequence__isnull=True)
                | Q(lifted_at__isnull=False, lifted_sequence__isnull=False),
                name="block_lift_is_numbered",
            ),
            # Runtimes know artifacts, not files: without a digest they would take the whole range as meant.
            models.CheckConstraint(
                condition=Q(file_sha256=[]) | ~Q(artifact_sha256=[]), name="block_of_files_names_artifacts"
            ),
        ]
        indexes = [
            models.Index(fields=["plugin"], condition=Q(lifted_at__isnull=True), name="block_live_by_plugin"),
        ]

    def __str__(self) -> str:
        return f"block {self.sequence} on {self.plugin_id}"
