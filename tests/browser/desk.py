"""The desk as a person meets it: where it is, how one signs in, and what the browser complained of."""

from dataclasses import dataclass

from playwright.sync_api import BrowserContext, ConsoleMessage, Page


@dataclass(frozen=True)
class BrowserDesk:
    """A browser's page and the desk's address."""

    page: Page
    url: str

    def open(self, path: str) -> None:
        """Go to a path of the desk."""
        self.page.goto(f"{self.url}{path}")

    def sign_in(self, username: str, password: str | None = None) -> None:
        """Sign in by the form, with the password the actors are made with."""
        self.open("/admin/")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(password or f"{username} has a password")
        self.page.get_by_role("button", name="Log in").click()

    def heading(self) -> str:
        """The page's own heading."""
        return self.page.get_by_role("heading", level=1).inner_text()


def listen(context: BrowserContext) -> list[str]:
    """Collect what the browser complains of: errors of scripts, and everything the security policy refuses."""
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # The browser reports every answer of 400 and above; whether one was right is for the test to say.
        if message.type in {"error", "warning"} and "the server responded with a status" not in message.text:
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints
