"""Refuses to start with a bad playbook, or in production with an embedded or insecure value.
Each refusal names the setting and what to give instead."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error

from governance.errors import PlaybookError
from governance.playbook import playbook
from governance.stack.paths import run_dir

REQUIRED_IN_PRODUCTION = {
    "SECRET_KEY": "a random string of at least 50 characters",
    "DATABASE_URL": "postgres://user:password@host:5432/name (PostgreSQL 15 or newer)",
    "BROKER_URL": "rediss://:password@host:6379/0",
    "ARTIFACT_STORAGE": "s3://bucket/prefix, or an absolute path on durable storage",
    "SIGNING_KEY_FILE": "the path of the platform's Ed25519 key, outside the checkout",
    "EMAIL_URL": "smtp+tls://user:password@host:587",
    "ALLOWED_HOSTS": "the public host names, comma-separated",
    "PUBLIC_URL": "https:// and the public host name",
}


def check_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """One error per environment variable that is missing or insecure when NEXUS_ENV is production."""
    if settings.NEXUS_ENV not in {"embedded", "production"}:
        return [Error("NEXUS_ENV is neither embedded nor production.", id="governance.E001")]
    if not settings.IS_PRODUCTION:
        return []
    missing = [
        Error(f"{name} is not set in production.", hint=f"Set it to {wanted}.", id="governance.E002")
        for name, wanted in REQUIRED_IN_PRODUCTION.items()
        if not os.environ.get(name)
    ]
    return [*missing, *_insecure_values()]


def check_playbook(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The playbook file must parse; its own message names line and fix."""
    try:
        playbook()
    except PlaybookError as error:
        return [Error(str(error), id="governance.E010")]
    return []


def _insecure_values() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if len(settings.SECRET_KEY) < 50:
        found.append(Error("SECRET_KEY is shorter than 50 characters.", id="governance.E003"))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(Error("ALLOWED_HOSTS admits every host.", id="governance.E004"))
    if str(settings.DATABASES["default"].get("HOST", "")) == str(run_dir(settings.VAR_DIR)):
        found.append(Error("DATABASE_URL points at the embedded database.", id="governance.E005"))
    if str(settings.VAR_DIR) in settings.BROKER_URL or "socket://" in settings.BROKER_URL:
        found.append(Error("BROKER_URL points at the embedded broker.", id="governance.E006"))
    if not settings.PUBLIC_URL.startswith("https://"):
        found.append(Error("PUBLIC_URL is not https.", id="governance.E007"))
    if settings.SIGNING_KEY_FILE.with_name("root_ed25519").exists():
        hint = "Move it off line; `manage.py root` says how it is used there."
        found.append(Error("The feed's root key lies on a server.", hint=hint, id="governance.E009"))
    if settings.DEBUG:
        found.append(Error("DEBUG is on.", id="governance.E008"))
    return found
