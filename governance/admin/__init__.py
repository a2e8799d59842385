"""The door of reviewers and moderators. Django finds the desk's pages by importing this package."""

from governance.admin import (
    accounts,
    catalogue,
    decisions,
    ledger,
    notifications,
    obligations,
    orders,
    reports,
    reviews,
    screening,
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
    "reports",
    "reviews",
    "screening",
    "takedowns",
    "verification",
]
