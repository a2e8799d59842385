/* eslint-env node */
/* eslint-disable no-console, max-len */
// @ts-nocheck
class Table {
  // eslint-disable-next-line class-methods-use-this
  run(rows) {
    console.log(`drawing ${rows.length} rows`); // NOSONAR: owners read this in their log
    return rows.map((row) => row.map((cell) => String(cell).padEnd(12)).join("")).join("\n"); // prettier-ignore
  }
}
module.exports = { Table };
