const { execFileSync } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");

/** Raises the version of the own project and publishes it; asks before it does. */
function release(kind, { confirm }) {
  const about = JSON.parse(readFileSync("package.json", "utf8"));
  const [major, minor, patch] = about.version.split(".").map(Number);
  about.version = kind === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
  if (!confirm(`Publish ${about.name} ${about.version}?`)) return false;
  writeFileSync("package.json", `${JSON.stringify(about, null, 2)}\n`);
  execFileSync("git", ["tag", `v${about.version}`]);
  execFileSync("npm", ["publish"], { stdio: "inherit" });
  return true;
}

module.exports = { release };
