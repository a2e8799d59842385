"""Writes abuse reports and reporters: keeps, merges, settles; refuses a flood before anything is kept.
Reports of one plugin and category are one case, led by the first; answering it answers all."""

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from governance.playbook import playbook
from governance.takedowns.errors import ReporterTokenInvalid, ReportSettled, ReportUnknown, TooManyReports
from governance.takedowns.models import AbuseReport, Reporter, Takedown
from governance.takedowns.reporters import plain_address
from plugins.tokens import digest_secret

TOKEN_PREFIX = "nxr_"  # noqa: S105  a recognisable prefix for leak scanners, not a secret
TOKEN_BYTES = 32
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a report came from: a keyed digest of the network, and the trusted reporter whose token it bore."""

    network_digest: str = ""
    authenticated: Reporter | None = None


ANYWHERE = Source()


def find_reporter(email: str, *, source: Source, now: datetime) -> Reporter:
    """Whose report it is: the token's owner, else the address's, made on first sight."""
    if source.authenticated is not None:
        return source.authenticated
    reporter, _ = Reporter.objects.get_or_create(email=plain_address(email), defaults={"first_seen_at": now})
    return reporter


def refuse_flood(reporter: Reporter, *, source: Source, now: datetime) -> None:
    """Raise TooManyReports when address or network has sent the playbook's number within a day.

    Whoever reports at the same moment waits here until the caller commits, so that the count is exact.
    """
    numbers = playbook().marketplace.abuse_reports
    recent = AbuseReport.objects.filter(reported_at__gt=now - DAY)
    is_authenticated = source.authenticated is not None
    # What others write under a trusted reporter's address does not use up what is theirs.
    own = recent.filter(reporter=reporter, is_authenticated=is_authenticated)
    most_own = numbers.from_one_trusted_per_day if is_authenticated else numbers.from_one_address_per_day
    limits = [("reporter", f"{reporter.pk}/{is_authenticated}", own, most_own)]
    if source.network_digest and not is_authenticated:
        network = recent.filter(network_digest=source.network_digest, is_authenticated=False)
        limits.append(("network", source.network_digest, network, numbers.from_one_network_per_day))
    for kind, name, reports, most in limits:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reports:{kind}:{name}"])
        if reports.count() >= most:
            raise TooManyReports(f"{most} reports a day are taken from one {kind}; the others were kept")


def create_report(report: AbuseReport) -> AbuseReport:
    """Keep a report: as the leader of its case, or merged into the one that is open."""
    for _ in range(2):
        report.merged_into = _leaders().filter(plugin_id=report.plugin_id, category=report.category).first()
        try:
            with transaction.atomic():
                report.save(force_insert=True)
        except IntegrityError:
            if report.merged_into is not None:
                raise
            continue  # another was the first meanwhile
        return report
    raise ReportUnknown("the case this report belongs to was answered in this very moment; send it again")


def uphold_reports(takedown: Takedown, *, report_ids: Collection[uuid.UUID], now: datetime) -> list[AbuseReport]:
    """Answer open cases against this plugin with the takedown; raises ReportUnknown when one does not fit.

    Returns the reports, leaders and merged ones.
    """
    chosen = AbuseReport.objects.filter(
        pk__in=report_ids, plugin_id=takedown.plugin_id, state=AbuseReport.State.OPEN
    ).select_for_update(no_key=True)
    leaders = {report.merged_into_id or report.pk for report in chosen}
    if len(chosen) != len(set(report_ids)):
        raise ReportUnknown("one of the reports is not an open report against this plugin")
    reports = list(_case(leaders))
    AbuseReport.objects.filter(pk__in=[report.pk for report in reports]).update(
        state=AbuseReport.State.UPHELD, takedown=takedown, settled_at=now
    )
    return reports


def dismiss_case(report_id: uuid.UUID, *, reason: str, now: datetime) -> list[AbuseReport]:
    """Answer a report's case with nothing to be done; raises ReportUnknown or ReportSettled."""
    report = AbuseReport.objects.select_for_update(no_key=True).filter(pk=report_id).first()
    if report is None:
        raise ReportUnknown(f"no report {report_id}")
    if report.state != AbuseReport.State.OPEN:
        raise ReportSettled("this report was answered before")
    reports = list(_case({report.merged_into_id or report.pk}))
    AbuseReport.objects.filter(pk__in=[item.pk for item in reports]).update(
        state=AbuseReport.State.DISMISSED, settled_at=now, dismissal_reason=reason
    )
    return reports


def forget_networks(*, now: datetime) -> int:
    """Drop where answered reports came from, once no limit asks for it any more."""
    answered = AbuseReport.objects.filter(reported_at__lt=now - DAY).exclude(state=AbuseReport.State.OPEN)
    return answered.exclude(network_digest="").update(network_digest="")


def trust_reporter(email: str, *, actor: User, now: datetime) -> tuple[Reporter, str]:
    """Call a reporter trusted and make their token; returns it, which is never available again.

    Done again it makes a new token, and the old one is worth nothing.
    """
    secret = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    reporter, _ = Reporter.objects.get_or_create(email=plain_address(email), defaults={"first_seen_at": now})
    Reporter.objects.filter(pk=reporter.pk).update(token_digest=digest_secret(secret), trusted_at=now, trusted_by=actor)
    reporter.refresh_from_db()
    return reporter, secret


def distrust_reporter(reporter_id: int) -> bool:
    """Take trust and token back; False when there was none."""
    named = Reporter.objects.filter(pk=reporter_id).exclude(trusted_at=None)
    return named.update(token_digest=None, trusted_at=None, trusted_by=None) > 0


def authenticate_reporter(secret: str) -> Reporter:
    """Return the trusted reporter whose token this is; raises ReporterTokenInvalid."""
    reporter = Reporter.objects.filter(token_digest=digest_secret(secret)).first()
    if reporter is None:
        raise ReporterTokenInvalid("no trusted reporter has this token; send the report without one")
    return reporter


def _leaders() -> QuerySet[AbuseReport]:
    """Open leaders under their row locks: a case that is being answered is waited for."""
    return AbuseReport.objects.select_for_update(no_key=True).filter(state=AbuseReport.State.OPEN, merged_into=None)


def _case(leaders: Collection[uuid.UUID]) -> QuerySet[AbuseReport]:
    whole = Q(pk__in=leaders) | Q(merged_into__in=leaders)
    locked = AbuseReport.objects.select_for_update(of=("self",), no_key=True).select_related("plugin", "reporter")
    return locked.filter(whole, state=AbuseReport.State.OPEN).order_by("reported_at", "pk")
