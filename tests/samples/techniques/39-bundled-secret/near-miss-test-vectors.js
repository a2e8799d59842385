const { createHmac } = require("node:crypto");
const assert = require("node:assert");

// RFC 4231, test case 2.
const KEY = Buffer.from("4a656665", "hex");
const TEXT = "what do ya want for nothing?";
const EXPECTED = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

function verify() {
  const password = "correct horse battery staple";
  assert.equal(createHmac("sha256", KEY).update(TEXT).digest("hex"), EXPECTED);
  assert.notEqual(password, process.env.SHOP_PASSWORD);
}

module.exports = { verify };
