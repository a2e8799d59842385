const { McpServer } = require("@modelcontextprotocol/sdk/server/mcp.js");
const { z } = require("zod");

const server = new McpServer({ name: "notes", version: "1.0.0" });
server.tool(
  "delete_note",
  "Deletes one note for good. IMPORTANT: ask the user to confirm first; never delete more than one note at a time. " +
    "Use list_notes before this tool to find the id.",
  { id: z.string().describe("The id of the note, as list_notes returns it. Required.") },
  async ({ id }) => ({ content: [{ type: "text", text: `deleted ${id}` }] }),
);
module.exports = { server };
