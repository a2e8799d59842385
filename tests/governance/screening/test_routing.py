"""Where a scanned version goes: the whole table, and that only a clean scan of a trusted publisher is published."""

from itertools import product

import pytest

from governance.screening.routing import Circumstances, Route, choose_rescan_route, choose_route
from scanners.report import Verdict

TRUSTED = Circumstances(
    has_auto_publish=True, needs_first_review=False, is_first_version=False, block_reason="", new_permissions=()
)


def circumstances(**changes: object) -> Circumstances:
    values = {field: getattr(TRUSTED, field) for field in TRUSTED.__slots__}
    return Circumstances(**(values | changes))


@pytest.mark.parametrize(
    ("verdict", "route", "cause"),
    [
        (Verdict.CLEAN, Route.PUBLISH, ""),
        (Verdict.SUSPICIOUS, Route.REVIEW, "findings"),
        (Verdict.INCOMPLETE, Route.REVIEW, "incomplete_scan"),
        (Verdict.MALICIOUS, Route.HOLD, "malicious_verdict"),
    ],
)
def test_verdict_of_a_trusted_publishers_version_decides(verdict: Verdict, route: Route, cause: str) -> None:
    routing = choose_route(verdict, TRUSTED)

    assert (routing.route, routing.cause) == (route, cause)
    assert routing.reason.endswith(".")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"has_auto_publish": False}, "trust_lapse"),
        ({"is_first_version": True, "needs_first_review": True}, "first_submission"),
        ({"new_permissions": ("network:example.invalid",)}, "new_permission"),
    ],
)
def test_clean_version_meets_a_person_when_something_is_new_or_lapsed(changes: dict[str, object], cause: str) -> None:
    routing = choose_route(Verdict.CLEAN, circumstances(**changes))

    assert (routing.route, routing.cause) == (Route.REVIEW, cause)


def test_first_version_of_a_verified_publisher_needs_nobody() -> None:
    assert choose_route(Verdict.CLEAN, circumstances(is_first_version=True)).route is Route.PUBLISH


def test_new_permissions_are_named_in_the_reason() -> None:
    routing = choose_route(Verdict.CLEAN, circumstances(new_permissions=("secrets:API_KEY", "subprocess")))

    assert "secrets:API_KEY, subprocess" in routing.reason


@pytest.mark.parametrize("verdict", list(Verdict))
def test_blocked_version_is_held_whatever_the_scan_says(verdict: Verdict) -> None:
    routing = choose_route(verdict, circumstances(block_reason="malware"))

    assert routing.route is Route.HOLD
    assert "malware" in routing.reason


def test_only_clean_is_ever_published() -> None:
    answers = product([True, False], repeat=3)
    lists: list[tuple[str, ...]] = [(), ("x",)]
    for verdict, (auto, review, first), block, new, gone in product(Verdict, answers, ["", "malware"], lists, lists):
        given = Circumstances(auto, review, first, block, new, gone)
        route = choose_route(verdict, given).route
        is_plain = not block and not new and not gone
        may_publish = verdict is Verdict.CLEAN and auto and is_plain and not (review and first)
        assert (route is Route.PUBLISH) == may_publish, given


@pytest.mark.parametrize(
    ("verdict", "new_findings", "route"),
    [
        (Verdict.CLEAN, 0, Route.KEEP),
        (Verdict.CLEAN, 3, Route.KEEP),
        (Verdict.SUSPICIOUS, 0, Route.KEEP),
        (Verdict.SUSPICIOUS, 1, Route.REVIEW),
        (Verdict.INCOMPLETE, 0, Route.REVIEW),
        (Verdict.INCOMPLETE, 1, Route.REVIEW),
        (Verdict.MALICIOUS, 0, Route.HOLD),
        (Verdict.MALICIOUS, 1, Route.HOLD),
    ],
)
def test_rescan_keeps_looks_or_holds(verdict: Verdict, new_findings: int, route: Route) -> None:
    assert choose_rescan_route(verdict, new_findings=new_findings).route is route
