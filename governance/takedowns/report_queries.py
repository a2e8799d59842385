"""Reads of abuse reports: open cases by weight, who speaks in one, and how often a reporter was right."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q

from governance.takedowns.automatic import Voice
from governance.takedowns.models import AbuseReport, Reporter
from governance.takedowns.queries import open_reports
from governance.takedowns.reporters import Standing, is_trusted, weigh

NOBODY = Standing(0, 0, is_named_trusted=False)


@dataclass(frozen=True, slots=True)
class Case:
    """An open case: its leading report, how many reports it is, how much they weigh, and if a trusted one is there."""

    lead: AbuseReport
    reports: int
    weight: int
    has_trusted: bool


def open_cases() -> list[Case]:
    """Open cases, the heaviest first; among equals the oldest."""
    leads = {report.pk: report for report in open_reports()}
    members: dict[uuid.UUID, list[AbuseReport]] = {pk: [] for pk in leads}
    opened = AbuseReport.objects.filter(state=AbuseReport.State.OPEN)
    for report in opened.only("pk", "merged_into_id", "reporter_id", "is_authenticated"):
        members.get(report.merged_into_id or report.pk, []).append(report)
    standings = find_standings({item.reporter_id for reports in members.values() for item in reports})
    cases = [_weigh_case(lead, members[pk], standings=standings) for pk, lead in leads.items()]
    return sorted(cases, key=lambda case: (-case.weight, case.lead.reported_at))


def find_standings(reporter_ids: Collection[int | None]) -> dict[int | None, Standing]:
    """How each reporter stands, measured over every answer they ever got.

    Of a trusted one only what came with their token counts: else anybody could write in their name until they fall.
    """
    theirs = Q(trusted_at=None) | Q(reports__is_authenticated=True)
    counted = Reporter.objects.filter(pk__in=[pk for pk in reporter_ids if pk is not None]).annotate(
        upheld=Count("reports", filter=theirs & Q(reports__state=AbuseReport.State.UPHELD)),
        dismissed=Count("reports", filter=theirs & Q(reports__state=AbuseReport.State.DISMISSED)),
    )
    rows = counted.values_list("pk", "upheld", "dismissed", "trusted_at")
    return {pk: Standing(upheld, dismissed, trusted_at is not None) for pk, upheld, dismissed, trusted_at in rows}


def voices_in(report: AbuseReport) -> list[Voice]:
    """Everyone who speaks in a report's case, while it is open."""
    lead = report.merged_into_id or report.pk
    reports = AbuseReport.objects.filter(Q(pk=lead) | Q(merged_into=lead), state=AbuseReport.State.OPEN)
    reports = reports.select_related("reporter", "version").order_by("reported_at", "pk")
    standings = find_standings({item.reporter_id for item in reports})
    return [
        Voice(
            reporter_id=item.reporter_id,
            domain=item.reporter_email.rpartition("@")[2].lower(),
            network_digest=item.network_digest,
            number=item.version.number if item.version else "",
            is_trusted=is_trusted(
                standings.get(item.reporter_id, NOBODY),
                is_authenticated=item.is_authenticated,
            ),
        )
        for item in reports
    ]


def _weigh_case(lead: AbuseReport, members: Collection[AbuseReport], *, standings: dict[int | None, Standing]) -> Case:
    # One person counts once, however often they write.
    weights: dict[int | None, int] = {}
    has_trusted = False
    for item in members:
        standing = standings.get(item.reporter_id, NOBODY)
        weight = weigh(standing, is_authenticated=item.is_authenticated)
        weights[item.reporter_id] = max(weight, weights.get(item.reporter_id, 0))
        has_trusted |= is_trusted(standing, is_authenticated=item.is_authenticated)
    return Case(lead, len(members), sum(weights.values()), has_trusted)
