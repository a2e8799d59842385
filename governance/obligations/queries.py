"""Reads of the deadlines: what runs, what is due soon, what was missed."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from governance.obligations.models import Obligation


def running() -> QuerySet[Obligation]:
    """Deadlines neither met, cancelled nor paused, the nearest first."""
    return Obligation.objects.filter(met_at=None, cancelled_at=None, paused_at=None).order_by("due_at")


def due_within(span: timedelta, *, now: datetime) -> QuerySet[Obligation]:
    """Running deadlines that end within `span`, and those that have ended already."""
    return running().filter(due_at__lte=now + span)


def missed() -> QuerySet[Obligation]:
    """Every deadline that was ever missed, the latest first."""
    return Obligation.objects.exclude(missed_at=None).order_by("-missed_at")


def of_subject(subject: str) -> QuerySet[Obligation]:
    """Every deadline about one subject (`kind:id`)."""
    return Obligation.objects.filter(subject=subject).order_by("due_at")
