"""The door of reviewers and moderators. Importing this package registers the desk's pages; urls.py does."""

from governance.admin import (
    accounts,
    catalogue,
    decisions,
    ledger,
    notifications,
    obligations,
    orders,
    publisher_takedowns,
    reports,
    reviews,
    screening,
    takedown_answers,
    takedowns,
    verification,
)

__all__ = [
    "accounts",
    "catalogue",
    "decisions",
    "ledger",
    "notifications",
    "obligations",
    "orders",
    "publisher_takedowns",
    "reports",
    "reviews",
    "screening",
    "takedown_answers",
    "takedowns",
    "verification",
]
