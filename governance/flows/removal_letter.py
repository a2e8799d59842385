"""The letter with which a publisher learns of a removal: the statement of reasons, whole."""

from datetime import datetime, timedelta

from governance.flows.letters import owner_addresses
from governance.notifications.outbox import Draft, queue_notices
from governance.playbook import playbook
from governance.takedowns.models import Takedown
from governance.takedowns.reasons import Reasons, render_reasons

REMOVAL_NOTICE = "takedown_removed"


def tell_of_removal(takedown: Takedown, *, reasons: Reasons, now: datetime) -> int:
    """Queue the publisher's statement in the removal's own transaction; returns how many people it goes to."""
    plugin = takedown.plugin
    body = (
        f"Versions {takedown.versions} of your plugin {plugin.name} were removed on {now:%d %B %Y at %H:%M} UTC.\n\n"
        f"Statement of reasons\n\n{render_reasons(reasons)}\n"
    )
    due = now + timedelta(hours=playbook().marketplace.takedowns.publisher_told_within_hours)
    subject = f"Your plugin {plugin.name} was removed"
    cause = f"takedown:{takedown.pk}"
    return queue_notices(
        (Draft(REMOVAL_NOTICE, cause, email, subject, body, due) for email in owner_addresses(plugin.publisher_id)),
        now=now,
    )
