"""A secret that only proves who asks is authentication; anywhere else it stays a secret. Both keep their name."""

import pytest

from scanners.facts import Act, Label
from tests.scanners.javascript.reading import read

URL = "https://api.example.invalid/v1"
KEY = "process.env.ACME_API_KEY"
AUTHENTICATION = {
    "bearer header": f"fetch('{URL}', {{ headers: {{ Authorization: `Bearer ${{{KEY}}}` }} }})",
    "any header": f"fetch('{URL}', {{ headers: {{ 'X-Acme': {KEY} }} }})",
    "headers object": f"fetch('{URL}', {{ headers: new Headers({{ Cookie: 's=' + {KEY} }}) }})",
    "header that is set": (
        f"const h = new Headers(); h.set('Authorization', {KEY}); fetch('{URL}', {{ method: 'POST', headers: h }})"
    ),
    "auth option": f"require('axios').get('{URL}', {{ auth: {{ username: 'me', password: {KEY} }} }})",
    "form key": f"require('axios').post('{URL}', {{ client_secret: {KEY}, code: 'a' }})",
    "nested key": f"require('axios').post('{URL}', {{ login: {{ apiKey: {KEY} }} }})",
    "written as text": f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify({{ token: {KEY} }}) }})",
    "form": f"fetch('{URL}', {{ method: 'POST', body: new URLSearchParams({{ client_id: {KEY} }}) }})",
    "form that grows": (
        f"const p = new URLSearchParams(); p.append('api_key', {KEY}); fetch('{URL}', {{ method: 'POST', body: p }})"
    ),
    "query": f"fetch(`{URL}?q=1&appid=${{{KEY}}}&units=si`)",
    "joined query": f"fetch('{URL}?key=' + {KEY})",
    "params": f"require('axios').get('{URL}', {{ params: {{ key: {KEY} }} }})",
    "address part": f"const u = new URL('{URL}'); u.searchParams.set('sign', {KEY}); fetch(u)",
    "bot path": f"fetch(`https://api.telegram.example.invalid/bot${{{KEY}}}/getMe`)",
    "user of an address": f"fetch('https://me:' + {KEY} + '@api.example.invalid/a')",
    "raw header": (
        f"const r = require('https').request({{ hostname: 'api.example.invalid' }}); r.setHeader('x-a', {KEY}); r.end()"
    ),
    "old request": f"const x = new XMLHttpRequest(); x.open('GET', '{URL}'); x.setRequestHeader('A', {KEY}); x.send()",
    "chained": f"require('superagent').get('{URL}').set('Authorization', {KEY}).end()",
    "client made before": (
        f"const a = require('axios').create({{ baseURL: '{URL}', headers: {{ 'X-Key': {KEY} }} }}); a.post('/x', {{}})"
    ),
    "whole address": f"fetch({KEY})",
}
SECRETS = {
    "other key": f"require('axios').post('{URL}', {{ note: {KEY} }})",
    "whole body": f"require('axios').post('{URL}', {KEY})",
    "text": f"require('axios').post('{URL}', {{ content: 'key: ' + {KEY} }})",
    "written as text": f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify({{ data: {KEY} }}) }})",
    "other query": f"fetch(`{URL}?d=${{{KEY}}}`)",
    "part of a host": f"fetch(`https://${{{KEY}}}.example.invalid/a`)",
    "path": f"fetch(`{URL}/${{{KEY}}}`)",
    "mixed": f"fetch('{URL}', {{ headers: {{ 'X-A': require('os').hostname() + {KEY} }} }})",
    "both": f"require('axios').post('{URL}', {{ note: {KEY} }}, {{ headers: {{ Authorization: {KEY} }} }})",
    "address as data": f"require('axios').post('{URL}', {{ link: `https://b.example.invalid/?key=${{{KEY}}}` }})",
}


def labels_sent(code: str) -> set[Label]:
    facts = [fact for fact in read(code).facts if fact.act in (Act.NETWORK_SEND, Act.NETWORK_FETCH)]
    return {origin.label for fact in facts for origin in fact.origins if origin.name == "ACME_API_KEY"}


@pytest.mark.parametrize("code", AUTHENTICATION.values(), ids=AUTHENTICATION.keys())
def test_a_secret_that_proves_who_asks_is_authentication(code: str) -> None:
    assert labels_sent(code) == {Label.AUTHENTICATION}


@pytest.mark.parametrize("code", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_sent_as_data_stays_a_secret(code: str) -> None:
    assert Label.SECRET in labels_sent(code)


def test_a_secret_that_is_written_down_is_a_secret() -> None:
    facts = read(f"require('fs').writeFileSync('a', JSON.stringify({{ token: {KEY} }}))").facts
    written = next(fact for fact in facts if fact.act is Act.FILE_WRITE)

    assert Label.SECRET in written.labels
    assert Label.AUTHENTICATION not in written.labels


def test_what_a_client_of_a_strange_library_answers_is_no_secret() -> None:
    code = (
        f"const api = new (require('acme-ai'))({{ apiKey: {KEY} }});"
        "client.on('messageCreate', async message => message.reply(await api.ask('hello')))"
    )

    assert not labels_sent(code)


NAMES = {
    "process.env.DISCORD_TOKEN": "DISCORD_TOKEN",
    "process.env['DISCORD_TOKEN']": "DISCORD_TOKEN",
    "client.token": "client.token",
    "config.apiKey": "config.apiKey",
    "this.bot.token": "this.bot.token",
    "(() => { const { token } = settings; return token })()": "settings.token",
    "(() => { const { env } = process; return env.NPM_TOKEN })()": "NPM_TOKEN",
    "new (require('discord.js').Client)().token": "discord.js.Client.token",
    "require('zod').parse(process.env).NPM_TOKEN": "NPM_TOKEN",
}


@pytest.mark.parametrize(("code", "name"), NAMES.items())
def test_a_secret_is_called_what_it_is_read_from(code: str, name: str) -> None:
    facts = read(f"require('axios').post('{URL}', {{ note: {code} }})").facts
    origins = [origin for fact in facts if fact.act is Act.NETWORK_SEND for origin in fact.origins]

    assert [origin.name for origin in origins if origin.label is Label.SECRET] == [name]
