import { once } from 'node:events';
import { CloseCode, type DisconnectInfo, type Hub, type HubOptions, type ReceiveMode } from '../../src/main';
import { endAll, HUB_MODES, startHub } from '../support/hubs';
import { encodePeerFrame } from '../support/peer-stream';
import { RawPeer } from '../support/ws-peer';

afterAll(endAll);

const MODES = ['message', 'fragments'] as const satisfies ReceiveMode[];
/** A channel for each way to receive, named by it. */
const OPTIONS: HubOptions = {
  channels: Object.fromEntries(MODES.map((receive) => [receive, { receive, maxLagBytes: 64 * 1024 * 1024 }])),
};

const frame = (opcode: number, payload: string | Buffer, final = true) =>
  encodePeerFrame({ opcode, payload: Buffer.from(payload as string), final });
const closeFrame = (code: number, reason = '') =>
  frame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));

/** What a peer got, frame by frame. */
const seenBy = ({ frames }: RawPeer) =>
  frames.map(({ opcode, payload }) =>
    opcode === 8
      ? `close ${payload.length === 0 ? 'without a code' : payload.readUInt16BE(0)}`
      : `${payload}`,
  );

/** Posts whatever its peers send to the channel that they are on. */
function echo(hub: Hub): void {
  hub.on('message', ({ channel }, data) => hub.post(channel, data));
  hub.on('fragment', ({ channel }, bytes, { binary }) => hub.post(channel, bytes, { text: !binary }));
}

const nextDisconnect = async (hub: Hub) => ((await once(hub, 'disconnect')) as [DisconnectInfo])[0];

/** Sends this and waits for the end. */
async function exchange(hub: Hub, channel: string, ...frames: Buffer[]) {
  const peer = await RawPeer.open(hub.port, `/${channel}`);
  const gone = nextDisconnect(hub);
  peer.socket.write(Buffer.concat(frames));
  await peer.ended;
  const { code, reason } = await gone;
  return { peer, seen: seenBy(peer), told: { code, reason } };
}

describe.each(HUB_MODES)('a peer that says something and closes, $name', ({ startHub: start }) => {
  it('is answered behind the echo, and repeats its code', async () => {
    const hub = await start(OPTIONS);
    echo(hub);
    for (const channel of [...MODES, ...MODES, ...MODES]) {
      const frames = [frame(1, 'first'), frame(1, 'last'), closeFrame(4_001, 'bye')];
      const { peer, seen, told } = await exchange(hub, channel, ...frames);
      expect(seen).toEqual(['first', 'last', 'close 4001']);
      expect([peer.closeFrame, told]).toEqual(Array(2).fill({ code: 4_001, reason: 'bye' }));
    }
  });
});

describe.each(MODES)('a peer that closes, on a channel that receives %s', (channel) => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(OPTIONS);
    echo(hub);
  });

  it('without a code is answered without one', async () => {
    const { seen, told } = await exchange(hub, channel, frame(1, 'last'), frame(8, ''));
    expect(seen).toEqual(['last', 'close without a code']);
    expect(told.code).toBe(CloseCode.NONE);
  });

  it('in the middle of its own message is answered', async () => {
    const { seen } = await exchange(hub, channel, frame(1, '', false), closeFrame(1_001));
    expect(seen.at(-1)).toBe('close 1001');
  });

  it('and pings just before gets the pong too', async () => {
    const { seen } = await exchange(hub, channel, frame(9, 'ping'), closeFrame(1_000));
    expect(seen).toEqual(['ping', 'close 1000']);
  });

  it('and its end of the connection too is answered all the same', async () => {
    const peer = await RawPeer.open(hub.port, `/${channel}`);
    peer.socket.end(Buffer.concat([frame(1, 'last'), closeFrame(1_000)]));
    await peer.ended;
    expect(seenBy(peer)).toEqual(['last', 'close 1000']);
  });

  /** Megabytes that a peer has not read, more than the kernel takes. */
  async function fallBehind(): Promise<RawPeer> {
    const peer = await RawPeer.open(hub.port, `/${channel}`);
    peer.socket.pause();
    const filler = 'x'.repeat(32 * 1024);
    for (let number = 0; number < 300; number++)
      expect(await hub.producer.postAsync(channel, `${number}:${filler}`)).toBe('posted');
    // Drained behind all that, and to nobody.
    await hub.producer.postTracked(channel === 'message' ? 'fragments' : 'message', '').settled;
    return peer;
  }

  it('gets all that was published before, if it reads, and nothing behind the answer', async () => {
    const peer = await fallBehind();
    const gone = nextDisconnect(hub);
    await new Promise((resolve) => peer.socket.write(closeFrame(1_000), resolve));
    peer.socket.resume();
    await peer.ended;
    const numbers = seenBy(peer).map((line) => line.split(':')[0]);
    expect(numbers).toEqual([...Array.from({ length: 300 }, (_, number) => `${number}`), 'close 1000']);
    expect((await gone).code).toBe(1_000);
  });

  it('and never reads is gone all the same', async () => {
    const peer = await fallBehind();
    const before = (await hub.stats()).abandoned;
    const gone = nextDisconnect(hub);
    peer.socket.write(closeFrame(4_002, 'deaf'));
    expect(await gone).toMatchObject({ code: 4_002, reason: 'deaf' });
    const { pending, abandoned } = await hub.stats();
    expect([pending, abandoned > before]).toEqual([0, true]);
  });

  it.each([
    ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), CloseCode.PROTOCOL_ERROR],
    ['text that is not UTF-8', frame(1, Buffer.from([0xff])), CloseCode.INVALID_DATA],
    ['a frame too long', Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0]), CloseCode.TOO_LONG],
  ])(
    'and broke the protocol by %s gets the code and the reason that the application is told',
    async (_fault, bytes, code) => {
      const { peer, told } = await exchange(hub, channel, bytes);
      expect(peer.closeFrame).toEqual(told);
      expect([told.code, told.reason !== '']).toEqual([code, true]);
    },
  );
});
