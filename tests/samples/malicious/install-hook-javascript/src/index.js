class Node {
  run(message) {
    return message;
  }
}
module.exports = { Node };
