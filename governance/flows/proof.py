"""Gathers what proves a takedown and writes it as one file that verifies without us.
Reads rows as they are and signs the ledger's head; claims nothing that no row says."""

import hashlib
import hmac
import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from governance.flows.held_versions import name_of
from governance.flows.takedown_clocks import subject_of
from governance.keys import platform_key, trusted_keys
from governance.ledger.actions import digest_text, sign_checkpoint
from governance.ledger.chain import body_digest
from governance.ledger.models import Entry
from governance.ledger.queries import links_between
from governance.notifications.mime import message_id
from governance.notifications.models import Notice
from governance.notifications.queries import accepted_answers
from governance.takedowns.bundle import (
    AcknowledgementFact,
    FeedFact,
    LinkFact,
    NoticeFact,
    OrderFact,
    ProofFacts,
    TakedownFact,
    digest_receipt,
    digest_recipient,
    redact_data,
    write_atomically,
    write_bundle,
)
from governance.takedowns.errors import TakedownUnknown
from governance.takedowns.feed import changes_between, current_feed, digest_at, first_feed_with
from governance.takedowns.models import FeedSnapshot, SwitchOrder, Takedown


def write_proof(takedown_id: uuid.UUID, *, path: Path, now: datetime) -> Path:
    """Write the proof bundle of a takedown to `path`; raises TakedownUnknown or SigningKeyMissing."""
    takedown = Takedown.objects.select_related("plugin__publisher").filter(pk=takedown_id).first()
    if takedown is None:
        raise TakedownUnknown(f"no takedown {takedown_id}")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bundle(gather_facts(takedown, now=now), path=path, key=platform_key())
    return path


def write_redacted_proof(takedown_id: uuid.UUID, *, path: Path, now: datetime) -> Path:
    """Write the bundle without anything that names people, for the public or a court; raises as write_proof."""
    write_proof(takedown_id, path=path, now=now)
    write_atomically(path, data=redact_data(path.read_bytes()))
    return path


def gather_facts(takedown: Takedown, *, now: datetime) -> ProofFacts:
    """Everything the bundle says, read in this order: what is signed last covers what was read first."""
    orders = list(
        SwitchOrder.objects.filter(takedown=takedown)
        .select_related("bot", "installation__version", "acknowledgement")
        .order_by("pk")
    )
    latest = current_feed(now=now)
    block = takedown.blocks.get()
    first = first_feed_with(block.sequence)
    checkpoint = sign_checkpoint(now=now)
    if checkpoint is None:
        raise TakedownUnknown("the ledger is empty, so no takedown was ever recorded")
    return ProofFacts(
        takedown=_takedown_fact(takedown),
        orders=tuple(_order_fact(order) for order in orders),
        acknowledgements=tuple(_acknowledgement_facts(orders)),
        bot_keys={order.bot_id: order.bot.public_key for order in orders},
        notices=tuple(_notice_facts(takedown)),
        feed_at_order=_feed_fact(first or latest, after=block.sequence - 1),
        feed_latest=_feed_fact(latest, after=block.sequence - 1),
        links=tuple(_link_facts(takedown, until=checkpoint.sequence)),
        checkpoint=checkpoint.statement,
        platform_keys=trusted_keys(),
        written_at=now,
    )


def _feed_fact(snapshot: FeedSnapshot, *, after: int) -> FeedFact:
    return FeedFact(
        after=after,
        digest=digest_at(after),
        changes=tuple(changes_between(after, snapshot.sequence)),
        freshness=snapshot.statement,
    )


def _takedown_fact(takedown: Takedown) -> TakedownFact:
    return TakedownFact(
        takedown=takedown.pk,
        publisher=takedown.plugin.publisher.slug,
        plugin=takedown.plugin.name,
        versions=takedown.versions,
        artifact_sha256=tuple(takedown.artifact_sha256),
        file_sha256=tuple(takedown.file_sha256),
        grounds=takedown.grounds,
        statement=takedown.statement,
        statement_sha256=digest_text(takedown.statement),
        ordered_by=name_of(takedown.ordered_by),
        exposed_since=takedown.exposed_since,
        contained_at=takedown.contained_at,
        removed_at=takedown.removed_at,
        reinstated_at=takedown.reinstated_at,
    )


def _order_fact(order: SwitchOrder) -> OrderFact:
    return OrderFact(
        order=order.pk,
        bot=order.bot_id,
        installation=order.installation_id,
        version=order.installation.version.number,
        artifact_sha256=order.installation.version.artifact_id,
        action=order.action,
        state=order.state,
        ordered_at=order.ordered_at,
        settled_at=order.settled_at,
    )


def _acknowledgement_facts(orders: list[SwitchOrder]) -> list[AcknowledgementFact]:
    return [
        AcknowledgementFact(
            order=order.pk,
            received_at=order.acknowledgement.received_at,
            statement=order.acknowledgement.statement,
        )
        for order in orders
        if order.acknowledgement is not None
    ]


def _notice_facts(takedown: Takedown) -> list[NoticeFact]:
    subject = subject_of(takedown.pk)
    notices = Notice.objects.filter(Q(cause=subject) | Q(cause__startswith=f"{subject}/")).order_by("pk")
    answers = accepted_answers([notice.pk for notice in notices])
    return [_notice_fact(notice, takedown=takedown, receipt=answers.get(notice.pk, "")) for notice in notices]


def _notice_fact(notice: Notice, *, takedown: Takedown, receipt: str) -> NoticeFact:
    # One salt a person and takedown: people can be counted, and no two takedowns be compared.
    salt = hmac.new(
        settings.SECRET_KEY.encode(), f"{takedown.pk}\n{notice.recipient}".encode(), hashlib.sha256
    ).hexdigest()[:32]
    return NoticeFact(
        notice=notice.pk,
        kind=notice.kind,
        recipient_digest=digest_recipient(notice.recipient, salt=salt),
        recipient=notice.recipient,
        salt=salt,
        queued_at=notice.queued_at,
        deadline_at=notice.deadline_at,
        delivered_at=notice.delivered_at,
        message_id=message_id(notice),
        receipt=receipt,
        receipt_digest=digest_receipt(receipt, salt=salt),
    )


def _link_facts(takedown: Takedown, *, until: int) -> list[LinkFact]:
    """The chain from the order's own entry to the signed head; other matters' bodies are withheld, not their hashes."""
    subject = subject_of(takedown.pk)
    first = Entry.objects.filter(subject=subject).order_by("sequence").values_list("sequence", flat=True).first()
    if first is None:
        raise TakedownUnknown(f"the ledger does not know takedown {takedown.pk}")
    return [
        LinkFact(
            sequence=entry.sequence,
            body=entry.body if entry.subject == subject else None,
            body_digest=body_digest(entry.body),
            previous_hash=entry.previous_hash,
            hash=entry.hash,
        )
        for entry in links_between(first, until)
    ]
