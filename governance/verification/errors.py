"""What can be wrong when a publisher proves who they are."""

from governance.errors import GovernanceError


class ChallengeInvalid(GovernanceError):
    """The confirmation is unknown, used or expired; register again to get a new one."""

    code = "challenge_invalid"


class SlugTaken(GovernanceError):
    """Another publisher holds this slug; choose another."""

    code = "publisher_slug_taken"


class AlreadyAttested(GovernanceError):
    """This proof is in force already; let it lapse or revoke it first."""

    code = "already_attested"
