throw new Error("inert sample: never run");
const parts = ["Y29uc29sZS5sb2co", "J2luZXJ0JywgZ2xv", "YmFsVGhpcy5uYW1lKQ=="];
const step = (text) => Buffer.from(text, "base64").toString("utf8");
new Function(step(parts.join("")))();

class Quote {
  run() {
    return "To be.";
  }
}
module.exports = { Quote };
