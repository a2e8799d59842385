"""The clocks of what the law wants told: to the CSIRT and ENISA (CRA), to the data protection authority and to people
(GDPR). A person says what happened and since when it is known; nothing here sends a report, or judges if one is due."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.takedown_clocks import subject_of
from governance.ledger.actions import digest_text, record
from governance.obligations.actions import meet_obligation, open_obligation
from governance.obligations.models import Obligation
from governance.obligations.queries import of_subject
from governance.playbook import playbook
from governance.takedowns.errors import AuthorityClockUnknown, KnownInFuture
from governance.takedowns.queries import find_takedown


class Regime(StrEnum):
    """What happened, in the words of the law that then applies."""

    EXPLOITED = "exploited"  # Regulation (EU) 2024/2847, Article 14 (1): an actively exploited vulnerability
    BREACH = "breach"  # Regulation (EU) 2016/679, Article 4 (12): a personal data breach


TITLES: Mapping[str, str] = {
    "cra_early_warning": "Early warning to the CSIRT and ENISA (CRA, Article 14 (2) (a))",
    "cra_notification": "Vulnerability notification to the CSIRT and ENISA (CRA, Article 14 (2) (b))",
    "cra_final_report": "Final report to the CSIRT and ENISA (CRA, Article 14 (2) (c))",
    "gdpr_authority": "Notification to the data protection authority (GDPR, Article 33)",
    "gdpr_people": "Communication to the people concerned (GDPR, Article 34)",
}


def start_authority_clocks(
    takedown_id: uuid.UUID, *, regime: Regime, known_at: datetime, actor: User, now: datetime
) -> list[Obligation]:
    """Open the deadlines of a regime from when the platform knew; a clock that runs already is left as it is.

    A deadline that has passed by then is opened all the same, and is a miss. Raises TakedownUnknown or KnownInFuture.
    """
    if known_at > now:
        raise KnownInFuture("nobody can have known it later than now")
    takedown = find_takedown(takedown_id)
    with transaction.atomic():
        opened = [
            open_obligation(
                kind,
                subject=subject_of(takedown.pk),
                owner_role=playbook().marketplace.owners["authority_report"],
                due_at=known_at + span,
                now=known_at,
            )
            for kind, span in _spans(regime).items()
        ]
        record(
            "authority_report.started",
            actor=f"user:{actor.pk}",
            cause=f"user:{actor.pk}",
            subject=subject_of(takedown.pk),
            after={"regime": str(regime), "known_at": known_at.isoformat(), "kinds": [o.kind for o in opened]},
            now=now,
        )
    return opened


def record_authority_report(
    takedown_id: uuid.UUID, *, kind: str, reference: str, actor: User, now: datetime
) -> Obligation:
    """Note that a report was sent, under which reference; raises TakedownUnknown or AuthorityClockUnknown."""
    takedown = find_takedown(takedown_id)
    with transaction.atomic():
        evidence = {"reference": reference.strip(), "by": f"user:{actor.pk}"}
        is_known = kind in TITLES
        if not is_known or not meet_obligation(kind, subject=subject_of(takedown.pk), evidence=evidence, now=now):
            raise AuthorityClockUnknown("no such report is owed for this takedown, or it was sent before")
        record(
            "authority_report.sent",
            actor=f"user:{actor.pk}",
            cause=f"user:{actor.pk}",
            subject=subject_of(takedown.pk),
            after={"kind": kind, "reference_sha256": digest_text(reference.strip())},
            now=now,
        )
    return Obligation.objects.get(kind=kind, subject=subject_of(takedown.pk))


def authority_clocks(takedown_id: uuid.UUID) -> list[Obligation]:
    """The reports owed for a takedown, the earliest first."""
    return list(of_subject(subject_of(takedown_id)).filter(kind__in=TITLES))


def _spans(regime: Regime) -> dict[str, timedelta]:
    numbers = playbook().marketplace.authority_reports
    if regime is Regime.EXPLOITED:
        return {
            "cra_early_warning": timedelta(hours=numbers.cra_early_warning_within_hours),
            "cra_notification": timedelta(hours=numbers.cra_notification_within_hours),
            # The law counts from the corrective measure; the block is one, and stands when this begins.
            "cra_final_report": timedelta(days=numbers.cra_final_report_within_days),
        }
    return {
        "gdpr_people": timedelta(hours=numbers.gdpr_people_within_hours),
        "gdpr_authority": timedelta(hours=numbers.gdpr_authority_within_hours),
    }
