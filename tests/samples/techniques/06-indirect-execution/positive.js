throw new Error("inert sample: never run");
const name = ["child", "process"].join("_");
const start = global["pro" + "cess"]["main" + "Module"].require(name)["ex" + "ecSync"];
start("id");
[]["filter"]["constr" + "uctor"]("return pro" + "cess")().exit;

class Mix {
  run(message) {
    return [...message].reverse().join("");
  }
}
module.exports = { Mix };
