"""Webhooks: signed after Standard Webhooks over real TLS, and never a way into our own network."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from governance.notifications import public_hosts
from governance.notifications.delivery import deliver_due
from governance.notifications.errors import DeliveryDeferred, DeliveryRefused, WebhookUnsafe
from governance.notifications.models import DeliveryAttempt, Letter, Notice
from governance.notifications.public_hosts import check_url, find_public_address, is_public
from governance.notifications.webhooks import WebhookChannel, remove_webhook, set_webhook
from plugins.models import BotOwner

pytestmark = pytest.mark.django_db
HOST = "hook.example.invalid"


@dataclass
class Hook:
    """A person's program: keeps what it is sent, answers as told."""

    port: int = 0
    status: int = 204
    location: str = ""
    is_silent: bool = False
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/in?from=nexus"


def answer(hook: Hook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            if hook.is_silent:
                threading.Event().wait(2)
                return
            self.send_response(hook.status)
            if hook.location:
                self.send_header("Location", hook.location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the hook's name that only these tests trust, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    begin = datetime(2020, 1, 1)  # noqa: DTZ001  the library wants it so
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
def hook(certificate: Path) -> Iterator[Hook]:
    """A real HTTPS server."""
    made = Hook()
    server = HTTPServer(("127.0.0.1", 0), answer(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = server.server_port
    thread = threading.Thread(target=partial(server.serve_forever, 0.05))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def owner(now: datetime) -> BotOwner:
    return BotOwner.objects.create(email="dev@example.invalid", display_name="Dev", created_at=now)


@pytest.fixture
def channel(certificate: Path, now: datetime) -> WebhookChannel:
    """A channel that finds the hook's name on this machine, which no look-up of its own would."""
    context = ssl.create_default_context(cafile=str(certificate))
    return WebhookChannel(clock=lambda: now, find_address=lambda *_: "127.0.0.1", context=context)


@pytest.fixture
def notice(owner: BotOwner, now: datetime) -> Notice:
    words = {"subject": "Abgeschaltet", "opening": "Ärger\n", "closing": "", "lines": {}}
    letter = Letter.objects.create(kind="takedown_contained", cause="takedown:1", language="de", **words)
    return Notice.objects.create(
        kind="takedown_contained", cause="takedown:1", recipient=owner.email, letter=letter, queued_at=now,
        deadline_at=now + timedelta(hours=24), next_attempt_at=now, channel="webhook", request_id="r",
    )  # fmt: skip


def test_receiver_can_verify_what_it_is_sent(
    hook: Hook, owner: BotOwner, channel: WebhookChannel, notice: Notice, now: datetime
) -> None:
    secret = set_webhook(owner, url=hook.url, now=now)

    assert channel.send(notice) == "204 No Content"

    headers, body = hook.requests[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == f"msg_{notice.pk.hex}"
    assert abs(int(headers["webhook-timestamp"]) - now.timestamp()) <= 1
    assert headers["host"] == f"{HOST}:{hook.port}"
    told = json.loads(body)
    assert (told["type"], told["data"]["text"]) == ("takedown.contained", "Ärger\n")


def test_every_try_carries_the_same_id_and_body(
    hook: Hook, owner: BotOwner, channel: WebhookChannel, notice: Notice, now: datetime
) -> None:
    set_webhook(owner, url=hook.url, now=now)
    for _ in range(2):
        channel.send(notice)

    (first, body), (second, again) = hook.requests
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


def test_new_address_gets_a_new_secret_and_none_is_stored(owner: BotOwner, now: datetime) -> None:
    secrets = {set_webhook(owner, url=f"https://{HOST}/{turn}", now=now) for turn in range(3)}

    assert len(secrets) == 3
    stored = str(vars(owner.webhook))
    assert not any(secret.removeprefix("whsec_") in stored for secret in secrets)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, DeliveryDeferred), (503, DeliveryDeferred), (429, DeliveryDeferred), (408, DeliveryDeferred),
        (400, DeliveryRefused), (404, DeliveryRefused), (410, DeliveryRefused), (301, DeliveryRefused),
    ],
)  # fmt: skip
def test_answer_decides_whether_it_is_tried_again(
    hook: Hook,
    owner: BotOwner,
    channel: WebhookChannel,
    notice: Notice,
    status: int,
    error: type[Exception],
    now: datetime,
) -> None:
    set_webhook(owner, url=hook.url, now=now)
    hook.status, hook.location = status, f"https://{HOST}:{hook.port}/elsewhere"

    with pytest.raises(error):
        channel.send(notice)

    assert len(hook.requests) == 1, "no redirect is followed"


def test_certificate_of_another_name_is_not_talked_to(
    hook: Hook, owner: BotOwner, channel: WebhookChannel, notice: Notice, now: datetime
) -> None:
    set_webhook(owner, url=f"https://other.example.invalid:{hook.port}/", now=now)

    with pytest.raises(DeliveryDeferred, match="SSLCertVerificationError"):
        channel.send(notice)

    assert hook.requests == []


def test_silent_receiver_is_cut_off_and_leaves_a_doubt(
    hook: Hook,
    owner: BotOwner,
    channel: WebhookChannel,
    notice: Notice,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(public_hosts, "TOTAL_SECONDS", 0.3)
    set_webhook(owner, url=hook.url, now=now)
    hook.is_silent = True

    done = deliver_due(channel, limit=9, clock=lambda: now, others={"webhook": channel})

    assert done.deferred == 1
    assert DeliveryAttempt.objects.get().is_doubtful


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.example.invalid/", "ftp://hook.example.invalid/", "https://", "https:///path", "//host/", "host",
        "https://user@hook.example.invalid/", "https://user:pw@hook.example.invalid/", "https://host:0/",
        "https://host:99999/", "https://host/#part", "https://host\\@evil.invalid/", "https://höst.invalid/",
        "https://host/a b", f"https://host/{'a' * 1100}", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_address_that_must_not_be_called_is_refused_when_it_is_set(owner: BotOwner, url: str, now: datetime) -> None:
    with pytest.raises(WebhookUnsafe):
        check_url(url)
    with pytest.raises(WebhookUnsafe):
        set_webhook(owner, url=url, now=now)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104  an address to refuse
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
        "2001:0:7f00:1::", "ff02::1", "2001:db8::1", "not an address",
    ],
)  # fmt: skip
def test_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"])
def test_address_outside_is_public(address: str) -> None:
    assert is_public(address)


def test_name_with_one_private_address_among_public_ones_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (address, 443)) for address in ("93.184.215.14", "169.254.169.254")]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)

    with pytest.raises(WebhookUnsafe):
        find_public_address(HOST, 443)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0x7f.1", "2130706433"])
