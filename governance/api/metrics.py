"""What Prometheus reads, counted from the rows at each scrape: a restart loses nothing, every process answers alike.
Decides nothing, and names no publisher, plugin or person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from governance.feed_folder import list_roots
from governance.keys import feed_root
from governance.ledger.models import Checkpoint, Entry
from governance.notifications.queries import tally
from governance.notifications.queries import waiting as waiting_notices
from governance.obligations.queries import due_within, missed, running
from governance.screening.models import Scan
from governance.takedowns.feed import head_sequence
from governance.takedowns.models import FeedSnapshot, SwitchOrder
from plugins.models import Version

SCAN_WINDOW = timedelta(days=1)
SCAN_BUCKETS_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 240, 600)
DUE_SOON = timedelta(hours=1)
WAITING_STATUSES = (Version.Status.SUBMITTED, Version.Status.SCANNING)


def show_metrics(request: HttpRequest) -> HttpResponse:
    """Answer in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(RowCollector(timezone.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


@dataclass(frozen=True)
class RowCollector(Collector):
    """Reads every figure as of `now`; ages are in seconds."""

    now: datetime

    def collect(self) -> Iterator[Metric]:
        yield _submissions()
        yield _scan_seconds(self.now)
        yield from _queues(self.now)
        yield from _obligations(self.now)
        yield from _feed(self.now)
        yield from _ledger(self.now)
        yield from _orders()
        yield from _notices()

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand: registering must not read the database."""
        return iter(())


def _submissions() -> Metric:
    gauge = GaugeMetricFamily("nexus_versions", "Versions by status.", labels=["status"])
    counts = dict(Version.objects.values_list("status").annotate(n=Count("id")))
    for status in Version.Status.values:
        gauge.add_metric([status], counts.get(status, 0))
    return gauge


def _scan_seconds(now: datetime) -> Metric:
    """A histogram over the last day, not since ever: old scans must not hide that scanning is slow today."""
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    scans = Scan.objects.filter(state=Scan.State.COMPLETE, finished_at__gte=now - SCAN_WINDOW).annotate(took=took)
    counted = {
        f"under_{seconds}": Count("id", filter=Q(took__lte=timedelta(seconds=seconds)))
        for seconds in SCAN_BUCKETS_SECONDS
    }
    totals = scans.aggregate(total=Count("id"), spent=Sum("took"), **counted)
    buckets = [(str(float(seconds)), float(totals[f"under_{seconds}"])) for seconds in SCAN_BUCKETS_SECONDS]
    buckets.append(("+Inf", float(totals["total"])))
    spent = totals["spent"].total_seconds() if totals["spent"] else 0.0
    histogram = HistogramMetricFamily("nexus_scan_duration_seconds", "Scans of the last day, from claim to verdict.")
    histogram.add_metric([], buckets=buckets, sum_value=spent)
    return histogram


def _queues(now: datetime) -> Iterator[Metric]:
    depth = GaugeMetricFamily("nexus_queue_depth", "Rows that wait.", labels=["queue"])
    age = GaugeMetricFamily("nexus_queue_oldest_age_seconds", "Age of the row that waits longest.", labels=["queue"])
    waiting = Version.objects.filter(status__in=WAITING_STATUSES).aggregate(n=Count("id"), oldest=Min("submitted_at"))
    for queue, (count, oldest) in {
        "versions": (waiting["n"], waiting["oldest"]),
        "notices": waiting_notices(),
    }.items():
        depth.add_metric([queue], count)
        age.add_metric([queue], _age(oldest, now=now))
    yield depth
    yield age


def _obligations(now: datetime) -> Iterator[Metric]:
    gauge = GaugeMetricFamily("nexus_obligations", "Deadlines by state.", labels=["state"])
    gauge.add_metric(["running"], running().count())
    gauge.add_metric(["due_within_hour"], due_within(DUE_SOON, now=now).count())
    gauge.add_metric(["missed"], missed().count())
    yield gauge
    nearest = running().aggregate(at=Min("due_at"))["at"]
    seconds = (nearest - now).total_seconds() if nearest else float("inf")
    yield GaugeMetricFamily(
        "nexus_obligation_nearest_due_seconds",
        "Time to the nearest deadline; negative when it has passed.",
        seconds,
    )


def _feed(now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily("nexus_feed_sequence", "The feed's newest number.", head_sequence())
    newest = FeedSnapshot.objects.order_by("-issued_at").values_list("issued_at", flat=True).first()
    yield GaugeMetricFamily("nexus_feed_age_seconds", "Since the feed was last signed.", _age(newest, now=now))
    ends = [key.valid_until for key in feed_root().feed_keys.values()] if list_roots(settings.FEED_DIR) else []
    seconds = (max(ends) - now).total_seconds() if ends else 0.0
    yield GaugeMetricFamily("nexus_feed_key_seconds_left", "Until the last listed key of the feed ends.", seconds)


def _ledger(now: datetime) -> Iterator[Metric]:
    head = Entry.objects.order_by("-sequence").values_list("sequence", flat=True).first()
    yield GaugeMetricFamily("nexus_ledger_head", "The ledger's newest number.", head or 0)
    signed = Checkpoint.objects.order_by("-signed_at").values_list("signed_at", flat=True).first()
    yield GaugeMetricFamily("nexus_ledger_checkpoint_age_seconds", "Since the last checkpoint.", _age(signed, now=now))


def _orders() -> Iterator[Metric]:
    gauge = GaugeMetricFamily("nexus_switch_orders", "Orders to runtimes by state.", labels=["state"])
    rows = SwitchOrder.objects.values_list("state").annotate(n=Count("id"), delivered=Count("delivered_at"))
    counts = {state: (orders, delivered) for state, orders, delivered in rows}
    for state in SwitchOrder.State.values:
        gauge.add_metric([state], counts.get(state, (0, 0))[0])
    yield gauge
    stuck = counts.get(SwitchOrder.State.ORDERED, (0, 0))[1]
    yield GaugeMetricFamily("nexus_switch_orders_stuck", "Orders a bot has and could not carry out.", stuck)


def _notices() -> Iterator[Metric]:
    counts = tally()
    states = GaugeMetricFamily("nexus_notices", "Notices by state.", labels=["state"])
    for state in ("queued", "delivered", "undeliverable"):
        states.add_metric([state], getattr(counts, state))
    yield states
    yield GaugeMetricFamily("nexus_notices_refused", "Refused for good by a channel, for support.", counts.refused)
    yield GaugeMetricFamily("nexus_notices_possibly_twice", "Handed over again after a doubt.", counts.possibly_twice)


def _age(since: datetime | None, *, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
