"""`manage.py bounce < message`: what the mail server pipes returned mail into; says what was done with it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.notifications.bounces import LARGEST_BOUNCE, read_bounce, record_bounce


class Command(BaseCommand):
    help = "Take a delivery status notification from standard input."

    def handle(self, *args: Any, **options: Any) -> None:
        bounce = read_bounce(sys.stdin.buffer.read(LARGEST_BOUNCE))
        # A mail server tries again after an error, and another try would say the same: never fail.
        if bounce is not None and record_bounce(bounce, now=timezone.now()):
            self.stdout.write(f"notice {bounce.notice_id} came back: {bounce.status}")
        else:
            self.stdout.write("nothing of ours")
