"""The marketplace's working day: archives are submitted and scanned, and a reviewer decides what waits.

Checks that nothing of the attacker's is ever published, and that whatever waits says why."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from governance.demo.actors import Publisher, Standing, Submission
from governance.demo.cast import Cast
from governance.demo.catalogue import Archive, pack_samples, repack_distributions
from governance.demo.desk import Judgement
from governance.demo.errors import SamplesMissing, TooSlow, Unexpected
from governance.demo.report import Narrator
from governance.stack.paths import CHECKOUT

SAMPLES = CHECKOUT / "tests" / "samples"
MALICIOUS_AT_LEAST = 10
BO_REAL = 6
SCREENING_SECONDS = 300
POLL_SECONDS = 0.5
# Screening is first come, first served: who waits longest is asked about first.
ASKED_AT_ONCE = 6
COLOURS = {"published": "green", "in_review": "yellow", "held": "red"}
SETTLED = frozenset(COLOURS)


class Origin(StrEnum):
    """What an archive was made from."""

    REAL = "real"
    BENIGN = "benign"
    MALICIOUS = "malicious"


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission, what it was made from, and where it stands."""

    submission: Submission
    origin: Origin
    standing: Standing

    @property
    def archive(self) -> Archive:
        """What was submitted."""
        return self.submission.archive

    @property
    def publisher(self) -> Publisher:
        """Who submitted it."""
        return self.submission.publisher

    @property
    def address(self) -> str:
        """publisher/plugin."""
        return f"{self.publisher.slug}/{self.archive.plugin}"


def submit_everything(cast: Cast, *, suffix: str, narrator: Narrator) -> list[Entry]:
    """Upload every archive with its publisher's token: real ones, benign samples, and Eve's."""
    real = repack_distributions(suffix=suffix)
    malicious = pack_samples(SAMPLES / "malicious", suffix=suffix)
    if len(malicious) < MALICIOUS_AT_LEAST:
        raise SamplesMissing(f"only {len(malicious)} of {MALICIOUS_AT_LEAST} malicious samples are there")
    plan = [
        *((cast.bo, Origin.BENIGN, archive) for archive in pack_samples(SAMPLES / "benign", suffix=suffix)),
        *((cast.ada, Origin.REAL, archive) for archive in real[:-BO_REAL]),
        *((cast.bo, Origin.REAL, archive) for archive in real[-BO_REAL:]),
        *((cast.eve, Origin.MALICIOUS, archive) for archive in malicious),
    ]
    entries = []
    for publisher, origin, archive in plan:
        narrator.move(f"{publisher.slug} submits {archive.source}")
        submission = publisher.submit(archive)
        entries.append(Entry(submission, origin, publisher.look_up(submission)))
    for origin, count in Counter(entry.origin for entry in entries).items():
        narrator.say(f"{count} {origin} submitted")
    return entries


def wait_for_screening(entries: Sequence[Entry], *, narrator: Narrator) -> list[Entry]:
    """Follow every version until the machine has routed it; raises TooSlow."""
    waiting = list(entries)
    settled: list[Entry] = []
    deadline = time.monotonic() + SCREENING_SECONDS
    while waiting:
        if time.monotonic() > deadline:
            raise TooSlow(f"{len(waiting)} versions were not screened within {SCREENING_SECONDS} s")
        looked = [look_again(entry) for entry in waiting[:ASKED_AT_ONCE]]
        done = [entry for entry in looked if entry.standing.status in SETTLED]
        for entry in done:
            narrator.say(_describe(entry), style=COLOURS[entry.standing.status])
        settled += done
        waiting = [entry for entry in looked if entry.standing.status not in SETTLED] + waiting[ASKED_AT_ONCE:]
        narrator.move(f"{len(settled)} of {len(entries)} screened")
        if len(done) < len(looked):
            time.sleep(POLL_SECONDS)
    return settled


