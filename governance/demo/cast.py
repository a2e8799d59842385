"""Who plays: two honest publishers and an attacker, a reviewer and a moderator; and how each comes to their rights.

Ada and Bo publish, Eve attacks, Ben reviews, Cleo moderates."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from governance.demo.actors import Publisher
from governance.demo.commands import run_manage
from governance.demo.desk import Person
from governance.demo.errors import Unexpected
from governance.demo.report import Narrator
from governance.demo.stage import Stage

PRINTED_PASSWORD = re.compile(r"one-time password: (\S+)")


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who is there from the beginning."""

    ada: Publisher
    bo: Publisher
    eve: Publisher
    ben: Person
    cleo: Person

    @property
    def publishers(self) -> tuple[Publisher, ...]:
        """Those who submit versions."""
        return (self.ada, self.bo, self.eve)

    @property
    def staff(self) -> tuple[tuple[Person, str], ...]:
        """Those who judge, each with a role."""
        return ((self.ben, "reviewer"), (self.cleo, "moderator"))


def gather_cast(stage: Stage, *, narrator: Narrator) -> Cast:
    """Register and confirm the publishers, sign the staff in, and have Ben vouch for Ada."""
    cast = Cast(
        ada=Publisher(stage.base_url, slug=f"ada-labs-{stage.suffix}", member="Ada"),
        bo=Publisher(stage.base_url, slug=f"bo-works-{stage.suffix}", member="Bo"),
        eve=Publisher(stage.base_url, slug=f"eve-tools-{stage.suffix}", member="Eve"),
        ben=Person(stage.base_url, username=f"ben-{stage.suffix}"),
        cleo=Person(stage.base_url, username=f"cleo-{stage.suffix}"),
    )
    for publisher in cast.publishers:
        publisher.register()
    _sign_staff_in(cast, stage=stage)
    for publisher in cast.publishers:
        narrator.move(f"{publisher.slug} waits for its mail")
        publisher.confirm(stage.mailbox)
    cast.ben.attest(cast.ada.slug, evidence="Register of companies, number HRB 1234, seen on a call.")
    for publisher, level in ((cast.ada, "verified"), (cast.bo, "registered"), (cast.eve, "registered")):
        found = publisher.level()
        if found != level:
            raise Unexpected(f"{publisher.slug} is {found}, not {level}")
        narrator.say(f"{publisher.slug} is {level}")
    return cast


def _sign_staff_in(cast: Cast, *, stage: Stage) -> None:
    with ThreadPoolExecutor(max_workers=2) as pool:
        hired = {person: pool.submit(_hire, person, role=role, stage=stage) for person, role in cast.staff}
    for person, password in hired.items():
        person.sign_in(password.result())


def _hire(person: Person, *, role: str, stage: Stage) -> str:
    """Make a staff account; returns the password that was printed for it."""
    words = ("first_reviewer", "--username", person.username, "--role", role)
    printed = run_manage(*words, environ=stage.environ)
    found = PRINTED_PASSWORD.search(printed)
    if found is None:
        raise Unexpected("a staff account was made and no one-time password was printed")
    return found[1]
