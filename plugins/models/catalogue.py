"""What was submitted: plugins, their immutable versions, content-addressed artifacts, and every move of a version.
A version is never deleted and its number never reused; migration 0002 makes the database refuse both."""

from django.db import models
from django.db.models import Q

from plugins.models.publishers import ApiToken, Publisher


class Plugin(models.Model):
    publisher = models.ForeignKey(Publisher, on_delete=models.PROTECT, related_name="plugins")
    name = models.CharField(max_length=64)
    title = models.CharField(max_length=128)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(retired_at__isnull=True), name="plugin_name_is_held_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publisher.slug}/{self.name}"


class Artifact(models.Model):
    sha256 = models.CharField(primary_key=True, max_length=64)
    size_bytes = models.BigIntegerField()
    storage_key = models.CharField(max_length=128)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class ArtifactFile(models.Model):
    """One content inside an artifact, at the first path a scan listed it; equal bytes list the same files."""

    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64)
    path = models.TextField()
    size_bytes = models.BigIntegerField()
    is_code = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["artifact", "sha256"], name="file_once_per_artifact"),
        ]
        indexes = [models.Index(fields=["sha256"], name="file_by_content")]

    def __str__(self) -> str:
        return f"{self.path} in {self.artifact_id}"


class Version(models.Model):
    class Status(models.TextChoices):
        SUBMITTED = "submitted"
        SCANNING = "scanning"
        IN_REVIEW = "in_review"
        HELD = "held"
        PUBLISHED = "published"
        REJECTED = "rejected"
        WITHDRAWN = "withdrawn"
        YANKED = "yanked"
        QUARANTINED = "quarantined"
        REMOVED = "removed"

    plugin = models.ForeignKey(Plugin, on_delete=models.PROTECT, related_name="versions")
    number = models.CharField(max_length=64)
    release = models.CharField(max_length=64, help_text="number without build metadata (SemVer 2.0, section 10)")
    artifact = models.ForeignKey(Artifact, on_delete=models.PROTECT, related_name="versions")
    manifest = models.JSONField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.SUBMITTED)
    status_changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(ApiToken, null=True, on_delete=models.PROTECT, related_name="+")
    request_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plugin", "release"], name="version_number_is_used_once"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "submitted",
                        "scanning",
                        "in_review",
                        "held",
                        "published",
                        "rejected",
                        "withdrawn",
                        "yanked",
                        "quarantined",
                        "removed",
                    ]
                ),
                name="version_status_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "status_changed_at"], name="version_by_status"),
        ]

    def __str__(self) -> str:
        return f"{self.plugin} {self.number}"


class VersionMove(models.Model):
    """One change of a version's status: who, from, to, why, when. Append-only."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="moves")
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=16)
    event = models.CharField(max_length=32)
    actor = models.CharField(max_length=128)
    cause = models.TextField()
    at = models.DateTimeField()
    request_id = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["version", "at"], name="move_by_version")]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.from_status} to {self.to_status}"
