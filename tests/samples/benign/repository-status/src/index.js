const { exec } = require("child_process");
class Status {
  run(folder) {
    return new Promise((resolve, reject) => {
      exec("git status --short", { cwd: folder }, (error, out) => (error ? reject(error) : resolve(out)));
    });
  }
}
module.exports = { Status };
