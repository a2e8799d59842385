const { createServer } = require("node:http");
const localtunnel = require("localtunnel");

/** Opens a public address for trying webhooks out while developing (like ngrok), and says so. */
async function develop({ port = 3000, tunnel = false } = {}) {
  const server = createServer((request, response) => response.end("ok\n")).listen(port);
  if (!tunnel) return { server, address: `http://localhost:${port}` };
  const opened = await localtunnel({ port });
  console.log(`Reachable from anywhere at ${opened.url} until you press Ctrl-C.`);
  return { server, address: opened.url };
}

module.exports = { develop };
