"""Makes the actors and what they own, through the same code production uses, so that no test row is impossible.
Every host and address ends in .invalid."""

import io
import json
import secrets
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.contrib.auth.models import Permission, User

from governance.verification.actions import attest
from governance.verification.models import Attestation
from plugins.installations import enrol_bot
from plugins.lifecycle import move_version
from plugins.models import ApiToken, Bot, Member, Publisher, Tenant, Version
from plugins.runtime.signing import SigningKey, sign_statement
from plugins.submissions import receive_upload, submit_version
from plugins.tokens import issue_token

TOKEN_LIFETIME = timedelta(days=365)
MACHINE = "machine"
NOTHING: Mapping[str, Any] = MappingProxyType({})
CLEAN_SOURCE = "def greet(name: str) -> str:\n    return f'Hello {name}'\n"
MANIFEST = """
[plugin]
name = {name}
title = {title}
version = {version}
runtime = "python"
license = "MIT"
description = "Says hello to whoever writes."

[[nodes]]
id = "greet"
title = "Greet"
entry_point = "greeter:greet"

[permissions]
network = []
environment = []
secrets = []
filesystem = "none"
subprocess = false
user_data = []

[analytics]
consent_required = false
"""


@dataclass(frozen=True)
class PublisherActor:
    """A publisher with a live token."""

    publisher: Publisher
    token: ApiToken
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@dataclass(frozen=True)
class TenantActor:
    """A tenant with a live token."""

    tenant: Tenant
    token: ApiToken
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}"}


@dataclass(frozen=True)
class BotActor:
    """A bot and the private key only its runtime holds."""

    bot: Bot
    key: SigningKey

    def sign_installation(
        self,
        version: Version,
        *,
        at: datetime,
        action: str = "installed",
        falsified: Mapping[str, Any] = NOTHING,
    ) -> dict[str, Any]:
        """The statement a runtime posts when it installs or uninstalls a version; `falsified` fields win."""
        payload = {
            "kind": "nexus.installation/1",
            "bot": str(self.bot.pk),
            "publisher": version.plugin.publisher.slug,
            "plugin": version.plugin.name,
            "version": version.number,
            "artifact_sha256": version.artifact_id,
            "action": action,
            "at": format_moment(at),
            "nonce": secrets.token_hex(16),
        }
        return sign_statement({**payload, **falsified}, key=self.key)

    def sign_acknowledgement(
        self,
        block: Mapping[str, Any],
        *,
        version: Version,
        at: datetime,
        sequence: int,
        falsified: Mapping[str, Any] = NOTHING,
    ) -> dict[str, Any]:
        """The statement a runtime posts when it obeyed a block of the feed; `falsified` fields win."""
        payload = {
            "kind": "nexus.acknowledgement/1",
            "bot": str(self.bot.pk),
            "block": block["id"],
            "takedown": block["takedown"],
            "sequence": sequence,
            "publisher": version.plugin.publisher.slug,
            "plugin": version.plugin.name,
            "version": version.number,
            "action": "switched_off",
            "at": format_moment(at),
            "nonce": secrets.token_hex(16),
        }
        return sign_statement({**payload, **falsified}, key=self.key)

    def sign_presence(self, *, at: datetime, sequence: int, falsified: Mapping[str, Any] = NOTHING) -> dict[str, Any]:
        """The statement a runtime posts to say that it is there; `falsified` fields win."""
        payload = {
            "kind": "nexus.presence/1",
            "bot": str(self.bot.pk),
            "sequence": sequence,
            "at": format_moment(at),
            "nonce": secrets.token_hex(16),
        }
        return sign_statement({**payload, **falsified}, key=self.key)


def format_moment(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def make_publisher(slug: str, *, member: str, now: datetime) -> PublisherActor:
    """A registered publisher: one owner whose address is confirmed, one token."""
    publisher = Publisher.objects.create(slug=slug, display_name=f"{member} Publishing", created_at=now)
    Member.objects.create(
        publisher=publisher,
        email=f"{member.lower()}@example.invalid",
        display_name=member,
        role=Member.Role.OWNER,
        created_at=now,
    )
    attest(publisher.pk, kind=Attestation.Kind.EMAIL, evidence="e-mail challenge", attested_by=None, now=now)
    token, secret = issue_token(publisher=publisher, label="first token", valid_for=TOKEN_LIFETIME, now=now)
    return PublisherActor(publisher, token, secret)


def make_tenant(slug: str, *, now: datetime) -> TenantActor:
    """A tenant with one token."""
    tenant = Tenant.objects.create(
        slug=slug, display_name=slug.title(), contact_email=f"{slug}@example.invalid", created_at=now
    )
    token, secret = issue_token(tenant=tenant, label="enrolment", valid_for=TOKEN_LIFETIME, now=now)
    return TenantActor(tenant, token, secret)


def make_bot(tenant: TenantActor, *, name: str, owner_email: str, now: datetime) -> BotActor:
    """An enrolled bot with a fresh key."""
    key = SigningKey.generate()
    owner_name = owner_email.partition("@")[0].title()
    bot = enrol_bot(
        tenant.tenant,
        name=name,
        owner_email=owner_email,
        owner_name=owner_name,
        public_key=key.public_base64,
        now=now,
    )
    return BotActor(bot, key)


def make_person(username: str, *, permissions: tuple[str, ...]) -> User:
    """A staff account that may do exactly this."""
    person = User.objects.create_user(username, f"{username}@example.invalid", f"{username} has a password")
    person.is_staff = True
    person.save()
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


def pack_plugin(
    name: str = "greeter",
    *,
    version: str = "1.0.0",
    files: Mapping[str, str] | None = None,
    manifest: str | None = None,
    title: str | None = None,
) -> bytes:
    """A small plugin as a zip archive, the same bytes for the same arguments; an empty manifest leaves it out."""
    fields = {"name": name, "title": title or name.title(), "version": version}
    written = MANIFEST.format(**{key: json.dumps(value) for key, value in fields.items()})
    members = {"nexus-plugin.toml": written if manifest is None else manifest}
    members |= {"greeter.py": CLEAN_SOURCE} if files is None else files
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in members.items():
            if text:
                archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


def make_version(
    ada: PublisherActor,
    *,
    now: datetime,
    name: str = "greeter",
    number: str = "1.0.0",
    archive: bytes | None = None,
) -> Version:
    """A submitted version, through the same door-less path an upload takes."""
    data = archive if archive is not None else pack_plugin(name, version=number)
    with tempfile.TemporaryDirectory() as folder:
        upload = receive_upload([data], into=Path(folder), expected_bytes=len(data))
        return submit_version(upload, token=ada.token, request_id="test-request", now=now)


def publish_version(version: Version, *, now: datetime) -> Version:
    """Move a submitted version to published, as a clean scan does."""
    for status in (Version.Status.SCANNING, Version.Status.PUBLISHED):
        move_version(version.pk, to=status, actor=MACHINE, cause="clean scan", request_id="test-request", now=now)
    version.refresh_from_db()
    return version


def make_published(ada: PublisherActor, *, now: datetime, name: str = "greeter", number: str = "1.0.0") -> Version:
    """A published version."""
    return publish_version(make_version(ada, now=now, name=name, number=number), now=now)
