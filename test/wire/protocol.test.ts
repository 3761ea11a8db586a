import { once } from 'node:events';
import type { DisconnectInfo, Hub, ReceiveMode } from '../../src/main';
import { endAll, startHub, until } from '../support/hubs';
import { encodePeerFrame } from '../support/peer-stream';
import { nextConnection, RawPeer } from '../support/ws-peer';

afterAll(endAll);

const frame = (opcode: number, payload: string, final = true): Buffer =>
  encodePeerFrame({ opcode, payload: Buffer.from(payload), final });
const [CONTINUE, TEXT, PING] = [0, 1, 9];

/** Messages as the application gets them, whichever way its channel receives. */
function listen(hub: Hub): (string | Buffer)[] {
  const messages: (string | Buffer)[] = [];
  hub.on('message', (_info, data) => messages.push(typeof data === 'string' ? data : Buffer.from(data)));
  let parts: Uint8Array[] = [];
  hub.on('fragment', (_info, bytes, { first, final, remaining, binary }) => {
    if (first) parts = [];
    parts.push(bytes);
    if (!final || remaining > 0) return;
    const whole = Buffer.concat(parts);
    messages.push(binary ? whole : whole.toString());
  });
  return messages;
}

const MODES: ReceiveMode[] = ['message', 'fragments'];

describe.each(MODES)('the protocol, on a channel that receives %s', (receive) => {
  let hub: Hub;
  let messages: (string | Buffer)[];
  beforeAll(async () => {
    hub = await startHub({ channels: { protocol: { receive } } });
    messages = listen(hub);
  });
  beforeEach(() => messages.splice(0));

  it('answers pings, the last one in any case, and goes on', async () => {
    const peer = await RawPeer.open(hub.port, '/protocol');
    peer.socket.write(Buffer.concat([frame(PING, 'one'), frame(TEXT, 'x', false), frame(PING, 'two')]));
    await peer.until((frames) => frames.some(({ payload }) => payload.toString() === 'two'));
    expect(peer.frames.every(({ opcode }) => opcode === 10)).toBe(true);
    peer.socket.write(frame(CONTINUE, 'y'));
    await until(() => messages.length === 1, 'the message is complete');
    expect(messages).toEqual(['xy']);
  });

  it('is over when the peer closes its end, or resets it, without a close frame', async () => {
    for (const leave of [
      (peer: RawPeer) => peer.socket.end(),
      (peer: RawPeer) => peer.socket.resetAndDestroy(),
    ]) {
      const peer = await RawPeer.open(hub.port, '/protocol');
      const gone = once(hub, 'disconnect') as Promise<[DisconnectInfo]>;
      peer.socket.write(frame(TEXT, 'unfinished', false));
      leave(peer);
      expect((await gone)[0]).toMatchObject({ code: 1006 });
      await peer.ended;
    }
    expect(messages).toEqual([]);
  });

  it('waits for the answer to a close frame, but not for ever', async () => {
    const coming = nextConnection(hub);
    const peer = await RawPeer.open(hub.port, '/protocol');
    const { id } = await coming;
    peer.socket.pause();
    const gone = new Promise<DisconnectInfo>((resolve) =>
      hub.on('disconnect', (info) => info.id === id && resolve(info)),
    );
    expect(await hub.disconnect(id, 4_000, 'go')).toBe(true);
    expect(await gone).toMatchObject({ code: 4_000, reason: 'go' });
  });
});
