const { tool } = require("ai");
const { z } = require("zod");

const family = tool({
  description: "Answers with a family emoji such as 👨‍👩‍👧‍👦, a flag such as 🏴󠁧󠁢󠁷󠁬󠁳󠁿 or a heart ❤️. Persian: می‌خواهم.",
  parameters: z.object({ size: z.number().describe("How many people 👥 there are.") }),
  execute: async ({ size }) => (size > 3 ? "👨‍👩‍👧‍👦" : "👩‍👧"),
});

module.exports = { family };
