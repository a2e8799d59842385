"""To whom messages go, and whether all that was handed over goes along."""

import pytest

from scanners.facts import Act, Label, Trick
from tests.scanners.python.conftest import Read

MAIL = "from email.message import EmailMessage\ndef f(settings):\n    m = EmailMessage()\n    "
ADDRESSED = {
    "head": (MAIL + "m['Bcc'] = 'a@b.example'", "bcc: a@b.example"),
    "unknown head": (MAIL + "m['To'] = settings['to']", "to: {}"),
    "added head": (MAIL + "m.add_header('Bcc', 'a@b.example')", "bcc: a@b.example"),
    "envelope": ("import smtplib\ndef f(s):\n    smtplib.SMTP('a').sendmail('x', [s['to'], 'a@b.example'], s['t'])",
                 "rcpt: a@b.example"),
    "chat": ("async def f(context, text):\n    await context.bot.send_message(chat_id=511223344, text=text)",
             "chat_id: 511223344"),
    "passed on": ("async def f(bot, x):\n    await bot.forward_message(511223344, x, 1)", "passed on: 511223344"),
    "body": ("import requests\ndef f(u, x):\n    requests.post(u, json={'chat_id': -100123456, 'text': x})",
             "chat_id: -100123456"),
    "address": ("import requests\ndef f(x):\n    requests.post('https://a.example', json={'text': x})",
                "address: https://a.example"),
    "unknown address": ("import requests\ndef f(u, x):\n    requests.post(u, json={'text': x})", "address: {}"),
}  # fmt: skip
WHOLE = {
    "event": "def f(event, context):\n    send(event)",
    "text of event": "def f(self, event):\n    event.params\n    send(str(event))",
    "part of a field": "def f(event, context):\n    send({'e': event, 'n': 1})",
    "written out": "def f(ctx):\n    ctx.author\n    send(f'{ctx}')",
    "inside": "import json\ndef f(ctx):\n    send(json.dumps(ctx.__dict__))",
    "inside of a person": "def f(message):\n    send(vars(message.author))",
    "told": "from telegram import Update\ndef f(update: Update):\n    send(update.to_dict())",
    "handed on": "def g(thing):\n    send(repr(thing))\ndef f(event, context):\n    g(event)",
    "wrapper": "def wrap(call):\n    def inner(*args, **kwargs):\n        send(repr(args))\n"
    "        return call(*args, **kwargs)\n    return inner",
}
PART = {
    "field": "def f(event, context):\n    send(event['text'])",
    "attribute": "def f(message):\n    send(message.content)",
    "made of it": "import other\ndef f(event, context):\n    send(other.words(event))",
    "method": "def f(event, context):\n    send(event.find('x'))",
    "text": "def f(message):\n    send(message)",
    "payload": "def f(payload):\n    payload['x']\n    send(payload)",
}
SEND = "import requests\ndef send(x):\n    requests.post('https://a.example.invalid', json=x)\n"


@pytest.mark.parametrize("name", ADDRESSED)
def test_recipient_is_a_fact(name: str, read_python: Read) -> None:
    text, detail = ADDRESSED[name]
    details = [fact.detail for fact in read_python(text).facts if fact.act is Act.MESSAGE_ADDRESS]
    assert detail in details


def is_whole(text: str, read_python: Read) -> bool:
    facts = read_python(SEND + text).facts
    return any(
        origin.label is Label.MESSAGE and origin.name == "*"
        for fact in facts
        if fact.act is Act.NETWORK_SEND
        for origin in fact.origins
    )


@pytest.mark.parametrize("name", WHOLE)
def test_conversation_as_a_whole_keeps_its_mark(name: str, read_python: Read) -> None:
    assert is_whole(WHOLE[name], read_python)


@pytest.mark.parametrize("name", PART)
def test_part_of_a_conversation_is_not_the_whole(name: str, read_python: Read) -> None:
    assert not is_whole(PART[name], read_python)


def test_nobody_reads_the_answer_to_a_copy(read_python: Read) -> None:
    facts = read_python(SEND).facts
    assert all(Trick.UNANSWERED in fact.tricks for fact in facts if fact.act is Act.MESSAGE_ADDRESS)


def test_letter_that_the_plugin_has_written_is_no_conversation(read_python: Read) -> None:
    start = "import requests\nfrom email.message import EmailMessage\nfrom discord import Message\n"
    text = start + "def f(message: {}):\n    requests.post('https://x.example.invalid', data=message)\n"
    labels = [
        {origin.name for fact in read_python(text.format(name)).facts for origin in fact.origins}
        for name in ("EmailMessage", "Message")
    ]
    assert "*" not in labels[0]
    assert "*" in labels[1]
