"""What a tenant wants done with bots whose version is taken down: the plugin stays off, or goes back to a good one."""

from datetime import datetime

from django.db import transaction

from governance.ledger.actions import record
from governance.takedowns.pins import withdraw_pins_of
from plugins.installations import choose_remedy as note_remedy
from plugins.models import Tenant


def choose_remedy(tenant: Tenant, *, remedy: Tenant.Remedy, now: datetime) -> None:
    """Keep a tenant's choice; pins it no longer allows are withdrawn, new ones come with the next sweep."""
    with transaction.atomic():
        before = note_remedy(tenant.pk, remedy=remedy)
        withdrawn = withdraw_pins_of(tenant.pk, now=now) if remedy == Tenant.Remedy.DISABLE else 0
        record(
            "tenant.remedy_chosen",
            actor=f"tenant:{tenant.pk}",
            cause=f"tenant:{tenant.pk}",
            subject=f"tenant:{tenant.pk}",
            before={"remedy": before},
            after={"remedy": str(remedy), "pins_withdrawn": withdrawn},
            now=now,
        )
