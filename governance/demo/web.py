"""A visitor of the platform over HTTP: one request, one answer, with cookies and a token of its own.

Follows redirects only on the platform itself; never guesses what an unexpected answer might mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from governance.demo.errors import AnswerUnexpected, PlatformSilent

ANSWER_SECONDS = 60
REDIRECTS_MAX = 5
REDIRECTS = frozenset({301, 302, 303})
SHOWN_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `path` is where it came from after redirects."""

    status: int
    path: str
    body: bytes
    location: str

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)

    def text(self) -> str:
        """The body read as UTF-8."""
        return self.body.decode("utf-8", errors="replace")


class Visitor:
    """One party with its own cookies; `token` is sent as a bearer token when there is one."""

    def __init__(self, base_url: str, *, token: str = "") -> None:
        parts = urlsplit(base_url)
        self._host = parts.netloc
        self._token = token
        self._cookies: dict[str, str] = {}

    def get(self, path: str, *, status: int = 200) -> Answer:
        """Fetch a page; raises AnswerUnexpected for any other status, PlatformSilent without an answer."""
        return self._ask("GET", path, status=status)

    def post_json(self, path: str, *, value: Mapping[str, Any], status: int) -> Answer:
        """Send a JSON document; raises like `get`."""
        body = json.dumps(value).encode()
        return self._ask("POST", path, body=body, media_type="application/json", status=status)

    def post_bytes(self, path: str, *, body: bytes, media_type: str, status: int) -> Answer:
        """Send bytes as they are; raises like `get`."""
        return self._ask("POST", path, body=body, media_type=media_type, status=status)

    def post_form(self, path: str, *, fields: Sequence[tuple[str, str]], status: int = 200) -> Answer:
        """Send a form as a browser does and follow where it leads; raises like `get`."""
        body = urlencode(fields).encode()
        return self._ask("POST", path, body=body, media_type="application/x-www-form-urlencoded", status=status)

    def _ask(self, method: str, path: str, *, status: int, body: bytes | None = None, media_type: str = "") -> Answer:
        answer = self._send(method, path, body=body, media_type=media_type)
        for _ in range(REDIRECTS_MAX):
            if answer.status not in REDIRECTS or status in REDIRECTS:
                break
            answer = self._send("GET", _local_path(answer), body=None, media_type="")
        if answer.status != status:
            raise AnswerUnexpected(f"{method} {path} was answered {answer.status}: {_describe(answer)}")
        return answer

    def _send(self, method: str, path: str, *, body: bytes | None, media_type: str) -> Answer:
        connection = HTTPConnection(self._host, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body=body, headers=self._headers(media_type))
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            raise PlatformSilent(f"{method} {path}: {type(error).__name__}: {error}") from error
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie", []):
            self._cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        return Answer(response.status, path, content, response.headers.get("Location", ""))

    def _headers(self, media_type: str) -> dict[str, str]:
        headers = {"Accept": "*/*"}
        if media_type:
            headers["Content-Type"] = media_type
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers


def _local_path(answer: Answer) -> str:
    parts = urlsplit(urljoin(answer.path, answer.location))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _describe(answer: Answer) -> str:
    """A refusal in its own words: problem details when it has them, else the beginning of the body."""
    try:
        problem = answer.json()
    except ValueError:
        return answer.text()[:SHOWN_CHARACTERS]
    if isinstance(problem, dict) and "code" in problem:
        return f"{problem['code']}: {problem.get('detail') or problem.get('title')} {problem.get('errors', '')}".strip()
    return answer.text()[:SHOWN_CHARACTERS]
