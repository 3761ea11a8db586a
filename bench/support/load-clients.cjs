/**
 * The clients of the generator's benchmark, from the build, in a process of their own with nothing else in it.
 *
 *     node load-clients.cjs sink|ws|bare|floor URL COUNT
 */
const net = require('node:net');
const { WebSocket } = require('ws');
const { resolvePlan } = require('../../dist/main/load/resolve-plan');
const { LoadBoard } = require('../../dist/shared/load/board');
const { monotonicNs } = require('../../dist/shared/load/monotonic');
const { Pace } = require('../../dist/shared/load/pace');
const { LoadThread } = require('../../dist/workers/load/load-thread');

const [, , kind, url, count] = process.argv;
const clients = Number(count);
/** A payload of 128 bytes and its head. */
const FRAME_BYTES = 132;
/** A little less than the server's period, so that there is hardly ever more than one message in a read. */
const HOLD_MS = 18;
const never = new Int32Array(new SharedArrayBuffer(4));
let held = false;

/** Looks at the sockets once, then sleeps, while it is held: what came meanwhile is there all at once. */
function hold() {
  if (!held) return;
  Atomics.wait(never, 0, 0, HOLD_MS);
  setImmediate(hold);
}

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

async function startFloor() {
  const { hostname, port, pathname } = new URL(url);
  const buffer = Buffer.alloc(64 * 1024);
  let bytes = 0;
  const opened = Array.from({ length: clients }, () => {
    return new Promise((resolve, reject) => {
      const count = (length) => {
        bytes += length;
        return true;
      };
      let callback = () => {
        callback = count; // the first is the handshake's answer
        resolve();
        return true;
      };
      const socket = net.connect({
        host: hostname,
        port,
        noDelay: true,
        onread: { buffer, callback: (length) => callback(length) },
      });
      socket.on('error', reject);
      socket.write(`GET ${pathname} HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    });
  });
  await Promise.all(opened);
  return () => ({ received: bytes / FRAME_BYTES, connected: clients, faults: 0 });
}

const STARTS = { sink: startLoadThread, ws: startLoadThread, bare: startBare, floor: startFloor };

async function main() {
  const beganMs = performance.now();
  const counted = await STARTS[kind]();
  const connectMs = performance.now() - beganMs;
  process.on('message', (what) => {
    if (what === 'hold' || what === 'release') {
      held = what === 'hold';
      if (held) setImmediate(hold);
      return;
    }
    if (what === 'memory') global.gc();
    const { user, system } = process.cpuUsage();
    process.send({ ...counted(), cpuUs: user + system, userUs: user, rssBytes: process.memoryUsage.rss() });
  });
  process.on('disconnect', () => process.exit());
  process.send({ connectMs });
}

void main();
