const { writeFileSync, mkdirSync, existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Reminders in the plugin's own folder, started by a timer of the bot; cron syntax without cron. */
class Schedule {
  constructor(folder) {
    this.file = join(folder, "schedule.json");
    mkdirSync(folder, { recursive: true });
    this.entries = existsSync(this.file) ? JSON.parse(readFileSync(this.file, "utf8")) : [];
  }

  add(cron, text) {
    if (cron.split(" ").length !== 5) throw new RangeError("five fields: minute hour day month weekday");
    this.entries.push({ cron, text });
    writeFileSync(this.file, JSON.stringify(this.entries));
  }

  run(now, send) {
    for (const { cron, text } of this.entries) if (matches(cron, now)) send(text);
  }
}

function matches(cron, now) {
  const values = [now.getMinutes(), now.getHours(), now.getDate(), now.getMonth() + 1, now.getDay()];
  return cron.split(" ").every((field, index) => field === "*" || Number(field) === values[index]);
}
module.exports = { Schedule };
