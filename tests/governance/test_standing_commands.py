"""What an operator types about reporters, files and names: only a named account that may, and only once."""

import re
from datetime import datetime
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from governance.flows.takedown import contain_plugin, sign_removal
from governance.ledger.models import Entry
from governance.takedowns.models import KnownFile, Takedown
from governance.takedowns.report_actions import authenticate_reporter
from plugins.artifact_files import record_files
from plugins.models import Plugin
from scanners.report import FileRecord, Kind
from tests.samples.factories import PublisherActor, make_person, make_published

BAD = "b" * 64


def say(*words: str) -> str:
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def test_trusted_reporter_gets_a_token_that_ends_with_the_trust(cleo: User) -> None:
    secret = re.search(r"nxr_\S+", say("reporter", "trust", "team@lab.invalid", "--as", "cleo"))
    assert secret is not None
    assert authenticate_reporter(secret[0]).email == "team@lab.invalid"
    assert "not trusted" in say("reporter", "distrust", "team@lab.invalid", "--as", "cleo")
    for words in (("distrust", "team@lab.invalid"), ("distrust", "nobody@lab.invalid")):
        with pytest.raises(CommandError):
            say("reporter", *words, "--as", "cleo")


def test_listed_file_is_acted_on_at_once(ada: PublisherActor, cleo: User, now: datetime) -> None:
    version = make_published(ada, now=now)
    record_files(version.artifact_id, [FileRecord("greeter.py", BAD, 900, Kind.PYTHON)])

    assert "1 plugins contained" in say("known_file", "list", BAD, "--reason", "A stealer.", "--as", "cleo")

    assert Takedown.objects.get().file_sha256 == [BAD]
    say("known_file", "withdraw", BAD, "--reason", "A licence.", "--as", "cleo")
    assert KnownFile.objects.get().withdrawn_at is not None
    for action, digest in (("withdraw", BAD), ("list", "greeter")):
        with pytest.raises(CommandError):
            say("known_file", action, digest, "--reason", "x", "--as", "cleo")


def test_removed_plugins_name_goes_to_its_rightful_owner(
    ada: PublisherActor, eve: PublisherActor, cleo: User, now: datetime
) -> None:
    squatted = make_published(eve, now=now, name="weather-card")
    words = ("pass_name", "eve-tools/weather-card", "--to", "ada-labs", "--reason", "Her mark.", "--as", "cleo")
    with pytest.raises(CommandError, match="still held"):
        say(*words)
    takedown = contain_plugin(
        plugin_id=squatted.plugin_id,
        versions="*",
        grounds="impersonation",
        statement="It is not theirs.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )
    sign_removal(takedown.pk, actor=cleo, reason="Proven.", now=now)

    assert "ada-labs's now" in say(*words)

    assert Plugin.objects.get(name="weather-card", retired_at=None).publisher == ada.publisher
    assert Entry.objects.filter(action="plugin.name_passed").count() == 1
    with pytest.raises(CommandError):
        say(*words)
    with pytest.raises(CommandError):
        say(*words[:3], "nobody", *words[4:])


@pytest.mark.parametrize(
    "words",
    [
        ("reporter", "trust", "eve@example.invalid"),
        ("known_file", "list", BAD, "--reason", "x"),
        ("pass_name", "a/b", "--to", "eve-tools", "--reason", "x"),
    ],
)
@pytest.mark.parametrize("name", ["nobody", "sam"])
def test_account_that_may_not_do_it_does_not(words: tuple[str, ...], name: str, db: None) -> None:
    make_person("sam", permissions=())
    with pytest.raises(CommandError, match=name):
        say(*words, "--as", name)
    assert not Entry.objects.exists()
