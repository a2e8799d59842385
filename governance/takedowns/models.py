"""Reports, orders and their confirmations: what must be off, since when, and which bot said so itself.
Orders, sign-offs and acknowledgements are append-only facts; states only move forward."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class PublisherTakedown(models.Model):
    """Every plugin of one publisher taken down by one order, and the account with them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    publisher = models.ForeignKey("plugins.Publisher", on_delete=models.PROTECT, related_name="+")
    status_before = models.CharField(max_length=16, help_text="the account's, to which it returns")
    grounds = models.CharField(max_length=64)
    statement = models.TextField()
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["publisher"], condition=Q(undone_at__isnull=True), name="publisher_taken_down_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Takedown(models.Model):
    class State(models.TextChoices):
        CONTAINED = "contained"
        REMOVED = "removed"
        REINSTATED = "reinstated"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plugin = models.ForeignKey("plugins.Plugin", on_delete=models.PROTECT, related_name="takedowns")
    versions = models.CharField(max_length=256, help_text="SemVer range, see plugins.runtime.ranges")
    artifact_sha256 = ArrayField(
        models.CharField(max_length=64), default=list, help_text="only these bytes; empty: all in the range"
    )
    file_sha256 = ArrayField(models.CharField(max_length=64), default=list, help_text="whatever holds such a file")
    state = models.CharField(max_length=16, choices=State.choices, default=State.CONTAINED)
    grounds = models.CharField(max_length=64, help_text="a code of governance.takedowns.grounds")
    statement = models.TextField(help_text="statement of reasons (Regulation (EU) 2022/2065, Article 17)")
    exposed_since = models.DateTimeField(help_text="people who ran the plugin from here on are affected")
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="none: the machine"
    )
    automatic_cause = models.CharField(max_length=128, blank=True, help_text="what made the machine act, as kind:id")
    publisher_takedown = models.ForeignKey(
        PublisherTakedown, null=True, on_delete=models.PROTECT, related_name="takedowns"
    )
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
            models.CheckConstraint(
                condition=Q(ordered_by__isnull=False) ^ ~Q(automatic_cause=""), name="order_is_a_persons_or_has_a_cause"
            ),
        ]
        permissions = [
            ("contain_plugin", "May contain a plugin at once"),
            ("remove_plugin", "May decide a removal or sign one off"),
            ("reinstate_plugin", "May reinstate a plugin"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class StatementOfReasons(models.Model):
    """Why a restriction was imposed, field by field (Regulation (EU) 2022/2065, Article 17 (3)). Append-only.

    Migration 0004 makes the database refuse to commit a containment or a removal without its own.
    """

    class Restriction(models.TextChoices):
        CONTAINMENT = "containment"
        REMOVAL = "removal"

    class Source(models.TextChoices):
        NOTICE = "notice", "Notices submitted to us"
        OWN_INITIATIVE = "own_initiative", "Our own investigation"

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="statements")
    restriction = models.CharField(max_length=16, choices=Restriction.choices)
    territory = models.TextField()
    duration = models.TextField()
    facts = models.TextField()
    source = models.CharField(max_length=16, choices=Source.choices)
    is_found_by_machine = models.BooleanField()
    is_decided_by_machine = models.BooleanField()
    legal_ground = models.TextField(blank=True, help_text="the law, where the content is held to be illegal")
    contractual_ground = models.TextField(blank=True, help_text="the clause, where it breaks the terms")
    explanation = models.TextField()
    redress = models.TextField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["takedown", "restriction"], name="reasons_once_per_restriction"),
            models.CheckConstraint(
                condition=~Q(legal_ground="") | ~Q(contractual_ground=""), name="reasons_rest_on_a_ground"
            ),
            models.CheckConstraint(
                condition=~Q(facts="") & ~Q(explanation="") & ~Q(redress="") & ~Q(territory="") & ~Q(duration=""),
                name="reasons_are_whole",
            ),
            models.CheckConstraint(
                condition=Q(restriction="containment") | Q(is_decided_by_machine=False), name="machine_removes_nothing"
            ),
        ]
        verbose_name_plural = "statements of reasons"

    def __str__(self) -> str:
        return f"reasons for the {self.restriction} by {self.takedown_id}"


class Reporter(models.Model):
    """Whoever reports: known by an address; a trusted one also by a token, of which only the digest is kept."""

    email = models.EmailField(unique=True, help_text="lower-case, without a +tag")
    token_digest = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  unique, so absent is NULL
    trusted_at = models.DateTimeField(null=True)
    trusted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    first_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(trusted_at__isnull=True, trusted_by__isnull=True, token_digest__isnull=True)
                | Q(trusted_at__isnull=False, trusted_by__isnull=False, token_digest__isnull=False),
                name="trust_is_a_persons_and_has_a_token",
            ),
        ]

    def __str__(self) -> str:
        return f"reporter {self.pk}"


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
    reporter = models.ForeignKey(Reporter, null=True, on_delete=models.PROTECT, related_name="reports")
    is_authenticated = models.BooleanField(default=False, help_text="sent with the reporter's own token")
    network_digest = models.CharField(max_length=64, blank=True, help_text="keyed digest of where it came from")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    takedown = models.ForeignKey(Takedown, null=True, on_delete=models.PROTECT, related_name="reports")
    reported_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    dismissal_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plugin", "category"],
                condition=Q(state="open", merged_into__isnull=True),
                name="report_leads_once_per_plugin_and_category",
            ),
        ]
        indexes = [
            models.Index(fields=["reporter", "reported_at"], name="report_by_reporter"),
            models.Index(fields=["network_digest", "reported_at"], name="report_by_network"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class KnownFile(models.Model):
    """A file that a person has found malicious: an artifact that holds it is contained without waiting."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    takedown = models.ForeignKey(Takedown, null=True, on_delete=models.PROTECT, related_name="known_files")
    reason = models.TextField()
    listed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.sha256


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
    grounds = models.CharField(max_length=64, blank=True, help_text="what the removal rests on")
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
    """One number of the feed: a block, or the end of one, as every runtime reads it. Append-only."""

    sequence = models.BigIntegerField(primary_key=True)
    change = models.JSONField()
    digest = models.CharField(max_length=64)  # of the number before it and of this change: the whole history

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


class Pin(models.Model):
    """An installation that goes back to a good version, where its tenant allows it; or returns afterwards."""

    class Direction(models.TextChoices):
        BACK = "back"
        RETURN = "return"

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="pins")
    installation = models.ForeignKey("plugins.Installation", on_delete=models.PROTECT, related_name="+")
    bot = models.ForeignKey("plugins.Bot", on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=8, choices=Direction.choices)
    version = models.ForeignKey("plugins.Version", on_delete=models.PROTECT, related_name="+", help_text="to run now")
    ordered_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["takedown", "installation", "direction"],
                condition=Q(withdrawn_at__isnull=True),
                name="pin_live_once_per_installation",
            ),
        ]
        indexes = [models.Index(fields=["bot"], condition=Q(withdrawn_at__isnull=True), name="pin_live_by_bot")]

    def __str__(self) -> str:
        return f"{self.direction} of {self.installation_id} to {self.version_id}"


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
