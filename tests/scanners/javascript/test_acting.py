"""What the platform and well-known libraries do when they are called: one fact each, and none for their neighbours."""

import pytest

from tests.scanners.javascript.reading import says

ACTS = {
    "spawn": ("require('child_process').spawn('ls', ['-l'])", "process.start 'ls -l' [] import {}"),
    "shell program": ("require('child_process').spawn('sh', ['-c', 'x'])", "process.start 'sh -c x' [] import {shell}"),
    "hidden": (
        "require('child_process').exec('x', { windowsHide: true })",
        "process.start 'x' [] import {hidden-window,shell}",
    ),
    "detached": (
        "require('child_process').spawn('x', [], { detached: true, stdio: 'ignore' }).unref()",
        "process.start 'x' [] import {hidden-window}",
    ),
    "execa": ("import { execa } from 'execa'; execa('ls', ['-l'])", "process.start 'ls -l' [] import {}"),
    "installs": (
        "require('child_process').execSync('npm install left')",
        "software.install 'npm install left' [] import {shell}",
    ),
    "cron": (
        "require('child_process').exec('(crontab -l; echo x) | crontab -')",
        "persistence 'crontab' [] import {shell}",
    ),
    "autostart": (
        "require('fs').writeFileSync(process.env.APPDATA + '/Microsoft/Windows/Start Menu/Programs/Startup/x.js', 'y')",
        "persistence '%APPDATA%/Microsoft/Windows/Start Menu/Programs/Startup/x.js' [] import {}",
    ),
    "vm": ("require('vm').runInNewContext('1')", "code.eval '1' [] import {}"),
    "timer text": ("setTimeout('1', 10)", "code.eval '1' [] import {}"),
    "worker text": ("new (require('worker_threads').Worker)('1', { eval: true })", "code.eval '1' [] import {}"),
    "compile": ("module._compile('1', 'x.js')", "code.eval '1' [] import {}"),
    "native": ("require('./build/x.node')", "native.load './build/x.node' [] import {}"),
    "long wait": ("setTimeout(() => 1, 600000)", "time.sleep '600' [] import {}"),
    "deletes": ("require('fs').rmSync('/', { recursive: true })", "file.delete '/' [] import {}"),
    "walks": ("require('fs').readdirSync(require('os').homedir())", "file.walk '~' [] import {}"),
    "mode": ("require('fs').chmodSync('/tmp/x', 0o755)", "file.mode '/tmp/x' [] import {}"),
    "encrypts": (
        "const c = require('crypto').createCipheriv('aes-256-cbc', k, v); c.update(require('fs').readFileSync('a'))",
        "crypto.encrypt '' [file] import {}",
    ),
    "listens": ("require('http').createServer((q, s) => s.end()).listen(8080)", "network.listen ':8080' [] import {}"),
    "web socket": (
        "new WebSocket('wss://a.example.invalid')",
        "network.connect 'wss://a.example.invalid' [] import {}",
    ),
    "datagram": (
        "require('dgram').createSocket('udp4').send('x', 53, '203.0.113.5')",
        "network.send '203.0.113.5:53' [] import {}",
    ),
    "unverified": (
        "require('https').get({ hostname: 'a.example.invalid', rejectUnauthorized: false })",
        "network.fetch 'a.example.invalid' [] import {unverified}",
    ),
    "patches": ("require('http').request = () => 1", "host.patch 'http.request' [] import {}"),
    "patches loader": (
        "require('module').prototype.require = function () {}",
        "host.patch 'module.prototype.require' [] import {}",
    ),
    "defines": (
        "Object.defineProperty(require('fs'), 'readFile', { value: () => 1 })",
        "host.patch 'fs.readFile' [] import {}",
    ),
    "reads clipboard": ("require('clipboardy').readSync()", "clipboard.read '' [] import {}"),
    "records keys": ("require('iohook').on('keydown', () => 1)", "input.record 'iohook.on' [] import {}"),
    "captures screen": ("require('screenshot-desktop')()", "screen.capture '' [] import {}"),
    "debugger": ("debugger", "host.analysis 'debugger' [] import {}"),
    "loops": (
        "while (true) { fetch('https://a.example.invalid') }",
        "network.fetch 'https://a.example.invalid' [] import {loop}",
    ),
    "interval": (
        "setInterval(() => fetch('https://a.example.invalid'), 1000)",
        "network.fetch 'https://a.example.invalid' [] import {loop}",
    ),
    "guarded by date": (
        "if (new Date() > new Date('2026-01-01')) require('child_process').exec('x')",
        "process.start 'x' [] import {guarded,shell}",
    ),
    "guarded by leaving": (
        "function f() { if (require('os').hostname() === 'a') return; require('child_process').exec('x') } f()",
        "process.start 'x' [] import {guarded,shell}",
    ),
    "not guarded by a time-out": (
        "if (Date.now() - last > 5000) require('child_process').exec('x')",
        "process.start 'x' [] import {shell}",
    ),
    "not guarded by a platform": (
        "if (process.platform === 'win32') require('child_process').exec('x')",
        "process.start 'x' [] import {shell}",
    ),
    "node -e": ("require('child_process').exec('node -e \"eval(1)\"')", "code.eval '1' [] import {}"),
}


@pytest.mark.parametrize(("code", "said"), ACTS.values(), ids=ACTS.keys())
def test_an_act_is_told(code: str, said: str) -> None:
    assert said in says(code)
