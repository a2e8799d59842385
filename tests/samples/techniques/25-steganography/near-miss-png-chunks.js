const { readFileSync } = require("node:fs");

/** Reads the text chunks of a PNG, such as its author and licence. */
function readTexts(file) {
  const image = readFileSync(file);
  const texts = {};
  for (let at = 8; at < image.length; ) {
    const size = image.readUInt32BE(at);
    const kind = image.toString("latin1", at + 4, at + 8);
    if (kind === "tEXt") {
      const [key, value] = image.toString("latin1", at + 8, at + 8 + size).split("\0");
      texts[key] = value;
    }
    if (kind === "IEND") break;
    at += 12 + size;
  }
  return texts;
}

module.exports = { readTexts };
