"""Enter, then exit, is the identity: over accounts, listings, installations, blocks and timers, while time goes by."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.flows.publisher_takedown import contain_publisher, undo_publisher_takedown
from governance.flows.remedies import choose_remedy
from governance.flows.submission import ask_reviewer
from governance.flows.takedown import carry_out, reinstate_plugin, sign_removal
from governance.ledger.queries import verify_ledger
from governance.obligations.models import Obligation
from governance.screening.routing import Route, Routing
from governance.takedowns.containment import Containment
from governance.takedowns.models import Pin, PublisherTakedown, SwitchOrder, Takedown
from governance.takedowns.pins import open_pins
from plugins.artifact_files import record_files
from plugins.models import ApiToken, BlocklistEntry, Installation, Plugin, Publisher, Tenant, Version
from plugins.queries import blocked_versions, list_published
from scanners.report import FileRecord, Kind
from tests.governance.flows.conftest import acknowledge, install
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_bot, make_version

Status = Version.Status
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0")
FILES = ("a" * 64, "b" * 64)
REASON = "It was a false alarm."
GOOD_REASON = "It steals tokens."
AT_FIRST = (Status.PUBLISHED, Status.PUBLISHED, Status.YANKED, Status.IN_REVIEW, Status.HELD, Status.REJECTED)


@dataclass
class World:
    """Two publishers' plugins, three bots, one moderator, a clock that the test moves, and the time each review has."""

    publishers: list[PublisherActor]
    bots: list[BotActor]
    tenant: TenantActor
    cleo: User
    now: datetime
    data: st.DataObject
    left: dict[str, timedelta] = field(default_factory=dict)

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def pass_time(self) -> None:
        """Time goes by: a review's deadline comes nearer unless a takedown holds its version."""
        passed = timedelta(minutes=self.draw(st.integers(0, 600)))
        for version in Version.objects.exclude(status__in=(Status.QUARANTINED, Status.REMOVED)):
            for review in version.reviews.all():
                self.left[f"review:{review.pk}"] -= passed
        self.now += passed

    def obey(self, bots: list[BotActor]) -> None:
        """Bots do as they are told: off, back, on again, and return."""
        for bot in bots:
            for order in SwitchOrder.objects.filter(bot=bot.bot, state="ordered").select_related("takedown"):
                version = order.installation.version
                acknowledge(bot, order.takedown, version, now=self.now, action=order.action)
            for pin in open_pins(self.tenant.tenant.pk).filter(bot=bot.bot):
                assert install(bot, pin.version, now=self.now).is_allowed


