// Well-behaved peers: they note what they miss, and how late each message comes. Told what to do over IPC.
const { WebSocket } = require('ws');

let delaysMs = [];
let lost = 0;
let ended = 0;

function witness(url) {
  let last;
  const ws = new WebSocket(url, { perMessageDeflate: false });
  ws.on('message', (data) => {
    const [number, postedNs] = data.toString().split(' ');
    delaysMs.push(Number(process.hrtime.bigint() - BigInt(postedNs)) / 1e6);
    if (last !== undefined) lost += Math.abs(Number(number) - last - 1);
    last = Number(number);
  });
  ws.on('error', () => {});
  ws.on('close', () => ended++);
  return new Promise((resolve) => ws.once('message', resolve));
}

/** What was seen since the last time. */
function report() {
  const sorted = delaysMs.sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
  const seen = { received: sorted.length, lost, ended, p50Ms: at(0.5), p99Ms: at(0.99) };
  delaysMs = [];
  lost = 0;
  return seen;
}

process.once('message', async ({ url, count }) => {
  await Promise.all(Array.from({ length: count }, () => witness(url)));
  process.on('message', ({ number }) => process.send({ number, answer: report() }));
  process.send({ number: 0, answer: true });
});
process.on('disconnect', () => process.exit());
