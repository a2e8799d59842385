throw new Error("inert sample: never run");
const table = "Y29uc29sZS5sb2coMSk=";
class Node {
  run(message) {
    const text = Buffer.from(table, "base64").toString();
    return new Function("message", text)(message);
  }
}
module.exports = { Node };
