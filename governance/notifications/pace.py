"""How long a crowd takes to be told: by the rate of delivery, and by what one mail domain may be given. No database."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """When the last of `people` is told, and whether that is in time; `is_domain_slowest` says what decides it."""

    people: int
    rate: float
    takes: timedelta
    within: timedelta
    is_domain_slowest: bool

    @property
    def is_in_time(self) -> bool:
        return self.takes <= self.within

    @property
    def needed_rate(self) -> float:
        """Messages a second that would just do."""
        return self.people / self.within.total_seconds()


def plan_delivery(
    people: int, *, rate: float, largest_domain: int, domain_messages_per_minute: int, within: timedelta
) -> Plan:
    """How long `people` take at `rate` messages a second when `largest_domain` of them share one mail domain.

    Domains are served side by side, so the slower of the two decides.
    """
    by_rate = timedelta(seconds=people / rate)
    by_domain = timedelta(minutes=largest_domain / domain_messages_per_minute)
    return Plan(people, rate, max(by_rate, by_domain), within, is_domain_slowest=by_domain > by_rate)
