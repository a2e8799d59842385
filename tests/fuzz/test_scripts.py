"""Scripts put together by chance: they never break the JavaScript pass, and a detour never hides a command from it.

Nothing is run; a failing script is shown by its smallest form.
"""

import base64
import json
from collections.abc import Callable
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.javascript import read_scripts
from scanners.report import Kind
from scanners.sources import Source

COMMAND = "id --marker"
PROMPT = settings(max_examples=150, deadline=None, derandomize=True)
# How one may write a text, come by a module, hold a function, and have it called.
TEXTS = (
    json.dumps,
    lambda text: " + ".join(json.dumps(part) for part in (text[:2], text[2:])),
    lambda text: f"atob({json.dumps(to_base64(text))})",
    lambda text: f"Buffer.from({json.dumps(text.encode().hex())}, 'hex').toString()",
    lambda text: f"String.fromCharCode({', '.join(str(ord(part)) for part in text)})",
    lambda text: f"{json.dumps(list(text))}.join('')",
    lambda text: f"{json.dumps(text[::-1])}.split('').reverse().join('')",
    lambda text: f"[{', '.join(str(ord(p) ^ 7) for p in text)}].map((n) => String.fromCharCode(n ^ 7)).join('')",
    lambda text: f"{json.dumps(list(text))}.reduce((a, b) => a + b, '')",
    lambda text: f"((a) => a[1])(['no', {json.dumps(text)}])",
)
MODULES = (
    "require({})",
    "process.mainModule.require({})",
    "module.require({})",
    "process.getBuiltinModule({})",
    "require('module').createRequire(__filename)({})",
    "Reflect.apply(require, null, [{}])",
    "require.call(null, {})",
    "(() => require({}))()",
    "[{}].map(require)[0]",
)
CALLS = (
    "m[f](c)",
    "const { [f]: g } = m; g(c)",
    "m[f].call(m, c)",
    "m[f].apply(m, [c])",
    "m[f].bind(m)(c)",
    "Reflect.apply(m[f], m, [c])",
    "new Proxy(m, {})[f](c)",
    "setTimeout(() => m[f](c), 10)",
    "Promise.resolve(c).then((x) => m[f](x))",
    "(async () => { await null; m[f](await c); })()",
    "new (class { #g = m; run(x) { this.#g[f](x); } })().run(c)",
    "new (class { get g() { return m[f]; } })().g(c)",
    "for (const x of (function* () { yield c; })()) m[f](x)",
    "const e = new (require('events'))(); e.on('x', (x) => m[f](x)); e.emit('x', c)",
    "[c].forEach((x) => m[f](x))",
    "const o = { ...m }; o[f](c)",
    "const o = Object.assign({}, m); o[f](c)",
    "const t = new Map([['k', m]]); t.get('k')[f](c)",
    "try { throw c; } catch (x) { m[f](x); }",
    "exports.run = () => m[f](c)",
    "label: { m?.[f]?.(c); }",
    "switch (1) { default: m[f](c); }",
)
# Pieces that need make no sense together.
WORDS = r"""
    a b => ( ) [ ] { } ... ?. ?? ; , . = += 1 'x' `${a}` /x/g async await function* class extends get static #a new
    this super yield return throw try catch finally for of in while do switch case default if else import export
    from as typeof void delete eval require process.env fetch Proxy Reflect.apply constructor __proto__ \u0061
    0x1n @dec <T> <a/> // /* */
"""
PIECES = st.sampled_from([*WORDS.split(), "\n"])


def to_base64(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def read(text: str) -> list[str]:
    """Return what the pass says about one script; it must say the same twice."""
    script = Source("index.js", Kind.JAVASCRIPT, "", len(text), None, text)
    first, second = (read_scripts([script], entry_points=("index.js",)) for _ in range(2))
    assert first == second
    return [f"{fact.act} {fact.detail}" for fact in first.facts]


@PROMPT
@given(
    module=st.sampled_from(MODULES),
    call=st.sampled_from(CALLS),
    texts=st.lists(st.sampled_from(TEXTS), min_size=3, max_size=3),
)
def test_no_detour_hides_a_command(module: str, call: str, texts: list[Callable[[str], str]]) -> None:
    name, function, command = (
        write(text) for write, text in zip(texts, ("child_process", "execSync", COMMAND), strict=True)
    )
    lines = (f"const m = {module.format(name)};", f"const f = {function};", f"const c = {command};", call)
    script = reduce(lambda before, line: before + line + "\n", lines, "")
    assert f"process.start {COMMAND}" in read(script), script


@PROMPT
@given(pieces=st.lists(PIECES, max_size=60))
def test_any_pieces_are_read_or_named_as_unread(pieces: list[str]) -> None:
    read(" ".join(pieces))
