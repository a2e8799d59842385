"""What can go wrong above the rooms; each with a stable code that callers may rely on."""

from typing import ClassVar


class GovernanceError(Exception):
    """Something was asked that cannot be done; the message says what to do instead."""

    code: ClassVar[str] = "governance_error"


class PlaybookError(GovernanceError):
    """The playbook file is wrong; the message names the line and the fix."""

    code = "playbook_invalid"


class SigningKeyMissing(GovernanceError):
    """The platform's signing key is not where the settings say; run `manage.py bootstrap`."""

    code = "signing_key_missing"


class FeedRootMissing(GovernanceError):
    """No root document lists the feed's keys; run `manage.py bootstrap`, or `manage.py root publish FILE`."""

    code = "feed_root_missing"


class FeedKeyNotListed(GovernanceError):
    """None of the signing keys here may sign the feed now; rotate it with `manage.py root`."""

    code = "feed_key_not_listed"
