const { createHmac, timingSafeEqual } = require("node:crypto");

const HANDLERS = { ping: () => "pong", push: (body) => `${body.commits.length} commits` };

class Webhook {
  constructor(secret) {
    this.secret = secret;
  }

  run({ event, signature, text }) {
    const expected = Buffer.from(createHmac("sha256", this.secret).update(text).digest("hex"));
    const given = Buffer.from(signature);
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) throw new Error("wrong signature");
    return HANDLERS[event]?.(JSON.parse(text)) ?? "ignored";
  }
}
module.exports = { Webhook };
