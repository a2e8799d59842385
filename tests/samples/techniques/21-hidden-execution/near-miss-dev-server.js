const { spawn } = require("node:child_process");
const { openSync } = require("node:fs");

/** Starts the preview server in the background and says how to end it. */
function startPreview(folder) {
  const log = openSync("preview.log", "a");
  const child = spawn(process.execPath, ["server.js"], { cwd: folder, detached: true, stdio: ["ignore", log, log] });
  child.unref();
  console.log(`Preview runs as process ${child.pid}; end it with: kill ${child.pid}`);
  return child.pid;
}

module.exports = { startPreview };