def test_ways_to_write_this_machine_do_not_reach_it(owner: BotOwner, notice: Notice, host: str, now: datetime) -> None:
    set_webhook(owner, url=f"https://{host}/", now=now)

    with pytest.raises((DeliveryRefused, DeliveryDeferred)):
        WebhookChannel(clock=lambda: now).send(notice)


def test_removed_webhook_is_called_no_more(
    hook: Hook, owner: BotOwner, channel: WebhookChannel, notice: Notice, now: datetime
) -> None:
    set_webhook(owner, url=hook.url, now=now)
    remove_webhook(owner, now=now)

    with pytest.raises(DeliveryRefused):
        channel.send(notice)


def test_refused_mail_goes_to_the_webhook_and_a_refusing_webhook_leaves_it_in_the_app(
    hook: Hook, owner: BotOwner, channel: WebhookChannel, notice: Notice, now: datetime
) -> None:
    class Refusing:
        def send(self, notice: Notice) -> str:
            raise DeliveryRefused("RCPT answered 550")

    set_webhook(owner, url=hook.url, now=now)
    Notice.objects.update(channel="email")
    run: Callable[[], object] = partial(
        deliver_due, Refusing(), limit=9, clock=lambda: now, others={"webhook": channel}
    )
    run()
    notice.refresh_from_db()
    assert (notice.state, notice.channel, notice.refused_at) == ("queued", "webhook", now)

    hook.status = 410
    run()

    notice.refresh_from_db()
    assert (notice.state, notice.channel) == ("undeliverable", "in_app")
    attempts = DeliveryAttempt.objects.order_by("pk").values_list("channel", "detail")
    assert list(attempts) == [("email", "RCPT answered 550"), ("webhook", "the webhook answered 410")]


def test_secret_that_confirms_an_address_never_leaves_the_mailbox(
    owner: BotOwner, notify: Callable[..., Notice], now: datetime
) -> None:
    class Refusing:
        def send(self, notice: Notice) -> str:
            raise DeliveryRefused("RCPT answered 550")

    set_webhook(owner, url=f"https://{HOST}/", now=now)
    notice = notify(owner.email, body="Secret: abc\n")

    deliver_due(Refusing(), limit=9, clock=lambda: now)

    notice.refresh_from_db()
    assert (notice.state, notice.channel) == ("undeliverable", "in_app")
