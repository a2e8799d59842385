"""The notices a publisher gets about a version: what happened, why, and what comes next.
Each is queued with its cause, once for each owner of the publisher."""

from datetime import datetime, timedelta

from django.conf import settings

from governance.notifications.outbox import Draft, queue_notices
from governance.playbook import playbook
from plugins.models import Member, Version

HEADLINES = {
    "publish": "was published",
    "review": "waits for a person",
    "hold": "is held",
    "approve": "was approved and published",
    "reject": "was rejected",
}
NEXT_STEPS = {
    "publish": "Bots can install it now. Nothing is asked of you.",
    "review": "A person looks at it next. Nothing is asked of you now; the status page shows by when.",
    "hold": "It is not offered while it is held. A person looks at it next; the status page shows by when.",
    "approve": "Bots can install it now. Nothing is asked of you.",
    "reject": "It will not be offered. You may appeal by answering this message, for at least six months.",
}


def tell_publisher(version: Version, *, event: str, cause: str, reason: str, now: datetime) -> None:
    """Queue a notice about what `cause` (a decision or scan, as kind:id) did to a version, to each owner."""
    plugin = version.plugin
    publisher = plugin.publisher
    status_url = (
        f"{settings.PUBLIC_URL}/api/v1/publishers/{publisher.slug}/plugins/{plugin.name}/versions/{version.number}"
    )
    body = (
        f"Version {version.number} of your plugin {plugin.name} {HEADLINES[event]}.\n\n"
        f"Why: {reason}\n\n{NEXT_STEPS[event]}\n\nStatus, findings and how to fix them: {status_url}\n"
    )
    due = now + timedelta(hours=playbook().marketplace.takedowns.publisher_told_within_hours)
    queue_notices(
        (
            Draft(
                kind=f"version_{event}",
                cause=cause,
                recipient=email,
                subject=f"{plugin.name} {version.number} {HEADLINES[event]}",
                body=body,
                deadline_at=due,
            )
            for email in owner_addresses(publisher.pk)
        ),
        now=now,
    )


def owner_addresses(publisher_id: int) -> list[str]:
    """Where a publisher's owners are told."""
    return list(
        Member.objects.filter(publisher_id=publisher_id, role=Member.Role.OWNER)
        .order_by("email")
        .values_list("email", flat=True)
    )
