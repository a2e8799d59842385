"""A secret that a request carries to prove who asks is told apart from a secret that the request tells."""

import pytest

from scanners.facts import Act, Label, Origin
from tests.scanners.python.conftest import Read

HEAD = (
    "import json, os, requests, httpx, aiohttp, smtplib, boto3, http.client, urllib.parse, urllib.request\n"
    "secret = os.environ['API_TOKEN']\nurl = 'https://api.example.invalid'\n"
)
SHOWN = {
    "header": "requests.post(url, json={'a': 1}, headers={'X-Anything': secret})",
    "bearer": "requests.post(url, json={'a': 1}, headers={'Authorization': f'Bearer {secret}'})",
    "auth": "requests.get(url, auth=('me', secret))",
    "cookies": "requests.get(url, cookies={'sid': secret})",
    "headers of a name": "h = {}\nh['Authorization'] = 'Bearer ' + secret\nrequests.get(url, headers=h)",
    "session headers": "s = requests.Session()\ns.headers.update({'X-Key': secret})\ns.post(url, json={'a': 1})",
    "session header": "s = requests.Session()\ns.headers['X-Key'] = secret\ns.post(url, json={'a': 1})",
    "session auth": "s = requests.Session()\ns.auth = ('a', secret)\ns.post(url, json={'a': 1})",
    "client": "c = httpx.Client(headers={'X-Key': secret})\nc.post(url, json={'a': 1})",
    "client token": "from slack_sdk import WebClient\nWebClient(secret).chat_postMessage(channel='a', text='b')",
    "client named": "from slack_sdk import WebClient\nWebClient(token=secret).chat_postMessage(channel='a', text='b')",
    "cloud client": "c = boto3.client('s3', aws_secret_access_key=secret)\nc.put_object(Bucket='a', Body=b'')",
    "request object": "r = urllib.request.Request(url, headers={'X-Key': secret})\nurllib.request.urlopen(r)",
    "request header": "r = urllib.request.Request(url)\nr.add_header('X-Key', secret)\nurllib.request.urlopen(r)",
    "connection": "c = http.client.HTTPSConnection('x')\nc.request('POST', '/', 'x', {'X-Key': secret})",
    "user": "requests.get(f'https://{secret}@api.example.invalid/')",
    "user and password": "requests.get(f'https://me:{secret}@api.example.invalid/')",
    "bot path": "requests.get(f'https://api.example.invalid/bot{secret}/sendMessage')",
    "key in address": "requests.get(f'https://api.example.invalid/?q=a&api_key={secret}')",
    "parameter": "requests.get(url, params={'q': 'a', 'appid': secret})",
    "form": "requests.post(url, data={'grant_type': 'a', 'client_secret': secret})",
    "json": "requests.post(url, json={'text': 'a', 'token': secret})",
    "text": "requests.post(url, data=json.dumps({'access_token': secret}))",
    "encoded": "requests.post(url, data=urllib.parse.urlencode({'refresh_token': secret}).encode())",
    "query": "requests.get(url + '?' + urllib.parse.urlencode({'key': secret, 'q': 'a'}))",
    "address with a default": "requests.post(os.environ.get('HOOK_TOKEN', ''), json={'a': 1})",
    "signature": "import hmac\nrequests.post(url, data=hmac.new(secret.encode(), b'a', 'sha256').hexdigest())",
    "key of a cipher": "from cryptography.fernet import Fernet\nrequests.post(url, data=Fernet(secret).encrypt(b'a'))",
    "whole address": "requests.post(secret, json={'a': 1})",
}
TOLD = {
    "body": "requests.post(url, data=secret)",
    "other field": "requests.post(url, json={'note': secret})",
    "form field": "requests.post(url, data={'content': secret})",
    "text": "requests.post(url, data='token is ' + secret)",
    "address": "requests.get(f'https://api.example.invalid/{secret}')",
    "other parameter": "requests.get(f'https://api.example.invalid/?q={secret}')",
    "two in one place": "b = os.environ['B_TOKEN']\nrequests.get(f'https://api.example.invalid/?key={secret}{b}')",
    "mixed": "requests.post(url, json={'token': secret + open('a.txt').read()})",
    "dumped": "requests.post(url, data=json.dumps({'note': secret}))",
    "query": "requests.get(url + '?' + urllib.parse.urlencode({'q': secret}))",
    "message": "import slack_sdk\nslack_sdk.WebClient(token='x').chat_postMessage(channel='a', text=secret)",
    "webhook": "from discord_webhook import DiscordWebhook\nDiscordWebhook(url=url, content=secret).execute()",
    "request object": "r = urllib.request.Request(url, data=secret.encode())\nurllib.request.urlopen(r)",
    "connection": "c = http.client.HTTPSConnection('a.example.invalid')\nc.request('POST', '/', secret, {})",
    "every header but": "requests.post(url, headers={'X': secret}, json={'x': secret})",
}
LEAVING = (Act.NETWORK_SEND, Act.NETWORK_FETCH)


@pytest.mark.parametrize("use", SHOWN.values(), ids=SHOWN)
def test_secret_that_authenticates_is_no_secret_told(read_python: Read, use: str) -> None:
    facts = [fact for fact in read_python(HEAD + use).facts if fact.act in LEAVING]
    labels = frozenset().union(*(fact.labels for fact in facts))
    assert Label.AUTHENTICATION in labels
    assert Label.SECRET not in labels


@pytest.mark.parametrize("use", TOLD.values(), ids=TOLD)
def test_secret_among_what_is_told_stays_a_secret(read_python: Read, use: str) -> None:
    facts = [fact for fact in read_python(HEAD + use).facts if fact.act in LEAVING]
    assert Label.SECRET in frozenset().union(*(fact.labels for fact in facts))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("os.environ['DISCORD_TOKEN']", "DISCORD_TOKEN"),
        ("os.getenv('DISCORD_TOKEN')", "DISCORD_TOKEN"),
        ("bot.token", "bot.token"),
        ("self.bot.token", "self.bot.token"),
        ("config.api_key", "config.api_key"),
        ("config['api_key']", "api_key"),
        ("getattr(bot, 'token')", "bot.token"),
    ],
)
def test_secret_has_the_name_it_was_read_by(read_python: Read, source: str, name: str) -> None:
    result = read_python(
        f"import os, requests\ndef run(self, bot, config):\n    requests.post('https://x', data={source})"
    )
    origins = [origin for fact in result.facts if fact.act is Act.NETWORK_SEND for origin in fact.origins]
    assert Origin(Label.SECRET, 3, name) in origins


def test_variable_with_a_harmless_name_has_it_too(read_python: Read) -> None:
    result = read_python("import os, requests\nrequests.post('https://x', data=os.environ['LANG'])")
    origins = [origin for fact in result.facts if fact.act is Act.NETWORK_SEND for origin in fact.origins]
    assert origins == [Origin(Label.ENVIRONMENT, 2, "LANG")]
