"""Tells who can reach the bots that have not confirmed: their tenant first, then the on-call, before the deadline.
Each is told once about a takedown; the deadline itself goes on warning along the playbook's path."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from governance.notifications.outbox import Draft, queue_notices
from governance.playbook import playbook
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.queries import Unreached, running_takedowns, unreached

TENANT_NOTICE = "bots_unreached"
ON_CALL_NOTICE = "tenants_unreached"
TENANTS_NAMED = 50
TOLD_WITHIN = timedelta(minutes=15)  # before the many letters whose deadline is the takedown's own


def tell_of_unreached(*, now: datetime) -> int:
    """Queue what is due to be told about unconfirmed bots; returns how many letters that is."""
    waiting = SwitchOrder.objects.filter(takedown=OuterRef("pk"), state=SwitchOrder.State.ORDERED)
    return sum(_tell(takedown, now=now) for takedown in running_takedowns().filter(Exists(waiting)))


def _tell(takedown: Takedown, *, now: datetime) -> int:
    numbers = playbook().marketplace.takedowns
    deadline_at = takedown.contained_at + timedelta(hours=numbers.bots_confirmed_within_hours)
    drafts: list[Draft] = []
    tenants = unreached(takedown.pk, ordered_by=now - timedelta(minutes=numbers.tenant_told_after_minutes), now=now)
    drafts.extend(_letters(takedown, tenants=tenants, deadline_at=deadline_at, now=now))
    if tenants and now >= takedown.contained_at + timedelta(minutes=numbers.on_call_told_after_minutes):
        drafts.append(_page_on_call(takedown, tenants=tenants, deadline_at=deadline_at, now=now))
    with transaction.atomic():
        return queue_notices(drafts, now=now)


def _letters(takedown: Takedown, *, tenants: list[Unreached], deadline_at: datetime, now: datetime) -> Iterator[Draft]:
    for tenant in tenants:
        yield Draft(
            kind=TENANT_NOTICE,
            cause=f"unreached:{takedown.pk}/tenant:{tenant.tenant_id}",
            recipient=tenant.contact_email,
            subject=f"{tenant.pending} of your bots have not switched {takedown.plugin.name} off",
            body=_describe(takedown, tenant=tenant, deadline_at=deadline_at),
            deadline_at=now + TOLD_WITHIN,
        )


def _describe(takedown: Takedown, *, tenant: Unreached, deadline_at: datetime) -> str:
    online = tenant.pending - tenant.delivered - tenant.offline
    more = tenant.pending - len(tenant.bots)
    what = f"{takedown.plugin.name} {takedown.versions} of {takedown.plugin.publisher.slug}"
    lines = [
        f"{what} was taken down on {takedown.contained_at:%d %B %Y, %H:%M} UTC ({takedown.grounds}).",
        f"{tenant.pending} installations of {tenant.tenant} have not confirmed that it is off:",
        f"  {tenant.offline} of bots that we do not hear: start their runtime, or tell us that they are gone;",
        f"  {tenant.delivered} of bots that have the order and could not carry it out: look at their runtime's log;",
        f"  {online} of bots that were heard a short time ago and have not confirmed yet.",
        "",
        *(f"  {bot}" for bot in tenant.bots),
        *([f"  and {more} more"] if more > 0 else []),
        "",
        f"They are due by {deadline_at:%d %B %Y, %H:%M} UTC. Until then assume that the plugin still runs there.",
    ]
    return "\n".join(lines) + "\n"


def _page_on_call(takedown: Takedown, *, tenants: list[Unreached], deadline_at: datetime, now: datetime) -> Draft:
    role = playbook().marketplace.owners.bots_confirmed
    named = tenants[:TENANTS_NAMED]
    who = f"{sum(tenant.pending for tenant in tenants)} installations of {len(tenants)} tenants"
    lines = [
        f"{who} have not confirmed takedown {takedown.pk}.",
        f"They are due by {deadline_at:%d %B %Y, %H:%M} UTC. Their tenants were told.",
        "",
        *(
            f"  {tenant.tenant} <{tenant.contact_email}>: {tenant.pending}, of these {tenant.offline} not heard,"
            f" {tenant.delivered} could not act"
            for tenant in named
        ),
        *([f"  and {len(tenants) - len(named)} tenants more"] if len(tenants) > len(named) else []),
    ]
    return Draft(
        kind=ON_CALL_NOTICE,
        cause=f"unreached:{takedown.pk}",
        recipient=settings.ROLE_ADDRESSES.format(role=role.replace("_", "-")),
        subject=f"{len(tenants)} tenants have bots that did not switch {takedown.plugin.name} off",
        body="\n".join(lines) + "\n",
        deadline_at=now + TOLD_WITHIN,
    )
