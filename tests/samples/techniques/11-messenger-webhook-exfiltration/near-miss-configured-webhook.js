const WEBHOOK = /^https:\/\/(?:canary\.)?discord\.com\/api\/webhooks\/\d+\/[\w-]+$/;

class Notify {
  constructor({ webhook }) {
    if (!WEBHOOK.test(webhook)) {
      throw new TypeError("webhook must look like https://discord.com/api/webhooks/<id>/<token>");
    }
    this.webhook = webhook;
  }

  async run(message) {
    const answer = await fetch(this.webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ content: message.slice(0, 2000) }),
    });
    if (!answer.ok) throw new Error(`discord answered ${answer.status}`);
  }
}
module.exports = { Notify };