def check_routes(entries: Iterable[Entry], *, cast: Cast) -> None:
    """What the machine may publish and what it must not; raises Unexpected."""
    for entry in entries:
        standing, is_published = entry.standing, entry.standing.status == "published"
        if entry.origin is Origin.MALICIOUS and (is_published or standing.verdict == "clean"):
            raise Unexpected(f"{entry.address} is malicious and was found {standing.verdict}, {standing.status}")
        if entry.origin is not Origin.MALICIOUS and standing.status == "held":
            raise Unexpected(f"{entry.address} is honest and is held: {standing.reason}")
        may_publish = entry.publisher is cast.ada and standing.verdict == "clean"
        if is_published != may_publish:
            raise Unexpected(f"{entry.address} of verdict {standing.verdict} is {standing.status}")
        if not standing.reason:
            raise Unexpected(f"{entry.address} is {standing.status} and does not say why")
    routes = Counter(entry.standing.status for entry in entries)
    if not all(routes[status] for status in SETTLED):
        raise Unexpected(f"one of the three routes was never taken: {dict(routes)}")


def decide_cases(entries: Sequence[Entry], *, cast: Cast, narrator: Narrator) -> list[Entry]:
    """Ben works through the queue; returns every entry as it stands then. One doubtful version goes on waiting."""
    by_address = {entry.address: entry for entry in entries}
    judgements = _judge(entries)
    for case in cast.ben.list_cases():
        entry = by_address.get(case.plugin)
        judgement = judgements.get(case.plugin)
        if entry is not None and judgement is not None:
            narrator.move(f"Ben reads {case.plugin}")
            cast.ben.decide(case, judgement=judgement)
    after = [look_again(entry) if entry.address in judgements else entry for entry in entries]
    for entry in after:
        judgement = judgements.get(entry.address)
        wanted = {"approve": "published", "reject": "rejected"}.get(judgement.outcome) if judgement else None
        if wanted not in {None, entry.standing.status}:
            raise Unexpected(f"{entry.address} is {entry.standing.status} after Ben's decision")
    outcomes = Counter(judgement.outcome for judgement in judgements.values())
    waiting = [entry for entry in after if entry.standing.status == "in_review"]
    narrator.say(f"Ben approved {outcomes['approve']} and rejected {outcomes['reject']}; {len(waiting)} go on waiting")
    return after


def pick_sleeper(entries: Iterable[Entry]) -> Entry:
    """The plugin that will be reported: a sample of our own that was clean and that Ben approved."""
    for entry in sorted(entries, key=lambda entry: entry.address):
        is_published = entry.standing.status == "published"
        if entry.origin is Origin.BENIGN and entry.standing.verdict == "clean" and is_published:
            return entry
    raise Unexpected("no clean sample was approved, so there is nothing to report")


def look_again(entry: Entry) -> Entry:
    """The same entry as it stands now."""
    return Entry(entry.submission, entry.origin, entry.publisher.look_up(entry.submission))


def _judge(entries: Iterable[Entry]) -> Mapping[str, Judgement]:
    """What Ben makes of what waits: Eve's rejected, clean ones approved, and one of the doubtful ones, not all."""
    judgements: dict[str, Judgement] = {}
    doubtful = []
    for entry in entries:
        if entry.origin is Origin.MALICIOUS:
            judgements[entry.address] = Judgement("reject", "malicious_code", cites_findings=True)
        elif entry.standing.status == "in_review" and entry.standing.verdict == "clean":
            judgements[entry.address] = Judgement("approve", "no_objection")
        elif entry.standing.status == "in_review":
            doubtful.append(entry.address)
    if not doubtful:
        raise Unexpected("no version was doubtful, so no person was asked to judge one")
    for address in doubtful[1:]:
        judgements[address] = Judgement("approve", "finding_explained", cites_findings=True)
    return judgements


def _describe(entry: Entry) -> str:
    standing = entry.standing
    name = f"{entry.archive.plugin} {entry.archive.version}"
    return f"{standing.status:<9} {standing.verdict:<10} {name:<34} {standing.reason}"
