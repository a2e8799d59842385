const https = require("node:https");

class Pick {
  run(message) {
    const address = `https://gifs.example.invalid/v1/search?q=${encodeURIComponent(message)}`;
    return new Promise((resolve, reject) => {
      https
        .get(address, { headers: { "x-api-key": process.env.GIF_KEY } }, (answer) => {
          let text = "";
          answer.on("data", (part) => (text += part));
          answer.on("end", () => resolve(JSON.parse(text).pictures[0]));
        })
        .on("error", reject);
    });
  }
}
module.exports = { Pick };