def look(world: World) -> dict[str, object]:
    """Everything that has to be as it was."""
    running = Installation.objects.filter(ended_at=None)
    waiting = Obligation.objects.filter(met_at=None, cancelled_at=None)
    return {
        "accounts": sorted(Publisher.objects.values_list("slug", "status")),
        "tokens": sorted(ApiToken.objects.values_list("digest", "revoked_at")),
        "listings": [version.pk for version in list_published()],
        "versions": sorted(Version.objects.values_list("pk", "status")),
        "installations": sorted((str(bot), version) for bot, version in running.values_list("bot", "version")),
        "blocks": sorted(BlocklistEntry.objects.filter(lifted_at=None).values_list("plugin", "versions")),
        "blocked": sorted(pk for plugin in Plugin.objects.all() for pk in blocked_versions(plugin.pk)),
        "timers": {row.subject: (row.kind, row.due_at - world.now, row.paused_at) for row in waiting},
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_enter_and_exit_of_whatever_overlaps_is_the_identity(
    ada: PublisherActor, eve: PublisherActor, dev_tenant: TenantActor, cleo: User, now: datetime, data: st.DataObject
) -> None:
    with transaction.atomic():
        world = World([ada, eve], [], dev_tenant, cleo, now, data)
        furnish(world)
        before = look(world)

        in_force = [order for _ in range(data.draw(st.integers(1, 4))) if (order := enter(world)) is not None]
        for order in data.draw(st.permutations(in_force)):
            leave(world, order)
        world.obey(world.bots)
        after = look(world)

        timers = {name: (kind, world.left[name], paused) for name, (kind, _, paused) in before.pop("timers").items()}  # type: ignore[attr-defined]
        assert after.pop("timers") == timers
        assert after == before
        assert not SwitchOrder.objects.filter(state="ordered").exists()
        assert not Pin.objects.filter(direction="back", withdrawn_at=None).exists()
        assert verify_ledger().found_break is None
        transaction.set_rollback(True)


def furnish(world: World) -> None:
    """Versions of every kind, some waiting for a person, and bots that run what is offered."""
    choose_remedy(world.tenant.tenant, remedy=world.draw(st.sampled_from(list(Tenant.Remedy))), now=world.now)
    for publisher, name in ((world.publishers[0], "greeter"), (world.publishers[1], "counter")):
        for number in ("1.0.0", "1.5.0", "2.0.0"):
            version = make_version(publisher, now=world.now, name=name, number=number)
            held = world.draw(st.sets(st.sampled_from(FILES)))
            record_files(version.artifact_id, [FileRecord("f.py", digest, 99, Kind.PYTHON) for digest in held])
            status = Status.PUBLISHED if number == "1.0.0" else world.draw(st.sampled_from(AT_FIRST))
            Version.objects.filter(pk=version.pk).update(status=status)
            if status in (Status.IN_REVIEW, Status.HELD):
                route = Route.HOLD if status == Status.HELD else Route.REVIEW
                review = ask_reviewer(version, routing=Routing(route, "findings", "Look."), now=world.now)
                due_at = Obligation.objects.get(subject=f"review:{review}").due_at
                world.left[f"review:{review}"] = due_at - world.now
    for count in range(3):
        owner = f"dev{count % 2}@example.invalid"
        world.bots.append(make_bot(world.tenant, name=f"bot-{count}", owner_email=owner, now=world.now))
    offered = list(Version.objects.filter(status=Status.PUBLISHED).order_by("pk"))
    for bot in world.bots:
        for version in world.draw(st.lists(st.sampled_from(offered), max_size=2, unique_by=lambda v: v.plugin_id)):
            install(bot, version, now=world.now)


def enter(world: World) -> Takedown | PublisherTakedown | None:
    """Take something down in one of the ways there are; None when it is down already, or means nothing."""
    world.pass_time()
    if world.draw(st.integers(0, 4)) == 0:
        return enter_publisher(world)
    version = world.draw(st.sampled_from(list(Version.objects.order_by("pk"))))
    narrowed = world.draw(st.sampled_from(["range", "artifact", "file"]))
    order = Containment(
        plugin_id=version.plugin_id,
        versions=world.draw(st.sampled_from(RANGES)) if narrowed == "range" else "*",
        grounds="malware",
        statement=GOOD_REASON,
        exposed_since=world.now - timedelta(days=30),
        artifact_sha256=(version.artifact_id,) if narrowed == "artifact" else (),
        file_sha256=(world.draw(st.sampled_from(FILES)),) if narrowed == "file" else (),
    )
    if is_pointless(order):
        return None
    takedown = carry_out(order, actor=world.cleo, now=world.now)
    world.obey([bot for bot in world.bots if world.draw(st.booleans())])
    if world.draw(st.integers(0, 3)) == 0:
        sign_removal(takedown.pk, actor=world.cleo, reason=GOOD_REASON, now=world.now)
    return takedown


def is_pointless(order: Containment) -> bool:
    held = Version.objects.filter(plugin=order.plugin_id, artifact__files__sha256__in=order.file_sha256)
    if order.file_sha256 and not held.exists():
        return True
    artifacts = sorted(order.artifact_sha256 or set(held.values_list("artifact_id", flat=True)))
    same = Takedown.objects.filter(plugin=order.plugin_id, versions=order.versions, artifact_sha256=artifacts)
    return same.filter(file_sha256=list(order.file_sha256)).exclude(state="reinstated").exists()


def enter_publisher(world: World) -> PublisherTakedown | None:
    publisher = world.draw(st.sampled_from(world.publishers)).publisher
    whole = Takedown.objects.filter(plugin__publisher=publisher, versions="*", artifact_sha256=[])
    if whole.exclude(state="reinstated").exists():
        return None
    return contain_publisher(
        publisher.pk, grounds="account_takeover", statement=GOOD_REASON, actor=world.cleo, now=world.now
    )


def leave(world: World, order: Takedown | PublisherTakedown) -> None:
    """End it, some time later, while some of the bots follow and some do not."""
    world.pass_time()
    world.obey([bot for bot in world.bots if world.draw(st.booleans())])
    if isinstance(order, PublisherTakedown):
        undo_publisher_takedown(order.pk, actor=world.cleo, reason=REASON, now=world.now)
    else:
        reinstate_plugin(order.pk, actor=world.cleo, reason=REASON, now=world.now)
