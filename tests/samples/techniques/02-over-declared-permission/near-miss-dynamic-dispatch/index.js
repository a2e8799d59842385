const https = require("node:https");

const VERBS = { read: "get", write: "request" };

class Call {
  run(message, action = "read") {
    const headers = { authorization: `Bearer ${process.env.SHOP_TOKEN}` };
    return new Promise((resolve, reject) => {
      const call = https[VERBS[action]]("https://shop.example.invalid/v1/" + encodeURIComponent(message), { headers }, resolve);
      call.on("error", reject);
      call.end();
    });
  }
}
module.exports = { Call };
