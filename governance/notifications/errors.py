"""What a receiver can answer instead of taking a notice."""

from typing import ClassVar

from governance.errors import GovernanceError


class DeliveryRefused(GovernanceError):
    """The receiver refused this recipient for good (a 5xx answer); another try would be the same."""

    code: ClassVar[str] = "delivery_refused"


class DeliveryDeferred(GovernanceError):
    """The receiver could not take it now; try again."""

    code: ClassVar[str] = "delivery_deferred"


class DeliveryDoubtful(DeliveryDeferred):
    """The notice was handed over and no answer came: the receiver may have it. The next try carries the same id."""

    code: ClassVar[str] = "delivery_doubtful"


class ChannelDown(DeliveryDeferred):
    """The channel itself could not be reached: this says nothing about the notice, and the others need not be tried."""

    code: ClassVar[str] = "channel_down"


class WebhookUnsafe(GovernanceError):
    """A webhook's address is not HTTPS on a public host, or names what a platform must not call."""

    code: ClassVar[str] = "webhook_unsafe"


class NoticeUnknown(GovernanceError):
    """This person has no such notice."""

    code: ClassVar[str] = "notice_unknown"
