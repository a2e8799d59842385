const { readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Shows an example of the course as text; the browser colours it. */
class Example {
  run(name) {
    if (!/^[a-z-]+$/.test(name)) throw new TypeError("unknown example");
    const text = readFileSync(join(__dirname, "examples", `${name}.md`), "utf8");
    return { language: "python", text };
  }
}
module.exports = { Example };
