/**
 * Each close code that a hub sends, seen by a client that shares no code with it: for its cause where a peer's bytes are the cause, else
 * by `hub.disconnect`. Slow peers, expiry and restarts have tests of their own.
 */
import path from 'node:path';
import { CloseCode, type Hub, type HubOptions } from '../../src/main';
import { endAll, startHub } from '../support/hubs';
import { encodePeerFrame } from '../support/peer-stream';
import { nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterAll(endAll);

const OPTIONS: HubOptions = {
  maxFragments: 2,
  channels: {
    open: {},
    faulty: { receive: 'fragments', handler: path.join(__dirname, 'handlers', 'fragments.js') },
  },
};
const frame = (opcode: number, payload: string | Buffer, final = true) =>
  encodePeerFrame({ opcode, payload: Buffer.from(payload as string), final });

const FAULTS: [code: number, channel: string, sent: Buffer][] = [
  [CloseCode.PROTOCOL_ERROR, 'open', frame(3, '')],
  [CloseCode.INVALID_DATA, 'open', frame(1, Buffer.from([0xff]))],
  [
    CloseCode.POLICY_VIOLATION,
    'open',
    Buffer.concat([0, 1, 2].map((at) => frame(at === 0 ? 1 : 0, 'x', false))),
  ],
  [CloseCode.TOO_LONG, 'open', frame(2, Buffer.alloc(65_537))],
  [CloseCode.INTERNAL, 'faulty', frame(1, 'throw')],
];

describe('on the wire', () => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await startHub(OPTIONS);
    hub.on('error', () => {}); // what the handler throws
  });

  it.each(FAULTS)('%i, for what a peer sent', async (code, channel, sent) => {
    const peer = await RawPeer.open(hub.port, `/${channel}`);
    peer.socket.write(sent);
    await peer.ended;
    expect(peer.closeFrame?.code).toBe(code);
  });

  it.each([
    CloseCode.NORMAL,
    CloseCode.SERVICE_RESTART,
    CloseCode.TRY_AGAIN_LATER,
    CloseCode.UNAUTHORIZED,
    CloseCode.FORBIDDEN,
  ])('%i, where the application says so', async (code) => {
    const coming = nextConnection(hub);
    const [raw, { id }] = await Promise.all([RawPeer.open(hub.port, '/open'), coming]);
    await hub.disconnect(id, code, 'so');
    await raw.ended;
    expect(raw.closeFrame).toEqual({ code, reason: 'so' });
  });

  it('1001, when the hub closes', async () => {
    const [raw, ws] = await Promise.all([RawPeer.open(hub.port, '/open'), WsPeer.open(`${hub.url}/open`)]);
    await hub.close();
    await raw.ended;
    expect([raw.closeFrame?.code, (await ws.closed).code]).toEqual([
      CloseCode.GOING_AWAY,
      CloseCode.GOING_AWAY,
    ]);
  });
});
