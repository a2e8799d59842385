const os = require("node:os");

const base = { host: os.hostname(), pid: process.pid, user: os.userInfo().username };

function write(level, message, fields = {}) {
  process.stdout.write(`${JSON.stringify({ ...base, ...fields, level, message, time: Date.now() })}\n`);
}

module.exports = {
  info: (message, fields) => write("info", message, fields),
  error: (message, fields) => write("error", message, fields),
};
