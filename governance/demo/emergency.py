"""The emergency: a report, a containment, every bot off, everybody told; and the way back.

Checks each count against what was really set up, and against what really arrived."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from governance.demo.actors import look_up_report
from governance.demo.bots import Fleet
from governance.demo.cast import Cast
from governance.demo.desk import Order, Person
from governance.demo.errors import TooSlow, Unexpected
from governance.demo.mail import Letter
from governance.demo.marketplace import Entry, look_again
from governance.demo.population import TENANTS, Population
from governance.demo.report import Narrator
from governance.demo.stage import Stage
from governance.demo.web import Visitor

SWITCH_SECONDS = 60
NOTICE_SECONDS = 60
LOOK_SECONDS = 0.3
STATEMENT = "Its nodes send what users write to a host that its manifest does not name. Reported and confirmed by hand."


@dataclass(frozen=True, slots=True)
class Told:
    """What really arrived in the mailbox, beside what the platform says it queued."""

    queued: int
    letters: tuple[Letter, ...]


def contain_sleeper(
    sleeper: Entry, *, report: str, cast: Cast, population: Population, stage: Stage, narrator: Narrator
) -> str:
    """Cleo looks at the reach, then orders; returns the takedown's id once nobody can install the plugin any more."""
    order = Order(sleeper.address, "*", grounds="data_theft", statement=STATEMENT, report=report)
    reach = cast.cleo.preview(order)
    seen = (reach.bots, reach.tenants, reach.owners, reach.exposed_owners)
    wanted = (
        len(population.exposed),
        len(TENANTS),
        len(population.owners_now),
        len(population.owners_affected),
    )
    if seen != wanted:
        raise Unexpected(f"the preview counts {seen} bots, tenants, owners, affected owners instead of {wanted}")
    narrator.say(f"the preview: {seen[0]} bots, {seen[1]} tenants, {seen[2]} owners, {seen[3]} affected ever")
    takedown = cast.cleo.contain(order)
    address = f"/api/v1/catalogue/{sleeper.publisher.slug}/{sleeper.archive.plugin}"
    Visitor(stage.base_url).get(f"{address}/versions/{sleeper.archive.version}", status=410)
    if look_again(sleeper).standing.status != "quarantined":
        raise Unexpected(f"{sleeper.address} is contained and not quarantined")
    if look_up_report(stage.base_url, tracking_id=report) != "upheld":
        raise Unexpected("the report was not upheld by the takedown that answers it")
    return takedown


def wait_until_off(takedown: str, *, cleo: Person, population: Population, narrator: Narrator) -> dict[str, int]:
    """Follow the takedown's own counts until every bot has confirmed; returns them."""

    def is_done(counts: dict[str, int]) -> bool:
        narrator.move(f"{counts['confirmed']} of {counts['ordered']} bots confirmed")
        return counts["ordered"] == counts["confirmed"] > 0

    counts = _follow(takedown, cleo=cleo, is_done=is_done, what="switching off", seconds=SWITCH_SECONDS)
    if counts["ordered"] != len(population.exposed):
        raise Unexpected(f"{counts['ordered']} bots were ordered off, {len(population.exposed)} ran the plugin")
    narrator.say(f"{counts['confirmed']} of {counts['ordered']} bots confirmed, each with a signed statement")
    return counts


def wait_until_told(
    takedown: str, *, reporter: str, cast: Cast, population: Population, stage: Stage, narrator: Narrator
) -> Told:
    """Follow the notices until all are delivered; each person concerned has exactly one in the real mailbox.

    The reporter is answered too, but that letter is no notice of the takedown.
    """

    def is_done(counts: dict[str, int]) -> bool:
        narrator.move(f"{counts['notices_delivered']} of {counts['notices_queued']} notices delivered")
        return counts["notices_queued"] == counts["notices_delivered"] > 0

    counts = _follow(takedown, cleo=cast.cleo, is_done=is_done, what="telling everybody", seconds=NOTICE_SECONDS)
    about = [letter for letter in stage.mailbox.letters() if takedown in letter.body]
    letters = tuple(letter for letter in about if letter.recipient != reporter)
    wanted = Counter({*population.owners_affected, cast.bo.address})
    arrived = Counter(letter.recipient for letter in letters)
    if arrived != wanted:
        raise Unexpected(f"arrived and not wanted: {arrived - wanted}; wanted and not arrived: {wanted - arrived}")
    if len(letters) != counts["notices_queued"]:
        raise Unexpected(f"{counts['notices_queued']} notices were queued and {len(letters)} arrived")
    narrator.say(f"{len(letters)} notices delivered, one a person, {population.former.owner} among them")
    return Told(counts["notices_queued"], letters)


def reinstate_sleeper(
    takedown: str, *, sleeper: Entry, cast: Cast, fleet: Fleet, population: Population, narrator: Narrator
) -> int:
    """Undo the takedown and wait until every bot has switched the plugin on again; returns how many confirmed."""
    cast.cleo.reinstate(takedown, reason="The host named in the report is the publisher's own; it is declared now.")

    def is_done(counts: dict[str, int]) -> bool:
        narrator.move(f"{counts['confirmed_on']} of {counts['ordered_on']} bots back on")
        return counts["ordered_on"] == counts["confirmed_on"] > 0

    counts = _follow(takedown, cleo=cast.cleo, is_done=is_done, what="switching on again", seconds=SWITCH_SECONDS)
    switched = fleet.events("switched_on", plugin=sleeper.archive.plugin)
    if not counts["confirmed_on"] == len(switched) == len(population.exposed):
        raise Unexpected(f"{counts['confirmed_on']} confirmed and {len(switched)} said that they are back on")
    if look_again(sleeper).standing.status != "published":
        raise Unexpected(f"{sleeper.address} did not return to where it was")
    narrator.say(f"{counts['confirmed_on']} bots switched it on again and confirmed")
    return counts["confirmed_on"]


def _follow(
    takedown: str, *, cleo: Person, is_done: Callable[[dict[str, int]], bool], what: str, seconds: float
) -> dict[str, int]:
    deadline = time.monotonic() + seconds
    while True:
        counts = cleo.count(takedown)
        if is_done(counts):
            return counts
        if time.monotonic() > deadline:
            raise TooSlow(f"{what} took longer than {seconds:.0f} s; the last counts: {counts}")
        time.sleep(LOOK_SECONDS)
