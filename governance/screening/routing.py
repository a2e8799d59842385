"""Where a scanned version goes: publish, review or hold, and the sentence that says why. No database.
The machine never rejects; anything but a complete, clean scan of a trusted publisher meets a person."""

from dataclasses import dataclass
from enum import StrEnum

from scanners.report import Verdict


class Route(StrEnum):
    PUBLISH = "publish"
    REVIEW = "review"
    HOLD = "hold"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What routing knows beside the verdict."""

    has_auto_publish: bool
    needs_first_review: bool
    is_first_version: bool
    block_reason: str
    new_permissions: tuple[str, ...]
    missing_entry_points: tuple[str, ...] = ()
    known_file: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """A route, the review's cause (empty when no person is asked), and the reason in one sentence."""

    route: Route
    cause: str
    reason: str


def choose_route(verdict: Verdict, circumstances: Circumstances) -> Routing:
    """Route a submitted version."""
    if circumstances.block_reason:
        return Routing(Route.HOLD, "findings", f"A takedown blocks this version: {circumstances.block_reason}.")
    if circumstances.known_file:
        return Routing(Route.HOLD, "malicious_verdict", "It holds a file that was found malicious before.")
    if verdict is Verdict.MALICIOUS:
        return Routing(Route.HOLD, "malicious_verdict", "The scan found what only malicious code needs.")
    if verdict is Verdict.INCOMPLETE:
        return Routing(Route.REVIEW, "incomplete_scan", "The scan could not read everything, so a person looks at it.")
    if verdict is Verdict.SUSPICIOUS:
        return Routing(Route.REVIEW, "findings", "The scan found something that a person has to judge.")
    return _route_clean(circumstances)


def _route_clean(circumstances: Circumstances) -> Routing:
    if circumstances.missing_entry_points:
        listed = ", ".join(circumstances.missing_entry_points)
        return Routing(Route.REVIEW, "findings", f"The manifest names entry points that are not there: {listed}.")
    if not circumstances.has_auto_publish:
        return Routing(
            Route.REVIEW, "trust_lapse", "The publisher's proof of identity has lapsed, so a person looks at it."
        )
    if circumstances.is_first_version and circumstances.needs_first_review:
        return Routing(
            Route.REVIEW, "first_submission", "The first version of a plugin by this publisher meets a person."
        )
    if circumstances.new_permissions:
        listed = ", ".join(circumstances.new_permissions)
        return Routing(Route.REVIEW, "new_permission", f"This version asks for more than the last one: {listed}.")
    return Routing(Route.PUBLISH, "", "Every file was read and nothing was found.")


def choose_rescan_route(verdict: Verdict, *, new_findings: int) -> Routing:
    """Route a published version after a re-scan: it is held or looked at, never removed by the machine."""
    if verdict is Verdict.MALICIOUS:
        return Routing(Route.HOLD, "rescan", "The re-scan found what only malicious code needs.")
    if verdict is Verdict.INCOMPLETE:
        return Routing(Route.REVIEW, "rescan", "The re-scan could not read everything, so a person looks at it.")
    if verdict is Verdict.SUSPICIOUS and new_findings:
        return Routing(Route.REVIEW, "rescan", f"The re-scan has {new_findings} findings that were not known before.")
    return Routing(Route.KEEP, "", "The re-scan found nothing new.")
