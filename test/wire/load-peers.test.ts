import { randomBytes } from 'node:crypto';
import { endAll, startHub, until } from '../support/hubs';
import { openPeer, startWsServer } from '../support/load-peers';

afterEach(endAll);

describe('a raw peer', () => {
  test('gets what the server sends, and the server what it sends, byte for byte', async () => {
    const { url } = await startWsServer((ws) =>
      ws.on('message', (data, binary) => ws.send(data, { binary })),
    );
    const { peer, notes } = await openPeer(url);
    const payloads = [0, 1, 31, 32, 33, 125, 126, 127, 128, 4_000, 65_535, 65_536, 200_000].map((n) =>
      randomBytes(n),
    );
    for (const payload of payloads) peer.send(payload, false);
    peer.send(Buffer.from('Grüße'), true);
    await notes.until(() => notes.messages.length === payloads.length + 1);
    expect(notes.messages.slice(0, -1).map(({ data }) => data)).toEqual(payloads);
    expect(notes.messages.at(-1)).toMatchObject({ binary: false, data: Buffer.from('Grüße') });
  });

  test('answers a close with the same code, and tells it', async () => {
    const codes: number[] = [];
    const { url } = await startWsServer((ws) => {
      ws.on('close', (code) => codes.push(code));
      ws.close(4001, 'enough');
    });
    const { notes } = await openPeer(url);
    expect(await notes.untilEnd()).toMatchObject({ code: 4001, reason: 'enough', error: undefined });
    await until(() => codes.length > 0, 'the server has its answer');
    expect(codes).toEqual([4001]);
  });

  test('gets what a hub sends', async () => {
    const hub = await startHub();
    const { notes } = await openPeer(`${hub.url}/ticks`);
    for (let i = 0; i < 1000; i++) hub.post('ticks', `tick ${i}`);
    await notes.until(() => notes.messages.length === 1000);
    expect(notes.texts).toEqual(Array.from({ length: 1000 }, (_, i) => `tick ${i}`));
  });
});
