const { setTimeout: wait } = require("node:timers/promises");

/** Polls a queue for as long as the bot runs, ever more slowly while there is nothing. */
async function poll(queue, handle, { signal } = {}) {
  let pause = 50;
  for (;;) {
    if (signal?.aborted) return;
    const item = await queue.take();
    if (item === undefined) {
      pause = Math.min(pause * 2, 5000);
      await wait(pause, undefined, { signal }).catch(() => {});
    } else {
      pause = 50;
      await handle(item);
    }
  }
}

module.exports = { poll };
