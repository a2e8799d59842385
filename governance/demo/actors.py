"""The outside parties of the story over the API: publishers, tenants who enrol bots, and a reporter.

Each holds only what the platform handed to it: a token, a mailed secret, a tracking id."""

from dataclasses import dataclass
from typing import Any

from governance.demo.catalogue import Archive
from governance.demo.mail import Mailbox
from governance.demo.web import Visitor

MAIL_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Submission:
    """An archive on its way through the platform."""

    archive: Archive
    publisher: "Publisher"
    status_path: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a version stands, as its publisher is told."""

    status: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class EnrolledBot:
    """What a tenant gets for a bot: its id, the root to trust the feed by, and where the feed is."""

    bot: str
    root: dict[str, str]
    feed_url: str


class Publisher:
    """Somebody who publishes plugins, with one member and one token."""

    def __init__(self, base_url: str, *, slug: str, member: str) -> None:
        self.slug = slug
        self.member = member
        self.address = f"{member.lower()}@{slug}.example.invalid"
        self._base_url = base_url
        self._web = Visitor(base_url)

    def register(self) -> None:
        """Ask for the slug; a secret goes to the member's address."""
        value = {
            "slug": self.slug,
            "display_name": self.slug.replace("-", " ").title(),
            "email": self.address,
            "member_name": self.member,
        }
        self._web.post_json("/api/v1/publishers", value=value, status=202)

    def confirm(self, mailbox: Mailbox) -> None:
        """Send back the mailed secret; the answer holds the token."""
        secret = mailbox.wait_for_secret(self.address, seconds=MAIL_SECONDS)
        answer = self._web.post_json("/api/v1/publishers/confirm", value={"secret": secret}, status=200)
        self._web = Visitor(self._base_url, token=answer.json()["token"])

    def level(self) -> str:
        """How far the platform trusts this publisher."""
        return str(self._web.get("/api/v1/publishers/me").json()["level"])

    def submit(self, archive: Archive) -> Submission:
        """Upload an archive; the scan follows."""
        answer = self._web.post_bytes("/api/v1/versions", body=archive.data, media_type=archive.media_type, status=202)
        return Submission(archive, self, answer.json()["status_url"])

    def look_up(self, submission: Submission) -> Standing:
        """Where one of this publisher's versions stands, and why."""
        told = self.read_status(submission)
        return Standing(status=told["status"], verdict=told["verdict"] or "", reason=told["reason"])

    def read_status(self, submission: Submission) -> dict[str, Any]:
        """Everything the status page tells about a version."""
        told: dict[str, Any] = self._web.get(submission.status_path).json()
        return told


class Tenant:
    """A tenant of the bot platform, enrolling bots with its token."""

    def __init__(self, base_url: str, *, slug: str, token: str) -> None:
        self.slug = slug
        self._web = Visitor(base_url, token=token)

    def enrol(self, *, name: str, owner_address: str, owner_name: str, public_key: str) -> EnrolledBot:
        """Enrol one bot by the public half of its runtime's key."""
        value = {
            "name": name,
            "owner_email": owner_address,
            "owner_name": owner_name,
            "public_key": public_key,
        }
        answer = self._web.post_json("/api/v1/runtime/bots", value=value, status=201).json()
        return EnrolledBot(answer["bot"], answer["root"], answer["feed_url"])


def report_abuse(base_url: str, *, address: str, number: str, reporter: str) -> str:
    """File an abuse report about publisher/plugin as anyone can; returns its tracking id."""
    publisher, _, plugin = address.partition("/")
    value = {
        "publisher": publisher,
        "plugin": plugin,
        "version": number,
        "category": "data_theft",
        "description": "Since this plugin is on, strangers know what my users wrote to my bot.",
        "reporter_email": reporter,
    }
    answer = Visitor(base_url).post_json("/api/v1/reports", value=value, status=202)
    return str(answer.json()["tracking_id"])


def look_up_report(base_url: str, *, tracking_id: str) -> str:
    """What became of a report, by its tracking id alone."""
    return str(Visitor(base_url).get(f"/api/v1/reports/{tracking_id}").json()["state"])
