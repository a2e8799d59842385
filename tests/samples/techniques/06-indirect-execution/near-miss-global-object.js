const root = typeof globalThis !== "undefined" ? globalThis : typeof self !== "undefined" ? self : Function("return this")();
const HANDLERS = { add: (a, b) => a + b, mul: (a, b) => a * b };

class Calculate {
  run(message) {
    const [name, ...numbers] = message.split(" ");
    const handler = HANDLERS[name];
    if (typeof handler !== "function") throw new TypeError(`unknown operation ${name}`);
    return numbers.map(Number).reduce(handler);
  }
}
root["__calculate_version"] = "1.0.0";
module.exports = { Calculate };
