"""What a receiving server can answer instead of taking a notice."""

from typing import ClassVar

from governance.errors import GovernanceError


class DeliveryRefused(GovernanceError):
    """The receiver refused this recipient for good (a 5xx answer); another try would be the same."""

    code: ClassVar[str] = "delivery_refused"


class DeliveryDeferred(GovernanceError):
    """The receiver could not take it now, or could not be reached; try again."""

    code: ClassVar[str] = "delivery_deferred"
