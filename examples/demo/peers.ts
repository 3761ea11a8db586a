/** The receiving process of the demo: a few hundred WebSocket peers that check every message. Started by `demo.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { CHANNEL, loadFlights } from './flights';
import { type Findings, Verifier } from './verifier';

/** What `demo.ts` tells this process. */
export type ToPeers =
  | { type: 'connect'; url: string; peers: number; producers: number; records: number }
  /** Everything is posted: so many messages must have come at each peer. */
  | { type: 'posted'; messages: number };

/** What this process tells `demo.ts`. */
export type FromPeers =
  | { type: 'connected' }
  | ({ type: 'progress' } & Findings)
  /** Everything has come, or nothing comes any more. */
  | { type: 'settled' }
  /** All connections are closed. */
  | ({ type: 'result'; closedEarly: string[] } & Findings)
  | { type: 'failed'; message: string };

const PROGRESS_MS = 250;
/** How many handshakes are under way at once. */
const CONNECTING_AT_ONCE = 20;
/** When nothing has come for this long, nothing comes any more. */
const QUIET_MS = 10_000;

const sockets: WebSocket[] = [];
const closedEarly: string[] = [];
let connected = false;
let verifier: Verifier;
let settled = false;

function tell(message: FromPeers): void {
  // The starting process may be gone: then there is nobody to tell, and `disconnect` follows.
  process.send?.(message, () => {});
}

async function connectAll(url: string, peers: number): Promise<void> {
  let next = 0;
  const connectSome = async () => {
    while (next < peers) {
      const number = next++;
      await connect(`${url}/${CHANNEL}`, number);
    }
  };
  await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectSome));
}

function connect(url: string, number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Every byte is compared: to validate the UTF-8 as well would find nothing more.
    const socket = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
    const progress = verifier.addPeer();
    socket.once('open', () => {
      sockets.push(socket);
      resolve();
    });
    socket.on('message', (data) => verifier.check(progress, data as Buffer));
    socket.once('error', reject);
    socket.once('close', (code, reason) => {
      if (!settled) closedEarly.push(`peer ${number} was closed with ${code} ${reason}`.trimEnd());
      if (connected && sockets.every(({ readyState }) => readyState === WebSocket.CLOSED)) finish();
    });
  });
}

async function settle(expected: number): Promise<void> {
  let before = -1;
  let quietSince = performance.now();
  while (verifier.received < expected && performance.now() - quietSince < QUIET_MS) {
    if (verifier.received !== before) quietSince = performance.now();
    before = verifier.received;
    await sleep(20);
  }
  settled = true;
  tell({ type: 'settled' });
}

function finish(): void {
  tell({ type: 'result', closedEarly, ...verifier.findings() });
}

process.on('message', (message: ToPeers) => {
  if (message.type === 'posted') {
    void settle(message.messages * sockets.length);
    return;
  }
  verifier = new Verifier(loadFlights(), message.producers, message.records);
  connectAll(message.url, message.peers).then(
    () => {
      connected = true;
      tell({ type: 'connected' });
      setInterval(() => tell({ type: 'progress', ...verifier.findings() }), PROGRESS_MS).unref();
    },
    (error: Error) => tell({ type: 'failed', message: error.message }),
  );
});

// Ctrl-C goes to both processes: `demo.ts` decides what it means, and this one ends with it.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
