"""Makes the first staff account with a printed one-time password; says so and stops when there is one already."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from governance.playbook import playbook
from governance.reviews.models import OneTimePassword


class Command(BaseCommand):
    help = "Create the first reviewer and print a one-time password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="reviewer")
        parser.add_argument("--role", default="security-lead")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        if User.objects.filter(username=username).exists():
            self.stdout.write(f"{username} exists; change a forgotten password with `manage.py changepassword`")
            return
        password = secrets.token_urlsafe(12)
        hours = playbook().marketplace.access.one_time_password_valid_hours
        with transaction.atomic():
            # The first account has to be able to make the others.
            user = User.objects.create_superuser(username, password=password)
            user.groups.add(Group.objects.get(name=options["role"]))
            OneTimePassword.objects.create(
                user=user, password_hash=user.password, expires_at=timezone.now() + timedelta(hours=hours)
            )
        self.stdout.write(f"first reviewer: {username}  one-time password: {password}  (change it at first use)")
