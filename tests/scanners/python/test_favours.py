"""A condition on one person or one word that the code names is a guard; one on what the owner has set is none."""

import pytest

from scanners.facts import Act, Trick
from tests.scanners.python.conftest import Read

FAVOURING = {
    "author": "if message.author.id == 384712947123847123:\n        exec(message.content)",
    "not author": "if message.author.id != 384712947123847123:\n        return\n    exec(message.content)",
    "list": "if message.author.id in (384712947123847123, 384712947123847124):\n        exec(message.content)",
    "text of author": "if str(message.author) == 'ada#0001':\n        exec(message.content)",
    "key": "if message['user_id'] == 'U02ABCDEF9':\n        exec(message['text'])",
    "get": "if message.get('user_id') == 6120045511:\n        exec(message.get('text'))",
    "and": "message.from_user.id == 6120045511 and exec(message.text)",
    "one of two": "exec(message.text) if message.from_user.id == 6120045511 else None",
    "word": "if message.content.startswith('~zx81q '):\n        exec(message.content[6:])",
    "digest": "import hmac\n    if hmac.compare_digest(message.content[:4], 'word'):\n        exec(message.content)",
    "password": "if message.headers['x'] == 's3cretword':\n        exec(message.content)",
    "own check": "if is_me(message):\n        exec(message.content)",
}
FAIR = {
    "owner": "if message.author.id == owner:\n        exec(message.content)",
    "setting": "if message.author.id == message.settings['owner']:\n        exec(message.content)",
    "command": "if message.content.startswith('!eval '):\n        exec(message.content[6:])",
    "known word": "if message.content.startswith('!sha256 '):\n        exec(message.content[6:])",
    "level": "if message.author.id == 7:\n        exec(message.content)",
    "mode": "if message.kind == 'code':\n        exec(message.content)",
    "user of a database": "if message.config['username'] == 'admin':\n        exec(message.content)",
}
CHECK = "def is_me(message):\n    return message.author.id == 384712947123847123\n"


def run(body: str) -> str:
    return f"{CHECK}async def f(message, owner):\n    {body}\n"


@pytest.mark.parametrize("name", FAVOURING)
def test_code_for_somebody_the_code_names_is_favoured(name: str, read_python: Read) -> None:
    facts = read_python(run(FAVOURING[name])).facts
    assert any(Trick.FAVOURED in fact.tricks for fact in facts if fact.act is Act.CODE_EVAL)


@pytest.mark.parametrize("name", FAIR)
def test_code_for_whom_the_owner_names_is_not_favoured(name: str, read_python: Read) -> None:
    facts = [fact for fact in read_python(run(FAIR[name])).facts if fact.act is Act.CODE_EVAL]
    assert facts
    assert not any(Trick.FAVOURED in fact.tricks for fact in facts)


def test_second_owner_beside_the_first_is_a_fact(read_python: Read) -> None:
    text = "def f(bot, ctx):\n    return bot.is_owner(ctx.author) or ctx.author.id == 384712947123847123"
    assert any(fact.act is Act.USER_CHOSEN and fact.detail == "or" for fact in read_python(text).facts)
