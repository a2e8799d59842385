"""Says in words what a verification found, who is missing, and what each claim rests on.
Pure text; never calls anything verified that only the platform asserts."""

from collections.abc import Iterator

from governance.takedowns.bundle import NoticeFact, OrderFact
from governance.takedowns.proof_counts import NoticeCount, SwitchCount, Times
from governance.takedowns.verification import Verification
from plugins.runtime.moments import format_moment

BY_BOTS = "each signed by the bot itself; which key is whose is asserted by the platform"
BY_PLATFORM = "asserted by the platform, from the receiving mail servers' answers"
BY_PLATFORM_KEY = "signed under the platform key named above"


def describe(verification: Verification) -> str:
    """Return the whole text, one finding a line."""
    return "".join(f"{_printable(line)}\n" for line in _lines(verification))


def _lines(found: Verification) -> Iterator[str]:
    yield _headline(found)
    for problem in found.problems:
        yield f"  broken: {problem}"
    yield _authority(found)
    if found.is_redacted:
        yield "people.json is withheld: people are told apart by digests that were signed with the rest"
    proof = found.proof
    if proof is None:
        return
    order = proof.takedown
    yield f"takedown {order.takedown}: {order.plugin} by {order.publisher}, versions {order.versions}"
    for what, digests in (("the artifacts", order.artifact_sha256), ("what holds", order.file_sha256)):
        if digests:
            yield f"  only {what} {', '.join(digests)}"
    yield f"  ordered {format_moment(order.contained_at)} by {order.ordered_by} on the ground {order.grounds}"
    yield f"  [{BY_PLATFORM_KEY}; range, ground, person and moment as the ledger sealed them]"
    yield from _describe_switches(proof.off, what="switched off")
    if order.reinstated_at is not None:
        yield f"  reinstated {format_moment(order.reinstated_at)}"
        yield from _describe_switches(proof.on, what="switched on again")
    yield from _describe_notices(proof.notices)
    yield f"feed: blocked from number {proof.block_sequence}; newest feed has number {proof.feed_sequence}"
    yield f"ledger: entries {proof.first_entry} to {proof.last_entry} reach the checkpoint of that entry"
    yield f"  [both {BY_PLATFORM_KEY}]"


def _headline(found: Verification) -> str:
    if found.is_broken:
        return f"BROKEN: {len(found.problems)} things do not hold; nothing below may be relied on"
    verdict = "COMPLETE" if found.is_complete else "INCOMPLETE: somebody is missing"
    return f"VERIFIED, {verdict}" if found.is_authenticated else f"CONSISTENT IN ITSELF, {verdict}"


def _authority(found: Verification) -> str:
    ids = ", ".join(sorted(found.key_ids)) or "none"
    if found.is_authenticated:
        return f"platform key: given by you ({ids})"
    return (
        f"platform key: taken from the bundle itself ({ids}), so it is self-consistent and NOT authenticated: "
        "anyone could have made it. Give the platform's key with --key."
    )


def _describe_switches(count: SwitchCount, *, what: str) -> Iterator[str]:
    yield f"{count.confirmed} of {count.ordered} bots confirmed: {what} [{BY_BOTS}]"
    yield from _describe_times(count.times, after="the order")
    if count.gone:
        yield f"  {count.gone} more no longer had it before they could confirm [asserted by the platform]"
    for order in count.missing:
        yield f"  missing: {_name_order(order)}"


def _describe_notices(count: NoticeCount) -> Iterator[str]:
    yield f"{count.notified} of {count.people} people notified [{BY_PLATFORM}]"
    yield from _describe_times(count.times, after="being queued")
    if count.late:
        yield f"  {count.late} notices were delivered after their deadline"
    for notice in count.missing:
        yield f"  missing: {_name_notice(notice)}"


def _describe_times(times: Times | None, *, after: str) -> Iterator[str]:
    if times is None:
        return
    yield (
        f"  first {format_moment(times.first_at)}, last {format_moment(times.last_at)}, slowest "
        f"{times.slowest.total_seconds():.3f} s after {after} [the platform's clock]"
    )


def _name_order(order: OrderFact) -> str:
    return f"bot {order.bot}, version {order.version}, ordered {format_moment(order.ordered_at)}"


def _name_notice(notice: NoticeFact) -> str:
    who = notice.recipient or f"digest {notice.recipient_digest[:16]}"
    return f"{who}, notice {notice.notice} ({notice.kind}), due {format_moment(notice.deadline_at)}"


def _printable(line: str) -> str:
    # A forged bundle must not be able to move the reader's cursor and overwrite the verdict.
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in line)
