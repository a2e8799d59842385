"""What the API takes and gives, one class a document. Unknown fields are refused, so that a typo is never ignored.
Never holds a rule: values are only bounded here, rooms judge them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from governance.api.fields import (
    Base64,
    CatalogueName,
    Email,
    Language,
    Line,
    PublisherSlug,
    Secret,
    Text,
    VersionNumber,
    WebAddress,
)


class Incoming(Schema):
    """A document from outside."""

    model_config = ConfigDict(extra="forbid")


class VersionAddress(Incoming):
    """Where a version is found: three parts of a path."""

    publisher: PublisherSlug
    plugin: CatalogueName
    version: VersionNumber


class RegistrationIn(Incoming):
    slug: PublisherSlug
    display_name: Line
    email: Email
    member_name: Line


class RegistrationOut(Schema):
    publisher: str
    status: Literal["awaiting_email_confirmation"]


class ConfirmationRequestIn(Incoming):
    slug: PublisherSlug
    email: Email


class ConfirmationIn(Incoming):
    secret: Secret


class ConfirmationOut(Schema):
    publisher: str
    token: str
    expires_at: datetime


class PublisherOut(Schema):
    slug: str
    display_name: str
    level: str
    status: str


class SubmissionOut(Schema):
    publisher: str
    plugin: str
    version: str
    status: str
    status_url: str
    sha256: str
    request_id: str


class FindingOut(Schema):
    rule_id: str
    engine: str
    severity: str
    path: str
    line: int | None
    title: str
    why: str
    fix: str
    trace: list[str]


class EngineOut(Schema):
    name: str
    version: str
    state: str


class ReviewOut(Schema):
    cause: str
    due_at: datetime | None


class DecisionOut(Schema):
    outcome: str
    grounds: str
    statement: str
    decided_at: datetime


class MoveOut(Schema):
    from_status: str = Field(serialization_alias="from")
    to_status: str = Field(serialization_alias="to")
    cause: str
    at: datetime


class VersionOut(Schema):
    publisher: str
    plugin: str
    version: str
    status: str
    status_changed_at: datetime
    reason: str
    verdict: str | None
    findings: list[FindingOut]
    engines: list[EngineOut]
    review: ReviewOut | None
    decision: DecisionOut | None
    moves: list[MoveOut]


class VersionStatusOut(Schema):
    publisher: str
    plugin: str
    version: str
    status: str


class PublishedOut(Schema):
    publisher: str
    plugin: str
    version: str
    title: str
    runtime: str
    artifact_sha256: str


class InstallableOut(Schema):
    publisher: str
    plugin: str
    version: str
    artifact_sha256: str
    size_bytes: int
    permissions: dict[str, object]
    download_url: str


class BotIn(Incoming):
    name: Line
    owner_email: Email
    owner_name: Line
    public_key: Base64


class StatementIn(Incoming):
    """A signed statement: the signature covers the payload's exact text."""

    payload: Annotated[str, StringConstraints(min_length=1, max_length=8192, pattern=r"^[^\x00-\x1f\x7f]+$")]
    key_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    signature: Base64


class StatementOut(Schema):
    payload: str
    key_id: str
    signature: str


class BotOut(Schema):
    bot: UUID
    root: StatementOut
    feed_url: str


class FeedOut(Schema):
    """The root's newest version, the signed freshness statement, and the changes that lead to its number."""

    root: int
    freshness: StatementOut
    changes: list[dict[str, object]]


class PresenceOut(Schema):
    orders_delivered: int


class InstallationOut(Schema):
    installation: int | None
    is_allowed: bool
    block_ids: list[UUID]


class AcknowledgementOut(Schema):
    takedown: UUID
    action: str
    recorded_at: datetime | None


class RemedyIn(Incoming):
    remedy: Literal["disable", "pin_back"]


class RemedyOut(Schema):
    remedy: str


class PinOut(Schema):
    """`back` asks for the last good version, `return` for the one before the takedown."""

    takedown: UUID
    bot: UUID
    direction: str
    publisher: str
    plugin: str
    from_version: str
    to_version: str
    artifact_sha256: str
    ordered_at: datetime


class ReportIn(Incoming):
    publisher: PublisherSlug
    plugin: CatalogueName
    version: VersionNumber | None = None
    category: Literal["malware", "data_theft", "impersonation", "policy", "other"]
    description: Text
    reporter_email: Email


class ReportFiledOut(Schema):
    tracking_id: UUID
    status_url: str


class ReportOut(Schema):
    """`is_merged`: others reported the same before, and one answer is for all; `takedown` is what followed."""

    state: str
    reported_at: datetime
    settled_at: datetime | None
    is_merged: bool
    takedown: UUID | None


class TakedownOut(Schema):
    id: UUID
    publisher: str
    plugin: str
    versions: str
    state: str
    grounds: str
    contained_at: datetime
    bots_ordered: int
    bots_confirmed: int


class NoticeLineOut(Schema):
    id: UUID
    kind: str
    about: str
    subject: str
    queued_at: datetime
    delivered_at: datetime | None


class NoticeOut(NoticeLineOut):
    text: str


class LanguageIn(Incoming):
    language: Language


class WebhookIn(Incoming):
    url: WebAddress


class WebhookOut(Schema):
    url: str
    secret: str
