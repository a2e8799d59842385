"""What can be wrong with an order, a signature under it, or a runtime's statement."""

from governance.errors import GovernanceError


class TakedownUnknown(GovernanceError):
    """No such takedown."""

    code = "takedown_unknown"


class RangeEmpty(GovernanceError):
    """The range is not readable, or matches no version of the plugin."""

    code = "range_matches_nothing"


class DigestUnreadable(GovernanceError):
    """A digest is 64 lower-case hex digits, the SHA-256 of an artifact or of a file in it."""

    code = "digest_unreadable"


class GroundsUnknown(GovernanceError):
    """These grounds do not exist."""

    code = "grounds_unknown"


class StatementOfReasonsMissing(GovernanceError):
    """A takedown cannot be ordered without a statement of reasons (Regulation (EU) 2022/2065, Article 17)."""

    code = "statement_of_reasons_missing"


class AlreadyContained(GovernanceError):
    """A takedown of exactly these versions is in force already."""

    code = "already_contained"


class PublisherContained(GovernanceError):
    """A takedown of this whole publisher is in force already."""

    code = "publisher_contained"


class NothingToContain(GovernanceError):
    """The publisher has no plugin left that is not down already."""

    code = "nothing_to_contain"


class NotInForce(GovernanceError):
    """The takedown is not in a state that allows this."""

    code = "takedown_not_in_force"


class SignOffRepeated(GovernanceError):
    """This person has signed already; the second signature is another person's."""

    code = "signoff_repeated"


class SignOffDiffers(GovernanceError):
    """The signatures under one removal are under the same grounds."""

    code = "signoff_differs"


class ReportUnknown(GovernanceError):
    """No such abuse report."""

    code = "report_unknown"


class ReportSettled(GovernanceError):
    """This abuse report was answered before."""

    code = "report_settled"


class TooManyReports(GovernanceError):
    """More reports came from one address or network than are taken in a day."""

    code = "too_many_reports"


class ReporterTokenInvalid(GovernanceError):
    """No trusted reporter has this token."""

    code = "reporter_token_invalid"


class KnownFileUnknown(GovernanceError):
    """This file is not on the list of known malicious files."""

    code = "known_file_unknown"


class AuthorityClockUnknown(GovernanceError):
    """No such report is owed for this takedown, or it was sent before."""

    code = "authority_clock_unknown"


class KnownInFuture(GovernanceError):
    """A deadline counts from when something was known, which cannot be later than now."""

    code = "known_in_future"


class StatementRefused(GovernanceError):
    """A runtime's statement is malformed, or not signed by the bot's own key."""

    code = "statement_refused"


class AcknowledgementForeign(GovernanceError):
    """A bot may only speak for itself: this statement is signed by another key, or names another bot's order."""

    code = "acknowledgement_foreign"


class AcknowledgementReplayed(GovernanceError):
    """This acknowledgement was recorded before; nothing was changed."""

    code = "acknowledgement_replayed"


class OrderUnknown(GovernanceError):
    """No order asks this bot for this."""

    code = "order_unknown"


class FeedGap(GovernanceError):
    """A number of the feed stands for nothing: its chain cannot be continued."""

    code = "feed_gap"


class BlockForeign(GovernanceError):
    """The acknowledgement names another block than the order's, or a feed from before it."""

    code = "block_foreign"


class RootRefused(GovernanceError):
    """The root document asked for would leave runtimes without a key they can believe."""

    code = "root_refused"


class TranslationIncomplete(GovernanceError):
    """A file of translated notices lacks a key of the English one, or fills in other fields."""

    code = "translation_incomplete"
