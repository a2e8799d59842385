const os = require("node:os");

const ENDPOINT = process.env.MY_PLUGIN_TELEMETRY_URL || "https://telemetry.example.invalid/v1/events";

async function track(event) {
  if (process.env.DO_NOT_TRACK === "1" || process.env.MY_PLUGIN_TELEMETRY === "off") return;
  const body = JSON.stringify({
    event,
    node: process.version,
    platform: os.platform(),
    ci: Boolean(process.env.CI),
  });
  await fetch(ENDPOINT, { method: "POST", headers: { "content-type": "application/json" }, body });
}

module.exports = { track };
