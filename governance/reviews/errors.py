"""What can be wrong when a person judges a version."""

from governance.errors import GovernanceError


class ReviewUnknown(GovernanceError):
    """No such review."""

    code = "review_unknown"


class ReviewClaimed(GovernanceError):
    """Another person is looking at this version now; wait until their claim ends, or take another review."""

    code = "review_claimed"


class ReviewSettled(GovernanceError):
    """This review was decided before; a decision is revised only by a later one."""

    code = "review_settled"


class GroundsUnfit(GovernanceError):
    """These grounds do not exist, or do not carry this outcome."""

    code = "grounds_unfit"


class StatementMissing(GovernanceError):
    """A decision needs a statement of reasons that its publisher can read."""

    code = "statement_missing"
