"""The letter with a statement of reasons, whole, for a publisher: of a removal, and of what the machine contained.
A person's containment has its own notice, beside those to the people affected."""

from datetime import datetime, timedelta

from governance.flows.letters import owner_addresses
from governance.notifications.outbox import Draft, queue_notices
from governance.playbook import playbook
from governance.takedowns.models import Takedown
from governance.takedowns.reasons import Reasons, render_reasons

WORDS = {"containment": "contained", "removal": "removed"}


def tell_reasons(takedown: Takedown, *, reasons: Reasons, now: datetime) -> int:
    """Queue the publisher's statement in its restriction's own transaction; returns how many people it goes to."""
    plugin, word = takedown.plugin, WORDS[reasons.restriction]
    body = (
        f"Versions {takedown.versions} of your plugin {plugin.name} were {word} on {now:%d %B %Y at %H:%M} UTC.\n\n"
        f"Statement of reasons\n\n{render_reasons(reasons)}\n"
    )
    due = now + timedelta(hours=playbook().marketplace.takedowns.publisher_told_within_hours)
    drafts = (
        Draft(
            kind=f"reasons_{reasons.restriction}",
            cause=f"takedown:{takedown.pk}",
            recipient=email,
            subject=f"Why your plugin {plugin.name} was {word}",
            body=body,
            deadline_at=due,
        )
        for email in owner_addresses(plugin.publisher_id)
    )
    return queue_notices(drafts, now=now)
