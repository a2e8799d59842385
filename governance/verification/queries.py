"""Reads of publishers' proofs: the level they make now, and which of them are due to be proven again."""

from datetime import datetime

from governance.obligations.due import add_months
from governance.playbook import playbook
from governance.verification.level import Level, derive_level
from governance.verification.models import Attestation


def expires_at(attestation: Attestation) -> datetime:
    """When a proof stops counting unless it is renewed: the playbook's interval after it was given."""
    return add_months(attestation.attested_at, playbook().compliance.publisher_verification_every_months)


def publisher_level(publisher_id: int, *, now: datetime) -> Level:
    """The level of a publisher; an expired proof does not count, even before the sweep has ended it."""
    live = Attestation.objects.filter(publisher_id=publisher_id, state=Attestation.State.LIVE)
    return derive_level([attestation.kind for attestation in live if expires_at(attestation) > now])


def live_attestations(*, publisher_id: int | None = None, kind: str | None = None) -> list[Attestation]:
    """Proofs in force, of everyone or of one publisher and kind, the oldest first."""
    live = Attestation.objects.select_related("publisher").filter(state=Attestation.State.LIVE)
    if publisher_id is not None:
        live = live.filter(publisher_id=publisher_id)
    if kind is not None:
        live = live.filter(kind=kind)
    return list(live.order_by("attested_at"))
