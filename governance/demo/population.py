"""The bots of the story: two tenants enrol them, a few processes run them, and each has its part.

Most run the plugin that will be reported, one ran it before, and one never did."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from governance.demo.actors import Tenant
from governance.demo.bots import Bot, Fleet, make_key, try_and_drop
from governance.demo.commands import run_manage
from governance.demo.errors import Unexpected
from governance.demo.marketplace import Entry
from governance.demo.report import Narrator
from governance.demo.stage import Stage

TENANTS = ("dev-studio", "gil-agency")
OWNERS = 8
BOTS_PER_OWNER = 3
RUNTIMES = 3
OTHERS_INSTALLED = 5
INSTALL_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Population:
    """Every bot by its part."""

    exposed: tuple[Bot, ...]
    former: Bot
    bystander: Bot

    @property
    def owners_now(self) -> frozenset[str]:
        """Who runs the sleeper now."""
        return frozenset(bot.owner for bot in self.exposed)

    @property
    def owners_affected(self) -> frozenset[str]:
        """Who runs the sleeper now, or ran it before."""
        return self.owners_now | {self.former.owner}


def enrol_bots(stage: Stage, *, sleeper: Entry, others: Sequence[Entry]) -> Population:
    """Register the tenants and enrol their bots, each with a key of its own."""
    with ThreadPoolExecutor(max_workers=len(TENANTS)) as pool:
        tenants = list(pool.map(lambda name: _open_tenant(f"{name}-{stage.suffix}", stage=stage), TENANTS))
    wanted = _wanted(sleeper)
    extras = [_wanted(entry) for entry in others[:OTHERS_INSTALLED]]
    exposed = [
        _enrol(
            tenants[number % len(tenants)],
            name=f"bot-{number + 1:02d}",
            owner=f"owner-{number // BOTS_PER_OWNER + 1}",
            installs=(wanted, extras[number % len(extras)]),
            stage=stage,
        )
        for number in range(OWNERS * BOTS_PER_OWNER)
    ]
    former = _enrol(tenants[0], name="bot-former", owner="owner-former", installs=(wanted,), stage=stage)
    bystander = _enrol(tenants[1], name="bot-other", owner="owner-other", installs=tuple(extras), stage=stage)
    return Population(tuple(exposed), former, bystander)


def start_runtimes(population: Population, *, fleet: Fleet, stage: Stage, narrator: Narrator) -> None:
    """Let one bot try the sleeper and drop it, then start every runtime and wait for all of its installations."""
    try_and_drop(population.former, base_url=stage.base_url, folder=fleet.folder)
    bots = [*population.exposed, population.bystander]
    for number in range(RUNTIMES):
        fleet.start(bots[number::RUNTIMES])
    expected = sum(len(bot.installs) for bot in bots)

    def are_installed() -> bool:
        refused = fleet.events("install_failed")
        if refused:
            raise Unexpected(f"an installation was refused: {refused[0].facts}")
        done = len(fleet.events("installed"))
        narrator.move(f"{done} of {expected} installations reported")
        return done == expected

    fleet.wait_for(are_installed, what="installing", seconds=INSTALL_SECONDS)
    narrator.say(f"{len(bots)} bots of {len(TENANTS)} tenants in {fleet.size} processes, {expected} installations")


def _open_tenant(slug: str, *, stage: Stage) -> Tenant:
    printed = run_manage("tenant", slug, "--email", f"{slug}@example.invalid", environ=stage.environ)
    return Tenant(stage.base_url, slug=slug, token=printed.split()[-1])


def _enrol(tenant: Tenant, *, name: str, owner: str, installs: tuple[str, ...], stage: Stage) -> Bot:
    key_file, public_key = make_key(stage.folder, name=name)
    address = f"{owner}.{stage.suffix}@example.invalid"
    enrolled = tenant.enrol(name=name, owner_address=address, owner_name=owner.title(), public_key=public_key)
    return Bot(enrolled.bot, name, address, tenant.slug, key_file, enrolled.root, enrolled.feed_url, installs)


def _wanted(entry: Entry) -> str:
    return f"{entry.address}=={entry.archive.version}"
