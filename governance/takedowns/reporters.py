"""How much a reporter's word weighs: by how often it was right, and whether a person has called them trusted.
Pure rules; an address alone proves nothing, so trust counts only for what came with the reporter's own token."""

from dataclasses import dataclass

from governance.playbook import playbook

TRUSTED_BONUS = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a reporter: reports upheld and dismissed, and whether a person has called them trusted."""

    upheld: int
    dismissed: int
    is_named_trusted: bool

    @property
    def settled(self) -> int:
        return self.upheld + self.dismissed


def is_trusted(standing: Standing, *, is_authenticated: bool) -> bool:
    """Whether one report counts as a trusted reporter's: named, proven to be theirs, and right often enough."""
    if not (standing.is_named_trusted and is_authenticated):
        return False
    numbers = playbook().marketplace.abuse_reports
    if standing.settled < numbers.trusted_after_reports:
        return True
    return standing.upheld * 100 >= numbers.trusted_accuracy_percent * standing.settled


def weigh(standing: Standing, *, is_authenticated: bool) -> int:
    """The weight of one report: 50 of an unknown reporter, up to 100 of one always right, and a trusted one above all.

    Laplace's rule: one right answer is no proof of many.
    """
    accuracy = round(100 * (standing.upheld + 1) / (standing.settled + 2))
    return accuracy + (TRUSTED_BONUS if is_trusted(standing, is_authenticated=is_authenticated) else 0)


def plain_address(email: str) -> str:
    """One person's address in one spelling: lower-case, and without the +tag that makes one mailbox look like many."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"
