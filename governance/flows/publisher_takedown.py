"""A whole publisher taken down by one order, and brought back by one: every plugin and the account, or nothing.
Each plugin keeps a takedown of its own, with its own clocks, notices and proof."""

import uuid
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.held_versions import name_of
from governance.flows.takedown import carry_out, reinstate_plugin
from governance.ledger.actions import digest_text, record
from governance.takedowns.actions import (
    IN_FORCE,
    create_publisher_takedown,
    end_publisher_takedown,
    lock_publisher_takedown,
)
from governance.takedowns.containment import Containment
from governance.takedowns.grounds import require_reasons
from governance.takedowns.models import PublisherTakedown
from governance.takedowns.publisher_scope import preview_publisher
from plugins.lifecycle import lock_plugins_of, set_publisher_status
from plugins.models import Publisher
from plugins.runtime.ranges import ANY_VERSION


def contain_publisher(
    publisher_id: int, *, grounds: str, statement: str, actor: User, now: datetime
) -> PublisherTakedown:
    """Contain every plugin of a publisher and suspend the account, reversibly and at once.

    Raises GroundsUnknown, StatementOfReasonsMissing, PublisherContained or NothingToContain.
    """
    require_reasons(grounds, statement=statement)
    with transaction.atomic():
        before = set_publisher_status(publisher_id, to=Publisher.Status.SUSPENDED)
        lock_plugins_of(publisher_id)
        scope = preview_publisher(publisher_id, now=now)
        order = create_publisher_takedown(
            scope, status_before=before, grounds=grounds, statement=statement, actor=actor, now=now
        )
        for one in scope.scopes:
            containment = Containment(
                plugin_id=one.plugin_id,
                versions=ANY_VERSION,
                grounds=grounds,
                statement=statement,
                exposed_since=scope.since[one.plugin_id],
                publisher_takedown=order.pk,
            )
            carry_out(containment, actor=actor, now=now)
        record(
            "publisher.contained",
            actor=name_of(actor),
            cause=name_of(actor),
            subject=f"publisher:{publisher_id}",
            before={"status": before},
            after={
                "status": str(Publisher.Status.SUSPENDED),
                "order": str(order.pk),
                "plugins": [one.plugin_id for one in scope.scopes],
                "grounds": grounds,
                "statement_sha256": digest_text(statement.strip()),
            },
            now=now,
        )
    return order


def undo_publisher_takedown(order_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> PublisherTakedown:
    """Reinstate every plugin the order took down and give the account back the status it had.

    What was reinstated one by one before is left as it is. Raises TakedownUnknown, NotInForce or
    StatementOfReasonsMissing.
    """
    with transaction.atomic():
        order = lock_publisher_takedown(order_id)
        require_reasons(order.grounds, statement=reason)
        lock_plugins_of(order.publisher_id)
        running = order.takedowns.filter(state__in=IN_FORCE).order_by("plugin_id").values_list("pk", flat=True)
        returned = [
            str(reinstate_plugin(takedown_id, actor=actor, reason=reason, now=now).pk) for takedown_id in list(running)
        ]
        before = set_publisher_status(order.publisher_id, to=Publisher.Status(order.status_before))
        end_publisher_takedown(order, now=now)
        record(
            "publisher.reinstated",
            actor=name_of(actor),
            cause=name_of(actor),
            subject=f"publisher:{order.publisher_id}",
            before={"status": before},
            after={
                "status": order.status_before,
                "order": str(order.pk),
                "takedowns": returned,
                "reason_sha256": digest_text(reason.strip()),
            },
            now=now,
        )
    order.refresh_from_db()
    return order
