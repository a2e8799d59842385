"""The mail sink, spoken to over real SMTP."""

import email
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from governance.stack.applications import pick_free_port
from governance.stack.paths import CHECKOUT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    port = pick_free_port()
    command = [
        sys.executable,
        "-m",
        "governance.stack.mailbox",
        "--port",
        str(port),
        "--directory",
        str(folder),
    ]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield port
    process.terminate()
    process.communicate(timeout=10)
    assert process.returncode == 0


def send(port: int, *, to: list[str], subject: str) -> None:
    message = EmailMessage()
    message["From"] = "notices@nexus.example.invalid"
    message["To"] = "undisclosed"
    message["Subject"] = subject
    message.set_content(f"{subject}: a plugin of yours was switched off.\n.\nA line with one dot stands above.\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.send_message(message, to_addrs=to)


def read_all(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.iterdir())
    assert {path.suffix for path in files} <= {".eml"}
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]


def test_message_is_kept_whole_with_whom_it_was_really_sent_to(port: int, folder: Path) -> None:
    send(port, to=["dev@bots.example.invalid", "ada@plugins.example.invalid"], subject="Switched off")
    [message] = read_all(folder)
    assert message.get_all("X-Envelope-To") == ["dev@bots.example.invalid", "ada@plugins.example.invalid"]
    assert message["Subject"] == "Switched off"
    assert message.get_content().splitlines()[1:] == [".", "A line with one dot stands above."]


def test_messages_lie_in_the_order_in_which_they_came(port: int, folder: Path) -> None:
    for number in range(12):
        send(port, to=["dev@bots.example.invalid"], subject=f"Notice {number}")
    assert [message["Subject"] for message in read_all(folder)] == [f"Notice {number}" for number in range(12)]
