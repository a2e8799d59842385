"""What can go wrong in the engine, each with a stable code.

A refused archive is the plugin's fault, a failed tool is ours; neither ever reads as `clean`.
"""


class ScannerError(Exception):
    """The engine could not do what it was asked."""

    code = "scanner_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class ArchiveRefused(ScannerError):
    """The archive breaks a rule of its format or a limit, so nothing in it may be trusted."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code

    @property
    def rule_id(self) -> str:
        """Return the rule that explains this refusal to a person."""
        return self.code.replace("_", "-")


class MemberMissing(ScannerError):
    """The archive is sound but holds no file of that name."""

    code = "member_missing"


class ToolFailed(ScannerError):
    """A tool did not start, ran out of a limit, or answered with something unreadable."""

    code = "tool_failed"


class ToolTimedOut(ToolFailed):
    """A tool ran out of its wall clock."""

    code = "tool_timed_out"


class RulesInvalid(ScannerError):
    """A rule file lacks a field or names a value that does not exist."""

    code = "rules_invalid"


class SandboxMissing(ToolFailed):
    """The kernel offers nothing that would hold a process which reads hostile input."""

    code = "sandbox_missing"


class CacheUnsafe(ScannerError):
    """The cache's folder is not ours alone, so that anybody could write results into it."""

    code = "cache_unsafe"


class RecordsUnreadable(ScannerError):
    """Records or an index that the operator pointed at cannot be read, so that a look-up would say nothing."""

    code = "records_unreadable"
