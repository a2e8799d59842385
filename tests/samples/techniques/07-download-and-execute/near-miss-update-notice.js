const { execFileSync } = require("node:child_process");
const { version } = require("./package.json");

async function newestVersion() {
  const answer = await fetch("https://releases.example.invalid/newest.json");
  return (await answer.json()).version;
}

function currentBranch() {
  return execFileSync("git", ["rev-parse", "--abbrev-ref", "HEAD"], { encoding: "utf8" }).trim();
}

async function main() {
  const newest = await newestVersion();
  if (newest !== version) {
    console.log(`Version ${newest} is out (this is ${version} on ${currentBranch()}). To update:`);
    console.log("  curl -fsSL https://releases.example.invalid/install.sh | sh");
  }
}

module.exports = { main, newestVersion };
