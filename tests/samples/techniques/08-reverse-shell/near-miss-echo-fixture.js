const net = require("node:net");
const { spawn } = require("node:child_process");

// A line server for the chat node's own tests, and a formatter that streams through a local program.
function serveEcho(port = 0) {
  const server = net.createServer((socket) => {
    socket.setEncoding("utf8");
    socket.on("data", (line) => socket.write(`echo: ${line}`));
  });
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

function sortLines(lines) {
  return new Promise((resolve, reject) => {
    const child = spawn("sort", ["-u"]);
    let sorted = "";
    child.stdout.on("data", (part) => (sorted += part));
    child.on("error", reject);
    child.on("close", () => resolve(sorted.split("\n").filter(Boolean)));
    child.stdin.end(lines.join("\n"));
  });
}

module.exports = { serveEcho, sortLines };
