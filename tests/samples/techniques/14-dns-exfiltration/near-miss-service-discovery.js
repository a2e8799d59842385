const dns = require("node:dns/promises");

/** Finds the instances of a named component in the cluster's own zone. */
async function discover(component, { zone = "cluster.example.invalid" } = {}) {
  const records = await dns.resolveSrv(`_http._tcp.${component}.${zone}`);
  const sorted = records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
  return Promise.all(
    sorted.map(async ({ name, port }) => ({ port, addresses: await dns.resolve4(name) })),
  );
}

module.exports = { discover };
