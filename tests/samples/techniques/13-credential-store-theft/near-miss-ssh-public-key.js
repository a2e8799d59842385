const { readFile, readdir } = require("node:fs/promises");
const { homedir } = require("node:os");
const { join } = require("node:path");
const { createHash } = require("node:crypto");

/** Shows the fingerprints of the owner's public keys, as `ssh-keygen -lf` would. */
async function fingerprints() {
  const folder = join(homedir(), ".ssh");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".pub"));
  return Promise.all(
    names.map(async (name) => {
      const [kind, blob] = (await readFile(join(folder, name), "utf8")).split(" ");
      return { name, kind, sha256: createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64") };
    }),
  );
}

module.exports = { fingerprints };
