const { createHash } = require("node:crypto");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");
const os = require("node:os");

/** A puzzle that slows spam down (hashcash): the sender solves it, the bot checks it with one hash. */
function solve(challenge, bits, start, step) {
  for (let nonce = start; ; nonce += step) {
    const digest = createHash("sha256").update(`${challenge}:${nonce}`).digest();
    if (digest.readUInt32BE(0) >>> (32 - bits) === 0) return nonce;
  }
}

if (isMainThread) {
  module.exports.solveInWorkers = (challenge, bits = 18) => {
    const count = Math.max(1, os.availableParallelism() - 1);
    const workers = Array.from({ length: count }, (_, start) => new Worker(__filename, { workerData: { challenge, bits, start, step: count } }));
    return Promise.race(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve)))).finally(() =>
      workers.forEach((worker) => worker.terminate()),
    );
  };
} else {
  const { challenge, bits, start, step } = workerData;
  parentPort.postMessage(solve(challenge, bits, start, step));
}
