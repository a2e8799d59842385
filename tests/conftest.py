"""What every test stands on: private folders, a platform key, a database that can be emptied, and the actors.
Ada publishes, Ben reviews, Cleo moderates, Dev owns bots, Eve attacks."""

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import timezone
from pytest_django import Settings

from governance.takedowns.root_documents import make_first_root
from plugins.runtime.canonical import canonical_json
from plugins.runtime.signing import SigningKey
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_person,
    make_publisher,
    make_tenant,
)

IS_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip in CI is a failure: there, everything a test needs is installed."""
    report = yield
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file that skips itself."""
    report = yield
    if IS_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def platform_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A platform key of this test run."""
    path = tmp_path_factory.mktemp("keys") / "platform_ed25519"
    SigningKey.generate().save(path)
    return path


@pytest.fixture(scope="session")
def feed_root_file(platform_key_file: Path) -> Path:
    """A root document of this test run; the platform's key signs the feed, and the root key is beside it."""
    root_key = SigningKey.generate()
    root_key.save(platform_key_file.with_name("root_ed25519"))
    public = SigningKey.load(platform_key_file).public_base64
    began_at = datetime(2020, 1, 1, tzinfo=UTC)  # tests' clocks stand at many moments
    root = make_first_root(root_key=root_key, feed_public=public, key_days=20_000, root_days=20_000, now=began_at)
    path = platform_key_file.with_name("root-1.json")
    path.write_bytes(canonical_json(dict(root.statement)))
    return path


@pytest.fixture(scope="session", autouse=True)
def collected_static_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The folder a served page looks for; a live server asks for it before any test's own settings."""
    django_settings.STATIC_ROOT = str(tmp_path_factory.mktemp("static"))


@pytest.fixture(autouse=True)
def private_folders(settings: Settings, tmp_path: Path, platform_key_file: Path, feed_root_file: Path) -> None:
    """Every file a test makes lies in its own folder; nothing touches the checkout's data."""
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.SIGNING_KEY_FILE = platform_key_file
    settings.FEED_KEY_FILES = [platform_key_file]
    settings.FEED_DIR = tmp_path / "feed"
    settings.FEED_DIR.mkdir()
    (settings.FEED_DIR / feed_root_file.name).symlink_to(feed_root_file)
    artifacts = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "artifacts")},
    }
    settings.STORAGES = {**settings.STORAGES, "artifacts": artifacts}
    # A slow hash protects stored passwords; here it would only slow every log-in of a test down.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Let tests with real transactions empty the tables afterwards.

    Append-only tables refuse TRUNCATE by trigger, which is their purpose; only here are the triggers set aside,
    for the length of the one transaction that flushes.
    """
    flush = DatabaseOperations.sql_flush

    def flush_past_triggers(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
        names = [self.quote_name(table) for table in tables]
        return [
            *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in names),
            *flush(self, style, tables, **options),
            *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names),
        ]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", flush_past_triggers)
        yield


@pytest.fixture
def now() -> datetime:
    """The moment a test begins; the doors read the same clock."""
    return timezone.now()


@pytest.fixture
def ada(db: None, now: datetime) -> PublisherActor:
    """Publishes; her address is confirmed, and she holds a token."""
    return make_publisher("ada-labs", member="Ada", now=now)


@pytest.fixture
def eve(db: None, now: datetime) -> PublisherActor:
    """Attacks; she has an honest-looking publisher and a token of her own."""
    return make_publisher("eve-tools", member="Eve", now=now)


@pytest.fixture
def ben(db: None) -> User:
    """Reviews."""
    return make_person("ben", permissions=("decide_review",))


@pytest.fixture
def cleo(db: None) -> User:
    """Moderates."""
    return make_person("cleo", permissions=("contain_plugin", "remove_plugin", "reinstate_plugin"))


@pytest.fixture
def dev_tenant(db: None, now: datetime) -> TenantActor:
    """The tenant Dev's bots run under, with its token."""
    return make_tenant("dev-works", now=now)


@pytest.fixture
def dev_bot(dev_tenant: TenantActor, now: datetime) -> BotActor:
    """A bot Dev owns, with the key its runtime signs with."""
    return make_bot(dev_tenant, name="greeter", owner_email="dev@example.invalid", now=now)


@pytest.fixture
def dev_second_bot(dev_tenant: TenantActor, now: datetime) -> BotActor:
    """Another bot of Dev's, with a key of its own."""
    return make_bot(dev_tenant, name="helpdesk", owner_email="dev@example.invalid", now=now)


@pytest.fixture
def eve_bot(db: None, now: datetime) -> BotActor:
    """A bot of Eve's, in another tenant."""
    return make_bot(make_tenant("eve-works", now=now), name="prober", owner_email="eve@example.invalid", now=now)
