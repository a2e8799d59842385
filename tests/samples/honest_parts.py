"""Parts of honest plugins in Python and JavaScript, each of which needs exactly one permission.

Text only: nothing here is run, and every host is one that cannot exist.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Part:
    """Lines to import, code to define, the call of it, and the permission it needs: the manifest's key and a name."""

    key: str
    name: str
    imports: tuple[str, ...]
    body: str
    call: str


PYTHON: Final = (
    Part(
        "network", "weather.example.invalid", ("import requests",),
        'def weather(city):\n    address = "https://weather.example.invalid/v1"\n'
        '    return requests.get(address, params={"q": city}, timeout=5).json()',
        "weather(message)",
    ),
    Part(
        "environment", "SHOP_REGION", ("import os",),
        'def region():\n    return os.environ.get("SHOP_REGION", "eu")',
        "region()",
    ),
    Part(
        "filesystem", "write", ("from pathlib import Path",),
        'def note(text):\n    with Path("notes.txt").open("a", encoding="utf-8") as file:\n'
        "        return file.write(text)",
        "note(message)",
    ),
    Part(
        "subprocess", "", ("import subprocess",),
        'def thumbnail(name):\n    subprocess.run(["convert", name, "-resize", "64x64", "small.png"], check=True)\n'
        '    return "small.png"',
        "thumbnail(message)",
    ),
    Part(
        "network", "time.example.invalid", ("import json", "import urllib.request"),
        'def clock():\n    with urllib.request.urlopen("https://time.example.invalid/now", timeout=5) as answer:\n'
        '        return json.load(answer)["now"]',
        "clock()",
    ),
    Part(
        "secrets", "SHOP_TOKEN", ("import hmac", "import os"),
        'def sign(text):\n    return hmac.new(os.environ["SHOP_TOKEN"].encode(), text.encode(), "sha256").hexdigest()',
        "sign(message)",
    ),
    Part(
        "filesystem", "read", ("import csv",),
        'def rates():\n    with open("/srv/shop/rates.csv", newline="", encoding="utf-8") as file:\n'
        "        return list(csv.reader(file))",
        "rates()",
    ),
    Part(
        "environment", "TABLE_WIDTH", ("import os",),
        'def width():\n    return int(os.getenv("TABLE_WIDTH") or 80)',
        "width()",
    ),
    Part(
        "network", "search.example.invalid", ("import http.client",),
        'def search(path):\n    link = http.client.HTTPSConnection("search.example.invalid", timeout=5)\n'
        '    link.request("GET", path)\n    return link.getresponse().read()',
        'search("/" + message)',
    ),
    Part(
        "subprocess", "", ("import asyncio",),
        'async def branch():\n    process = await asyncio.create_subprocess_exec("git", "branch", stdout=-1)\n'
        "    return (await process.communicate())[0]",
        "asyncio.run(branch())",
    ),
    Part(
        "network", "chat.example.invalid", ("import asyncio", "import aiohttp"),
        'async def post(text):\n    async with aiohttp.ClientSession() as session:\n'
        '        async with session.post("https://chat.example.invalid/say", json={"text": text}) as answer:\n'
        "            return await answer.text()",
        "asyncio.run(post(message))",
    ),
    Part(
        "secrets", "MAIL_PASSWORD", ("import hashlib", "import os"),
        'def check():\n    return hashlib.sha256(os.environ["MAIL_PASSWORD"].encode()).hexdigest()[:8]',
        "check()",
    ),
    Part(
        "filesystem", "write", ("import os", "import shutil"),
        'def rotate():\n    shutil.copyfile("cards.log", "cards.log.1")\n    os.remove("cards.log")\n    return True',
        "rotate()",
    ),
    Part(
        "network", "mail.example.invalid", ("import smtplib",),
        'def greet_server():\n    with smtplib.SMTP("mail.example.invalid", 587, timeout=5) as link:\n'
        "        return link.noop()[0]",
        "greet_server()",
    ),
)  # fmt: skip
JAVASCRIPT: Final = (
    Part(
        "network", "weather.example.invalid", (),
        "async function weather(city) {\n"
        "  return (await fetch(`https://weather.example.invalid/v1?q=${encodeURIComponent(city)}`)).json();\n}",
        "weather(message)",
    ),
    Part(
        "environment", "SHOP_REGION", (),
        'function region() {\n  return process.env.SHOP_REGION ?? "eu";\n}',
        "region()",
    ),
    Part(
        "filesystem", "write", ('const { appendFile } = require("node:fs/promises");',),
        'async function note(text) {\n  await appendFile("notes.txt", text);\n  return text.length;\n}',
        "note(message)",
    ),
    Part(
        "subprocess", "", ('const { execFileSync } = require("node:child_process");',),
        'function branch() {\n  return execFileSync("git", ["branch", "--show-current"], { encoding: "utf8" });\n}',
        "branch()",
    ),
    Part(
        "network", "time.example.invalid", ('const https = require("node:https");',),
        "function clock() {\n  return new Promise((resolve, reject) => {\n"
        '    https.get("https://time.example.invalid/now", (a) => resolve(a.statusCode)).on("error", reject);\n'
        "  });\n}",
        "clock()",
    ),
    Part(
        "secrets", "SHOP_TOKEN", ('const { createHmac } = require("node:crypto");',),
        'function sign(text) {\n  return createHmac("sha256", process.env.SHOP_TOKEN).update(text).digest("hex");\n}',
        "sign(message)",
    ),
    Part(
        "filesystem", "read", ('const fs = require("node:fs");',),
        'function rates() {\n  return fs.readFileSync("/srv/shop/rates.csv", "utf8").split("\\n");\n}',
        "rates()",
    ),
    Part(
        "network", "search.example.invalid", ('const axios = require("axios");',),
        "async function search(text) {\n"
        '  const answer = await axios.get("https://search.example.invalid/v2", { params: { text } });\n'
        "  return answer.data;\n}",
        "search(message)",
    ),
    Part(
        "environment", "TABLE_WIDTH", (),
        'function width() {\n  const { TABLE_WIDTH = "80" } = process.env;\n  return Number(TABLE_WIDTH);\n}',
        "width()",
    ),
    Part(
        "subprocess", "", ('const { spawn } = require("node:child_process");',),
        'function thumbnail(name) {\n  return new Promise((resolve) => {\n'
        '    spawn("convert", [name, "-resize", "64x64", "small.png"]).on("close", resolve);\n  });\n}',
        "thumbnail(message)",
    ),
    Part(
        "filesystem", "write", ('const fs = require("node:fs");',),
        'function rotate() {\n  fs.renameSync("cards.log", "cards.log.1");\n  fs.writeFileSync("cards.log", "");\n'
        "  return true;\n}",
        "rotate()",
    ),
    Part(
        "network", "feed.example.invalid", ('const WebSocket = require("ws");',),
        "function firstMessage() {\n  return new Promise((resolve) => {\n"
        '    new WebSocket("wss://feed.example.invalid/live").once("message", resolve);\n  });\n}',
        "firstMessage()",
    ),
    Part(
        "user_data", "message_text", ('const { Client } = require("discord.js");',),
        "function count() {\n  const client = new Client({ intents: [] });\n"
        '  client.on("messageCreate", (message) => message.reply(String(message.content.length)));\n'
        "  return client;\n}",
        "count()",
    ),
    Part(
        "secrets", "MAIL_PASSWORD", ('const { createHash } = require("node:crypto");',),
        "function check() {\n"
        '  return createHash("sha256").update(process.env["MAIL_PASSWORD"]).digest("hex").slice(0, 8);\n}',
        "check()",
    ),
)  # fmt: skip
