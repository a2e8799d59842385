"""Reads a page of the desk as a person does: its forms, its links, its facts, and what it complains about.

Knows HTML only; never decides what to type into a form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from governance.demo.errors import PageUnexpected

COMPLAINT_CLASSES = frozenset({"errorlist", "errornote", "error", "warning"})
CAPTURED = frozenset({"a", "dt", "dd", "ul", "p", "li"})


@dataclass(slots=True)
class Form:
    """One form: where it goes, what it already holds, and what can be chosen under each name."""

    action: str
    held: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def fill(self, typed: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
        """The form's fields with what was typed, ready to be sent."""
        fields = [(name, value) for name, value in self.held.items() if name not in typed]
        for name, value in typed.items():
            fields += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return fields


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and the words on it."""

    address: str
    text: str


class Page(HTMLParser):
    """One page; `facts` are its described terms (dt, dd), `loose` the choices outside of any form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[Link] = []
        self.facts: dict[str, str] = {}
        self.complaints: list[str] = []
        self.loose: dict[str, list[str]] = {}
        self._form: Form | None = None
        self._select = ""
        self._term = ""
        self._open: list[tuple[str, Mapping[str, str], list[str]]] = []
        self.feed(html)
        self.close()

    def find_form(self, action_end: str) -> Form:
        """The form whose address ends so; raises PageUnexpected."""
        for form in self.forms:
            if form.action.partition("?")[0].endswith(action_end):
                return form
        raise PageUnexpected(f"no form leads to {action_end or 'this page'}; it says: {self.describe()}")

    def find_form_with(self, name: str) -> Form:
        """The form that has a field of this name; raises PageUnexpected."""
        for form in self.forms:
            if name in form.held or name in form.choices:
                return form
        raise PageUnexpected(f"no form asks for {name}; it says: {self.describe()}")

    def describe(self) -> str:
        """What the page complains about, or that it does not."""
        return "; ".join(self.complaints) or "nothing"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "select":
            self._select = given.get("name", "")
            self._offer(self._select, value=None)
        elif tag == "option":
            self._offer(self._select, value=given.get("value", ""))
        elif tag == "textarea":
            self._hold(given.get("name", ""), value="")
        elif tag == "input":
            self._read_input(given)
        if tag in CAPTURED:
            self._open.append((tag, given, []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag not in CAPTURED:
            return
        while self._open:
            opened, given, words = self._open.pop()
            self._take(opened, given, " ".join("".join(words).split()))
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        for _, _, words in self._open:
            words.append(data)

    def _take(self, tag: str, given: Mapping[str, str], text: str) -> None:
        if tag == "a" and "href" in given:
            self.links.append(Link(given["href"], text))
        elif tag == "dt":
            self._term = text
        elif tag == "dd":
            self.facts[self._term] = text
        elif text and COMPLAINT_CLASSES & set(given.get("class", "").split()):
            self.complaints.append(text)

    def _read_input(self, given: Mapping[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if kind in {"radio", "checkbox"}:
            self._offer(name, value=given.get("value", "on"))
        elif kind not in {"submit", "button"}:
            self._hold(name, value=given.get("value", ""))

    def _offer(self, name: str, *, value: str | None) -> None:
        choices = self.loose if self._form is None else self._form.choices
        offered = choices.setdefault(name, [])
        if value is not None:
            offered.append(value)

    def _hold(self, name: str, *, value: str) -> None:
        if self._form is not None and name:
            self._form.held[name] = value
