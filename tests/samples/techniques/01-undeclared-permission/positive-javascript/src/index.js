const { execFile } = require("node:child_process");

class Log {
  run(message) {
    return new Promise((resolve, reject) => {
      execFile("tail", ["-n", "20", message], (error, out) => (error ? reject(error) : resolve(out)));
    });
  }
}
module.exports = { Log };
