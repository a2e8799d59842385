"""A person at the desk: signs in with a printed password, chooses their own, and works through the pages.

Types and clicks only what a browser could; never skips a page that a person would have to read."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from governance.demo.errors import PageUnexpected, Unexpected
from governance.demo.pages import Page
from governance.demo.web import Answer, Visitor

OWN_PASSWORD_BYTES = 18


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the review queue."""

    address: str
    plugin: str
    number: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reviewer types under a case; the statement is left to the grounds' own text."""

    outcome: str
    grounds: str
    cites_findings: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What the desk says a containment would touch, before it is ordered."""

    bots: int
    tenants: int
    owners: int
    exposed_owners: int


@dataclass(frozen=True, slots=True)
class Order:
    """A containment as a moderator types it."""

    plugin: str
    versions: str
    grounds: str
    statement: str
    report: str


class Person:
    """One member of the staff, with a browser's session of their own."""

    def __init__(self, base_url: str, *, username: str) -> None:
        self.username = username
        self.password = ""
        self._web = Visitor(base_url)

    def sign_in(self, printed_password: str) -> None:
        """Sign in with the printed password and choose another one, as the desk asks for."""
        typed = {"username": self.username, "password": printed_password}
        landed = self._submit(self._web.get("/admin/login/?next=/admin/"), field="username", typed=typed)
        if "password_change" not in landed.path:
            raise Unexpected(f"{self.username} was let in to {landed.path} with the printed password")
        self.password = secrets.token_urlsafe(OWN_PASSWORD_BYTES)
        chosen = {
            "old_password": printed_password,
            "new_password1": self.password,
            "new_password2": self.password,
        }
        changed = self._submit(landed, field="old_password", typed=chosen)
        if "password_change/done" not in changed.path:
            raise PageUnexpected(f"the new password was refused: {Page(changed.text()).describe()}")
        self._web.get("/admin/")

    def attest(self, slug: str, *, evidence: str) -> None:
        """Vouch for a publisher's identity."""
        page = Page(self._web.get(f"/admin/desk/publishers/{slug}/").text())
        form = page.find_form("/attest/")
        self._web.post_form(form.action, fields=form.fill({"evidence": evidence}))

    def list_cases(self) -> list[Case]:
        """Every open review of the queue, page after page."""
        cases: list[Case] = []
        address = "/admin/desk/queue/"
        while address:
            page = Page(self._web.get(address).text())
            cases += [_read_case(link.address, link.text) for link in page.links if "/desk/reviews/" in link.address]
            onward = [link.address for link in page.links if link.text == "Next"]
            address = f"/admin/desk/queue/{onward[0]}" if onward else ""
        return cases

    def decide(self, case: Case, *, judgement: Judgement) -> None:
        """Read the case, claim it, and decide it; raises PageUnexpected with the desk's words when refused."""
        page = Page(self._web.get(case.address).text())
        claim = page.find_form("/claim/")
        page = Page(self._web.post_form(claim.action, fields=claim.fill({})).text())
        form = page.find_form("/decide/")
        typed: dict[str, str | list[str]] = {
            "outcome": judgement.outcome,
            "grounds": judgement.grounds,
            "cited": page.loose.get("cited", []) if judgement.cites_findings else [],
        }
        landed = self._web.post_form(form.action, fields=form.fill(typed))
        if "/desk/queue/" not in landed.path:
            raise PageUnexpected(f"{case.plugin} was not decided: {Page(landed.text()).describe()}")

    def preview(self, order: Order) -> Reach:
        """Ask for the reach of an order before giving it."""
        page = Page(self._web.get(_contain_address(order)).text())
        return Reach(
            bots=int(_fact(page, "Bots running it now")),
            tenants=int(_fact(page, "Tenants")),
            owners=int(_fact(page, "Owners running it now")),
            exposed_owners=int(_fact(page, "Owners affected, now or before")),
        )

    def contain(self, order: Order) -> str:
        """Give the order on the page that shows its reach; returns the takedown's id."""
        address = _contain_address(order)
        form = Page(self._web.get(address).text()).find_form_with("is_meant")
        typed: dict[str, str | list[str]] = {
            "grounds": order.grounds,
            "statement": order.statement,
            "reports": [report for report in form.choices.get("reports", []) if report == order.report],
            "is_meant": form.choices["is_meant"],
        }
        landed = self._web.post_form(address, fields=form.fill(typed))
        takedown = landed.path.rstrip("/").rpartition("/")[2]
        if takedown == "contain":
            raise PageUnexpected(f"the order was refused: {Page(landed.text()).describe()}")
        return takedown

    def count(self, takedown: str) -> dict[str, int]:
        """The takedown page's own counts, as it asks for them every few seconds."""
        counts = self._web.get(f"/admin/desk/takedowns/{takedown}/progress/").json()
        return {name: value for name, value in counts.items() if isinstance(value, int)}

    def reinstate(self, takedown: str, *, reason: str) -> None:
        """Undo a takedown from its page."""
        page = Page(self._web.get(f"/admin/desk/takedowns/{takedown}/").text())
        form = page.find_form("/reinstate/")
        self._web.post_form(form.action, fields=form.fill({"reason": reason}))

    def _submit(self, answer: Answer, *, field: str, typed: Mapping[str, str | list[str]]) -> Answer:
        form = Page(answer.text()).find_form_with(field)
        return self._web.post_form(form.action or answer.path, fields=form.fill(typed))


def _read_case(address: str, text: str) -> Case:
    plugin, _, number = text.rpartition(" ")
    return Case(address, plugin, number)


def _contain_address(order: Order) -> str:
    question = [("plugin", order.plugin), ("versions", order.versions), ("exposed_since", "")]
    return f"/admin/desk/takedowns/contain/?{urlencode([*question, ('report', order.report)])}"


def _fact(page: Page, term: str) -> str:
    if term not in page.facts:
        raise PageUnexpected(f"the page does not say {term!r}; it says: {page.describe()}")
    return page.facts[term]
