const puppeteer = require("puppeteer");

/** Makes a preview of a page for a chat message. */
class Preview {
  async run(address) {
    const browser = await puppeteer.launch({ headless: true });
    try {
      const page = await browser.newPage();
      await page.setViewport({ width: 1200, height: 630 });
      await page.goto(address, { waitUntil: "networkidle2", timeout: 20000 });
      return await page.screenshot({ type: "png" });
    } finally {
      await browser.close();
    }
  }
}
module.exports = { Preview };
