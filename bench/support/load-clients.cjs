/**
 * The clients of the generator's benchmark, from the build, in a process of their own with nothing else in it.
 *
 *     node load-clients.cjs sink|ws|bare URL COUNT
 */
const { WebSocket } = require('ws');
const { resolvePlan } = require('../../dist/main/load/resolve-plan');
const { LoadBoard } = require('../../dist/shared/load/board');
const { monotonicNs } = require('../../dist/shared/load/monotonic');
const { Pace } = require('../../dist/shared/load/pace');
const { LoadThread } = require('../../dist/workers/load/load-thread');

const [, , kind, url, count] = process.argv;
const clients = Number(count);

async function startLoadThread() {
  const plan = resolvePlan({
    url,
    clients,
    client: kind,
    connectRatePerSecond: 100_000,
    connectConcurrency: 500,
    warmupMs: 0,
    durationMs: 3_600_000,
  });
  const share = { clients: { from: 0, to: clients }, publishers: { from: 0, to: 0 } };
  const board = LoadBoard.create({ from: 0, to: 0 }, 0);
  const pace = Pace.create(1).handle;
  const thread = await LoadThread.create({ plan, share, board: board.handle, pace, slot: 0 }, () => {});
  await thread.carryOut({ type: 'connect' });
  const startNs = monotonicNs();
  const timetable = { startNs, measureFromNs: startNs, measureToNs: startNs + 3_600e9 };
  await thread.carryOut({ type: 'begin', timetable });
  return () => {
    const { received, connected, duplicated, reordered, corrupt, foreign, lost } = board.counters();
    return { received, connected, faults: duplicated + reordered + corrupt + foreign + lost };
  };
}

async function startBare() {
  let received = 0;
  const opened = Array.from({ length: clients }, () => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('message', () => {
      received++;
    });
    return new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  });
  await Promise.all(opened);
  return () => ({ received, connected: clients, faults: 0 });
}

async function main() {
  const beganMs = performance.now();
  const counted = await (kind === 'bare' ? startBare() : startLoadThread());
  const connectMs = performance.now() - beganMs;
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    global.gc();
    process.send({ ...counted(), cpuUs: user + system, userUs: user, rssBytes: process.memoryUsage.rss() });
  });
  process.on('disconnect', () => process.exit());
  process.send({ connectMs });
}

void main();
