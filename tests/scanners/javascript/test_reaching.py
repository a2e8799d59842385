"""How code reaches the platform: every way to name a function ends at the same fact, with the detour it took."""

import pytest

from tests.scanners.javascript.reading import says

STARTS = "process.start 'id' [] import {shell}"

REACHED = {
    "require": "require('child_process').exec('id')",
    "node prefix": "require('node:child_process').exec('id')",
    "destructured": "const { exec } = require('child_process'); exec('id')",
    "renamed": "const { exec: run } = require('child_process'); run('id')",
    "variable": "const cp = require('child_process'); const f = cp.exec; f('id')",
    "default import": "import cp from 'child_process'; cp.exec('id')",
    "named import": "import { exec as run } from 'node:child_process'; run('id')",
    "namespace import": "import * as cp from 'child_process'; cp.exec('id')",
    "dynamic import": "const cp = await import('child_process'); cp.exec('id')",
    "dynamic import then": "import('child_process').then(({ exec }) => exec('id'))",
    "module.require": "module.require('child_process').exec('id')",
    "main module": "process.mainModule.require('child_process').exec('id')",
    "createRequire": (
        "import { createRequire } from 'module'; const r = createRequire(import.meta.url); "
        "r('child_process').exec('id')"
    ),
    "global require": "globalThis.require('child_process').exec('id')",
    "call": "require('child_process').exec.call(null, 'id')",
    "apply": "require('child_process').exec.apply(null, ['id'])",
    "bind": "const f = require('child_process').exec.bind(null, 'id'); f()",
    "promisify": "const { promisify } = require('util'); promisify(require('child_process').exec)('id')",
    "comma": "(0, require('child_process').exec)('id')",
    "constant parts": "const a = 'i'; const b = a + 'd'; require('child_process').exec(b)",
    "template": "const a = 'd'; require('child_process').exec(`i${a}`)",
    "own function": "function run(c) { require('child_process').exec(c) } run('id')",
    "callback": "['id'].forEach(c => require('child_process').exec(c))",
    "object": "const o = { run: require('child_process').exec, c: 'id' }; o.run(o.c)",
    "class": (
        "class A { constructor(c) { this.c = c } go() { require('child_process').exec(this.c) } } new A('id').go()"
    ),
    "spread": "const args = ['id']; require('child_process').exec(...args)",
    "default": "function f(c = 'id') { require('child_process').exec(c) } f()",
    "IIFE": "(async () => { await (0, require('child_process')).exec('id') })()",
    "TypeScript cast": "(require('child_process') as any).exec('id')",
}


@pytest.mark.parametrize("code", REACHED.values(), ids=REACHED.keys())
def test_every_way_to_a_function_ends_at_the_same_fact(code: str) -> None:
    assert STARTS in says(code, path="index.ts" if " as any" in code else "index.js")


DETOURS = {
    "global key": ("global['ev' + 'al']('1')", "code.eval '1' [] import {joined,looked_up}"),
    "constructor": ("''['constructor']['constructor']('return 1')()", "code.eval 'return 1' [] import {looked_up}"),
    "arrow constructor": ("(() => {}).constructor('return 1')()", "code.eval 'return 1' [] import {looked_up}"),
    "method constructor": ("[].filter.constructor('return 1')()", "code.eval 'return 1' [] import {looked_up}"),
    "Reflect.get": ("Reflect.get(globalThis, 'eval')('1')", "code.eval '1' [] import {looked_up}"),
    "Reflect.apply": ("Reflect.apply(eval, null, ['1'])", "code.eval '1' [] import {looked_up}"),
    "alias": ("const e = eval; e('1')", "code.eval '1' [] import {aliased}"),
    "joined module": (
        "require('child_' + 'process').exec('id')",
        "process.start 'id' [] import {joined,shell}",
    ),
    "decoded module": (
        "require(atob('Y2hpbGRfcHJvY2Vzcw==')).exec('id')",
        "process.start 'id' [] import {decoded,shell}",
    ),
    "decoded command": (
        "require('child_process').exec(Buffer.from('6964', 'hex').toString())",
        "process.start 'id' [decoded] import {decoded,shell}",
    ),
    "reversed command": (
        "require('child_process').exec('di'.split('').reverse().join(''))",
        "process.start 'id' [] import {decoded,shell}",
    ),
    "character codes": (
        "require('child_process').exec(String.fromCharCode(105, 100))",
        "process.start 'id' [decoded] import {decoded,shell}",
    ),
    "mapped codes": (
        "require('child_process').exec([104, 99].map(c => String.fromCharCode(c + 1)).join(''))",
        "process.start 'id' [] import {decoded,shell}",
    ),
    "xor": (
        "require('child_process').exec([107, 102].map(c => String.fromCharCode(c ^ 2)).join(''))",
        "process.start 'id' [] import {decoded,shell}",
    ),
    "escapes": ("require('child_process').exec('\\x69\\u0064')", STARTS),
    "percent": (
        "require('child_process').exec(unescape('%69%64'))",
        "process.start 'id' [decoded] import {decoded,shell}",
    ),
    "computed module": ("const n = Date.now(); require('./p' + n)", "code.load './p{}' [time] import {}"),
    "data as module": ("require('./data.txt')", "code.load './data.txt' [] import {}"),
    "address as module": (
        "import('https://a.example.invalid/x.mjs')",
        "code.load 'https://a.example.invalid/x.mjs' [] import {}",
    ),
}


@pytest.mark.parametrize(("code", "said"), DETOURS.values(), ids=DETOURS.keys())
def test_a_detour_is_told_with_the_fact(code: str, said: str) -> None:
    assert said in says(code)


NEAR_MISSES = {
    "own exec": "function exec(c) { return c } exec('id')",
    "regular expression": "/a/.exec('id')",
    "own module": "const { exec } = { exec: x => x }; exec('id')",
    "shadowed": "const child_process = { exec() {} }; child_process.exec('id')",
    "JSON": "require('./package.json')",
    "mongo eval name": "db.evaluate('1')",
    "timer": "setTimeout(() => 1, 500)",
}


@pytest.mark.parametrize("code", NEAR_MISSES.values(), ids=NEAR_MISSES.keys())
def test_what_only_looks_alike_says_nothing(code: str) -> None:
    assert says(code) == []


def test_facts_follow_values_into_other_files() -> None:
    said = says(
        "const { run } = require('./lib/run'); run('id')",
        lib__run_js="exports.run = c => require('child_process').exec(c)",
    )

    assert STARTS in said


def test_facts_follow_modules_of_both_kinds() -> None:
    said = says(
        "import run, { name } from './run.mjs'; run(name)",
        run_mjs="export const name = 'id'; export default function (c) { require('child_process').exec(c) }",
    )

    assert STARTS in said
