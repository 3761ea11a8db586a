import { once } from 'node:events';
import http from 'node:http';
import type { Socket } from 'node:net';
import { createHub, type Hub } from '../../src/main';
import { endAll, until, whenOver } from '../support/hubs';
import { Random } from '../support/random';
import { RawPeer } from '../support/ws-peer';

afterEach(endAll);

const EPIPE = -32;
const ECONNRESET = -104;
const MESSAGES = 600;
const SEED = 26_11;

interface WriteHandle {
  writeBuffer(request: object, bytes: Uint8Array): number;
  writev(request: object, chunks: unknown[], allBuffers?: boolean): number;
}

/** From its `nth` write on the system refuses to take anything of this socket, with that error. */
function breakWrites(socket: Socket, nth: number, errno: number): void {
  const handle = (socket as unknown as { _handle: WriteHandle })._handle;
  let writes = 0;
  for (const name of ['writeBuffer', 'writev'] as const) {
    const write = handle[name].bind(handle) as (...given: unknown[]) => number;
    handle[name] = (...given: unknown[]) => (++writes >= nth ? errno : write(...given));
  }
}

/** A hub over a server of this thread, so that the test has the sockets in its hands, in the order of their coming. */
async function startHub(receive: 'message' | 'fragments'): Promise<{ hub: Hub; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = http.createServer().on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenOver(() => server.close());
  const channels = {
    '*': { receive, maxLagBytes: 256 * 1024 * 1024, maxLagMs: 600_000, maxStallMs: 600_000 },
  };
  const hub = await createHub({ server, channels });
  whenOver(() => hub.close({ deadlineMs: 0 }));
  return { hub, sockets };
}

/** Message number `number`: of a length and a content that belong to it. */
function payloadOf(number: number): Buffer {
  const random = new Random(SEED + number);
  return Buffer.concat([Buffer.from(`${number}:`), random.bytes(random.pick([0, 1, 120, 4_000, 70_000]))]);
}

function isRunFrom(first: number, { frames }: RawPeer): boolean {
  return frames.every(({ payload }, at) => payload.equals(payloadOf(first + at)));
}

describe.each(['message', 'fragments'] as const)(
  'where a channel receives by %s, a write that fails or is taken in parts',
  (receive) => {
    it('concerns its own peer, and tears no frame of anybody', async () => {
      const { hub, sockets } = await startHub(receive);
      const random = new Random(SEED);
      const peers: RawPeer[] = [];
      for (let number = 0; number < 9; number++) peers.push(await RawPeer.open(hub.port, '/ticks'));
      const [good, halting, broken] = [peers.slice(0, 3), peers.slice(3, 6), peers.slice(6)];
      for (const at of [6, 7, 8])
        breakWrites(sockets[at], 2 + random.below(40), random.pick([EPIPE, ECONNRESET]));
      for (let number = 0; number < MESSAGES; number++) {
        // Those that halt fill their buffers, so that the system takes writes in parts.
        for (const { socket } of halting)
          if (random.onceIn(40)) socket[socket.isPaused() ? 'resume' : 'pause']();
        expect(await hub.producer.postAsync('ticks', payloadOf(number))).toBe('posted');
        if (random.onceIn(8)) await new Promise((resolve) => setImmediate(resolve));
      }
      for (const { socket } of halting) socket.resume();
      for (const peer of [...good, ...halting]) {
        await peer.until(({ length }) => length >= MESSAGES);
        expect([peer.frames.length, isRunFrom(0, peer)]).toEqual([MESSAGES, true]);
      }
      await Promise.all(broken.map(({ ended }) => ended));
      for (const peer of broken) {
        expect(peer.frames.length).toBeLessThan(MESSAGES);
        expect(isRunFrom(0, peer)).toBe(true);
      }
      await until(async () => (await hub.stats()).connections === 6, 'the hub knows that they are gone');
      const { addressed, sent, abandoned, pending } = await hub.stats();
      expect([pending, sent + abandoned]).toEqual([0, addressed]);
    });
  },
);
