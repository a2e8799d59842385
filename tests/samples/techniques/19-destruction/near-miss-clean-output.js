const { rm, mkdir, writeFile } = require("node:fs/promises");
const { join, resolve } = require("node:path");

const OUT = resolve(__dirname, "..", "dist");

async function build(pages) {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(OUT, { recursive: true });
  await Promise.all(Object.entries(pages).map(([name, text]) => writeFile(join(OUT, name), text)));
}

module.exports = { build };
