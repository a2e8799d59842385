"""What the HTTP door itself refuses, before any room is asked; each with a stable code."""

from governance.errors import GovernanceError


class DoorError(GovernanceError):
    """The request cannot be passed on as it is; the message says what to send instead."""

    code = "request_refused"


class TokenInvalid(DoorError):
    """No bearer token came, or it is unknown, expired or revoked."""

    code = "token_invalid"


class TokenOfAnotherParty(DoorError):
    """The token speaks for another party than the one this address is for."""

    code = "token_of_another_party"


class ContentTypeUnsupported(DoorError):
    """The body is announced as something else than an archive."""

    code = "content_type_unsupported"
