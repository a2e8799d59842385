const os = require("node:os");
const { readFileSync } = require("node:fs");

/** Says where the bot runs, for the `/about` command: a container, a virtual machine or bare metal. */
function describeMachine() {
  let product = "";
  try {
    product = readFileSync("/sys/class/dmi/id/product_name", "utf8").trim();
  } catch {
    product = "unknown";
  }
  const isVirtual = /virtualbox|vmware|kvm|qemu/i.test(product);
  return `${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${isVirtual ? "virtual" : "physical"} (${product})`;
}

module.exports = { describeMachine };
