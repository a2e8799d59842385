"""Queues a takedown's notices: one for each person concerned, now or in the exposure window, and the publisher's."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from governance.flows.letters import owner_addresses
from governance.notifications.models import Notice
from governance.notifications.outbox import Draft, queue_notice, queue_notices
from governance.playbook import playbook
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.models import Takedown
from governance.takedowns.notice_text import (
    Matter,
    describe_reach,
    owner_body,
    owner_subject,
    publisher_body,
    publisher_subject,
    reinstated_body,
    reinstated_subject,
)
from governance.takedowns.queries import affected_owners
from governance.takedowns.scope import Scope
from plugins.models import Installation, Plugin, Version

OWNER_NOTICE = "takedown_contained"
LATE_NOTICE = "takedown_contained_late"
PUBLISHER_NOTICE = "takedown_publisher"
REINSTATED_NOTICE = "takedown_reinstated"


def tell_of_containment(takedown: Takedown, *, plugin: Plugin, scope: Scope, now: datetime) -> int:
    """Queue everyone's notice in the order's own transaction; returns how many people."""
    matter = _matter(takedown, plugin=plugin, at=now)
    reach = _reach(scope.version_ids)
    deadline = now + timedelta(hours=playbook().compliance.user_notification_within_hours)
    cause = f"takedown:{takedown.pk}"

    def drafts() -> Iterator[Draft]:
        for email, bots in affected_owners(scope.version_ids, since=takedown.exposed_since):
            body = owner_body(matter, bots=bots, reach=reach)
            yield Draft(OWNER_NOTICE, cause, email, owner_subject(matter), body, deadline)

    queued = queue_notices(drafts(), now=now)
    told_by = now + timedelta(hours=playbook().marketplace.takedowns.publisher_told_within_hours)
    for email in owner_addresses(plugin.publisher_id):
        queue_notice(
            Draft(PUBLISHER_NOTICE, cause, email, publisher_subject(matter), publisher_body(matter), told_by),
            now=now,
        )
    return queued


def tell_late_owner(takedown: Takedown, *, installation: Installation, now: datetime) -> None:
    """Tell the owner of a bot that was reported while the takedown was in force; once, beside the first notice."""
    plugin = takedown.plugin
    matter = _matter(takedown, plugin=plugin, at=takedown.contained_at)
    deadline = now + timedelta(hours=playbook().compliance.user_notification_within_hours)
    versions = (installation.version_id,)
    owners = affected_owners(versions, since=takedown.exposed_since, bot_id=installation.bot_id)
    for email, bots in owners:
        body = owner_body(matter, bots=bots, reach=_reach(versions))
        cause = f"takedown:{takedown.pk}"
        is_first = not Notice.objects.filter(kind=OWNER_NOTICE, cause=cause, recipient=email).exists()
        draft = Draft(
            OWNER_NOTICE if is_first else LATE_NOTICE,
            cause if is_first else f"{cause}/installation:{installation.pk}",
            email,
            owner_subject(matter),
            body,
            deadline,
        )
        queue_notice(draft, now=now)


def tell_of_reinstatement(takedown: Takedown, *, reason: str, now: datetime) -> int:
    """Tell everyone who was told of the takedown that it is over; returns how many people."""
    matter = _matter(takedown, plugin=takedown.plugin, at=now, statement=reason)
    cause = f"takedown:{takedown.pk}"
    deadline = now + timedelta(hours=playbook().compliance.user_notification_within_hours)
    told = Notice.objects.filter(kind__in=(OWNER_NOTICE, PUBLISHER_NOTICE), cause=cause)
    recipients = told.order_by("recipient").values_list("recipient", flat=True).distinct()
    return queue_notices(
        (
            Draft(REINSTATED_NOTICE, cause, email, reinstated_subject(matter), reinstated_body(matter), deadline)
            for email in recipients.iterator()
        ),
        now=now,
    )


def _matter(takedown: Takedown, *, plugin: Plugin, at: datetime, statement: str = "") -> Matter:
    return Matter(
        plugin=plugin.name,
        publisher=plugin.publisher.slug,
        versions=takedown.versions,
        ground_text=GROUNDS[takedown.grounds].public_text,
        statement=statement or takedown.statement,
        at=at,
        public_url=f"{settings.PUBLIC_URL}/api/v1/takedowns/{takedown.pk}",
    )


def _reach(version_ids: tuple[int, ...]) -> list[str]:
    lines: dict[str, None] = {}
    for manifest in Version.objects.filter(pk__in=version_ids).values_list("manifest", flat=True):
        lines.update(dict.fromkeys(describe_reach(manifest)))
    return list(lines)
