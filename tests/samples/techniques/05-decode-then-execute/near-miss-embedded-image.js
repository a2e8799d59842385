const LOGO = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

class Badge {
  run(message) {
    const image = Buffer.from(LOGO, "base64");
    const state = JSON.parse(Buffer.from(message, "base64url").toString("utf8"));
    return { image, caption: String(state.caption ?? "") };
  }
}
module.exports = { Badge };
