"""Queues a takedown's notices: one for each person concerned, now or in the exposure window, and the publisher's."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from governance.notifications.models import Notice
from governance.notifications.outbox import (
    Draft,
    LetterDraft,
    Mailing,
    Part,
    queue_follow_up,
    queue_notices,
    queue_owner,
    queue_owners,
    write_letters,
)
from governance.playbook import playbook
from governance.screening.queries import observed_capabilities
from governance.takedowns.models import FanOut, Takedown
from governance.takedowns.notice_text import (
    Matter,
    Reach,
    owner_text,
    publisher_text,
    read_declared,
    reinstated_text,
)
from governance.takedowns.notice_words import languages, words_in
from plugins.models import Installation, Member, Version

OWNER_NOTICE = "takedown_contained"
LATE_NOTICE = "takedown_contained_late"
PUBLISHER_NOTICE = "takedown_publisher"
REINSTATED_NOTICE = "takedown_reinstated"


def write_owner_letters(takedown: Takedown, *, version_ids: tuple[int, ...]) -> None:
    """Fix what every owner is told, in each language, in the order's own transaction."""
    matter = _matter(takedown, at=takedown.contained_at)
    reach = _reach(version_ids)
    drafts = []
    for language in languages():
        text = owner_text(matter, reach=reach, words=words_in(language))
        drafts.append(LetterDraft(language, text.subject, text.opening, text.closing, text.lines))
    write_letters(drafts, kind=OWNER_NOTICE, cause=_cause(takedown))


def tell_owners(fan_out: FanOut, *, part: Part, now: datetime) -> int:
    """Queue the notices of a part of the people who have none yet; returns how many."""
    takedown = fan_out.takedown
    mailing = _mailing(takedown, version_ids=tuple(fan_out.version_ids), begun_at=takedown.contained_at)
    return queue_owners(mailing, part=part, turn=fan_out.people, now=now)


def tell_publisher(takedown: Takedown, *, now: datetime) -> None:
    """Queue the statement of reasons to each of the publisher's owners, in their language."""
    matter = _matter(takedown, at=now)
    told_by = now + timedelta(hours=playbook().marketplace.takedowns.publisher_told_within_hours)
    owners = Member.objects.filter(publisher_id=takedown.plugin.publisher_id, role=Member.Role.OWNER)
    queue_notices(
        (
            Draft(
                PUBLISHER_NOTICE,
                _cause(takedown),
                owner.email,
                *publisher_text(matter, words=words_in(owner.language)),
                told_by,
            )
            for owner in owners.order_by("email")
        ),
        now=now,
    )


def tell_late_owner(takedown: Takedown, *, installation: Installation, now: datetime) -> None:
    """Tell the owner of a bot that was reported while the takedown was in force; once, beside the first notice."""
    versions = (*takedown.fan_out.version_ids, installation.version_id)
    mailing = _mailing(takedown, version_ids=versions, begun_at=now)
    owner = installation.bot.owner
    # The first notice names all of their bots: the fan-out, which may still be under way, passes over who has one.
    is_first = not Notice.objects.filter(kind=mailing.kind, cause=mailing.cause, recipient=owner.email).exists()
    if not is_first:
        mailing = replace(mailing, kind=LATE_NOTICE, cause=f"{mailing.cause}/installation:{installation.pk}")
    queue_owner(mailing, installation_id=installation.pk, is_only_this=not is_first, now=now)


def tell_of_reinstatement(takedown: Takedown, *, reason: str, now: datetime) -> int:
    """Tell everyone who was told of the takedown that it is over; returns how many people."""
    matter = _matter(takedown, at=now, statement=reason)
    drafts = (LetterDraft(language, *reinstated_text(matter, words=words_in(language))) for language in languages())
    write_letters(drafts, kind=REINSTATED_NOTICE, cause=_cause(takedown))
    return queue_follow_up(
        REINSTATED_NOTICE,
        cause=_cause(takedown),
        told_kinds=(OWNER_NOTICE, PUBLISHER_NOTICE),
        deadline_at=_owners_told_by(now),
        now=now,
    )


def _mailing(takedown: Takedown, *, version_ids: tuple[int, ...], begun_at: datetime) -> Mailing:
    return Mailing(
        kind=OWNER_NOTICE,
        cause=_cause(takedown),
        letter=(OWNER_NOTICE, _cause(takedown)),
        version_ids=version_ids,
        since=takedown.exposed_since,
        deadline_at=_owners_told_by(begun_at),
    )


def _owners_told_by(moment: datetime) -> datetime:
    return moment + timedelta(hours=playbook().compliance.user_notification_within_hours)


def _cause(takedown: Takedown) -> str:
    return f"takedown:{takedown.pk}"


def _matter(takedown: Takedown, *, at: datetime, statement: str = "") -> Matter:
    return Matter(
        takedown=str(takedown.pk),
        plugin=takedown.plugin.name,
        publisher=takedown.plugin.publisher.slug,
        versions=takedown.versions,
        grounds=takedown.grounds,
        statement=statement or takedown.statement,
        at=at,
        exposed_since=takedown.exposed_since,
        public_url=f"{settings.PUBLIC_URL}/api/v1/takedowns/{takedown.pk}",
        contact=settings.ROLE_ADDRESSES.format(role="support"),
    )


def _reach(version_ids: tuple[int, ...]) -> Reach:
    manifests = Version.objects.filter(pk__in=version_ids).order_by("pk").values_list("manifest", flat=True)
    return Reach(declared=read_declared(list(manifests)), observed=observed_capabilities(version_ids))
