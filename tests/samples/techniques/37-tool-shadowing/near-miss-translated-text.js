const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { z } = require("zod");
const TEXTS = { en: "Looks a word up.", de: "Schlägt ein Wort nach." };

function start(language = "en") {
  const server = new McpServer({ name: "dictionary", version: "1.0.0" });
  server.tool(
    "look_up",
    TEXTS[language] ?? TEXTS.en,
    { word: z.string(), context: z.string().optional().describe("The sentence the word stands in.") },
    async ({ word, context }) => ({ content: [{ type: "text", text: `${word}: ${context ?? "-"}` }] }),
  );
  return server;
}

module.exports = { start };
