"""What can be wrong with signed data, a feed, or an answer of the platform; each with a stable code.
Whoever catches one of these keeps the last known state: no error ever switches a plugin on."""

from typing import ClassVar


class RuntimeTrustError(Exception):
    """Something was not trusted, and nothing was done because of it."""

    code: ClassVar[str] = "trust_error"


class CanonicalError(RuntimeTrustError):
    """The data is not of the small JSON that can be signed."""

    code = "json_refused"


class JsonTooLarge(CanonicalError):
    """More bytes than the reader takes."""

    code = "json_too_large"


class JsonTooDeep(CanonicalError):
    """Nested deeper than anything honest is."""

    code = "json_too_deep"


class JsonDuplicateKey(CanonicalError):
    """A key appears twice: two readers could see two different values."""

    code = "json_duplicate_key"


class StatementError(RuntimeTrustError):
    """A signed statement cannot be trusted."""

    code = "statement_invalid"


class StatementMalformed(StatementError):
    """A statement has exactly the texts payload, key_id and signature."""

    code = "statement_malformed"


class UnknownKey(StatementError):
    """The statement is signed by a key that is not trusted here."""

    code = "unknown_key"


class BadSignature(StatementError):
    """The signature does not match the payload."""

    code = "bad_signature"


class WrongKind(StatementError):
    """The statement was signed for another use."""

    code = "wrong_kind"


class NotCanonical(StatementError):
    """The payload is not in canonical form: two texts could pass for one."""

    code = "not_canonical"


class KeyInvalid(RuntimeTrustError):
    """A key is not the base64 of 32 bytes."""

    code = "key_invalid"


class KeyExposed(RuntimeTrustError):
    """A private key's file can be read by everybody; make it private (mode 0600)."""

    code = "key_exposed"


class InvalidVersion(RuntimeTrustError):
    """The text is not a version of Semantic Versioning 2.0.0."""

    code = "invalid_version"


class InvalidRange(RuntimeTrustError):
    """The text is not a range of versions."""

    code = "invalid_range"


class InvalidMoment(RuntimeTrustError):
    """The text is not a moment in UTC, written like 2026-01-31T12:00:00Z."""

    code = "invalid_moment"


class FeedError(RuntimeTrustError):
    """The feed is not accepted; the last known state stays in force."""

    code = "feed_invalid"


class FeedTooLarge(FeedError):
    """The feed has more bytes than a client takes."""

    code = "feed_too_large"


class FeedMalformed(FeedError):
    """The feed is signed and still does not have the form of a feed."""

    code = "feed_malformed"


class FeedUntrusted(FeedError):
    """The feed's signature does not hold."""

    code = "feed_untrusted"


class FeedUnsigned(FeedUntrusted):
    """The feed does not come as a signed statement."""

    code = "feed_unsigned"


class FeedKeyUnknown(FeedUntrusted):
    """The feed is signed by a key that the root does not list."""

    code = "feed_key_unknown"


class FeedKeyExpired(FeedUntrusted):
    """The feed is signed by a key outside the time for which the root lists it."""

    code = "feed_key_expired"


class FeedForged(FeedUntrusted):
    """The feed's signature does not match its bytes."""

    code = "feed_forged"


class FeedWrongKind(FeedUntrusted):
    """The platform signed this for another use."""

    code = "feed_wrong_kind"


class FeedNotCanonical(FeedUntrusted):
    """The feed is signed over bytes that two readers could read in two ways."""

    code = "feed_not_canonical"


class FeedExpired(FeedError):
    """The feed is past its expiry: somebody may be holding back a newer one."""

    code = "feed_expired"


class FeedFromFuture(FeedError):
    """The feed was issued later than now; one of the two clocks is wrong."""

    code = "feed_from_future"


class FeedRolledBack(FeedError):
    """The feed's number is lower than one seen before."""

    code = "feed_rolled_back"


class FeedMixed(FeedError):
    """The same number came with other blocks before: one of the two is not the platform's."""

    code = "feed_mixed"


class FeedContentMismatch(FeedError):
    """The blocks are not the ones the freshness statement names: two feeds were mixed."""

    code = "feed_content_mismatch"


class RootError(FeedError):
    """The root document, which lists the feed's keys, is not accepted; the last one believed stays."""

    code = "root_invalid"


class RootMalformed(RootError):
    """The root document does not have the form of one."""

    code = "root_malformed"


class RootUntrusted(RootError):
    """The root document is not signed by a root key of the version before it."""

    code = "root_untrusted"


class RootOutOfOrder(RootError):
    """The root document's version is not the one after the last believed here."""

    code = "root_out_of_order"


class RootExpired(RootError):
    """The newest root document is past its expiry: somebody may be holding back a newer one."""

    code = "root_expired"


class FeedUnavailable(FeedError):
    """No feed that is verified and in date can be had, so nothing new is installed."""

    code = "feed_unavailable"


class PlatformError(RuntimeTrustError):
    """The platform did not give a usable answer."""

    code = "platform_error"


class AddressRefused(PlatformError):
    """The platform's address must be https, or http on this machine, with nothing but host, port and path."""

    code = "address_refused"


class Unreachable(PlatformError):
    """The platform cannot be reached, or was too slow."""

    code = "unreachable"


class AnswerTooLarge(PlatformError):
    """The answer is larger than a client takes."""

    code = "answer_too_large"


class AnswerRefused(PlatformError):
    """The answer has a status or a form the client does not follow."""

    code = "answer_refused"


class InstallRefused(PlatformError):
    """The platform does not offer this version; `reason` is its own code."""

    code = "install_refused"

    def __init__(self, message: str, *, reason: str) -> None:
        self.reason = reason
        super().__init__(message)


class ArtifactMismatch(PlatformError):
    """The downloaded bytes are not the ones the catalogue names."""

    code = "artifact_mismatch"


class PluginBlocked(RuntimeTrustError):
    """The feed blocks this plugin's version; it is not loaded."""

    code = "plugin_blocked"


class NotInstalled(RuntimeTrustError):
    """The bot does not run this plugin."""

    code = "not_installed"


class SwitchFailed(RuntimeTrustError):
    """The runtime could not switch a plugin; it is tried again at the next poll and not acknowledged."""

    code = "switch_failed"


class StateCorrupt(RuntimeTrustError):
    """The state file cannot be read; starting without it would let an old feed be replayed."""

    code = "state_corrupt"
