/** Limits that change while the hub runs. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { endAll, startHub } from '../support/hubs';
import { RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

/** Whose certificate a port shows. */
async function shownBy(port: number): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe('hub.reconfigure', () => {
  test('changes how many connections there may be, at once', async () => {
    const hub = await startHub({ maxConnections: 1 });
    await WsPeer.open(hub.url);
    await expect(WsPeer.open(hub.url)).rejects.toThrow('503');
    expect(await hub.reconfigure({ maxConnections: 2 })).toEqual({
      applied: ['maxConnections'],
      needRestart: [],
    });
    const second = await WsPeer.open(hub.url);
    expect(second.ws.readyState).toBe(second.ws.OPEN);
    await expect(WsPeer.open(hub.url)).rejects.toThrow('503');
  });

  test("changes the longest message of peers that come, and leaves others' as it was", async () => {
    const hub = await startHub({ maxMessageBytes: 10 });
    const before = await RawPeer.open(hub.port);
    await hub.reconfigure({ maxMessageBytes: 20 });
    const after = await RawPeer.open(hub.port);
    before.send(1, 'x'.repeat(15));
    await before.ended;
    expect(before.closeFrame).toMatchObject({ code: 1009 });
    after.send(1, 'x'.repeat(15));
    after.send(1, 'x'.repeat(25));
    await after.ended;
    expect(after.closeFrame).toMatchObject({ code: 1009 });
    expect((await hub.stats()).received).toBe(1);
  });

  test('shows a new certificate to peers that come, keeps the others, and refuses one that does not fit its key', async () => {
    const pem = (name: string) => readFileSync(path.join(__dirname, '../support', `${name}.pem`), 'utf8');
    const [first, second] = ['test', 'second'].map((name) => ({
      key: pem(`${name}-key`),
      cert: pem(`${name}-cert`),
    }));
    const hub = await startHub({ tls: first });
    const insecure = { rejectUnauthorized: false };
    const before = await WsPeer.open(hub.url, [], insecure);
    await expect(hub.reconfigure({ tls: { key: first.key, cert: second.cert } })).rejects.toThrow(
      'tls: key and cert cannot be used',
    );
    expect(await shownBy(hub.port)).toBe('localhost');
    expect(await hub.reconfigure({ tls: second })).toEqual({ applied: ['tls'], needRestart: [] });
    expect(await shownBy(hub.port)).toBe('second.test');
    hub.post('default', 'still here');
    expect(String((await before.received(1))[0].data)).toBe('still here');
  });

  test('says what would need a new hub, and leaves it as it is', async () => {
    const hub = await startHub();
    expect(await hub.reconfigure({ port: 1, channels: { a: {} }, pingIntervalMs: 1_000 })).toEqual({
      applied: ['pingIntervalMs'],
      needRestart: ['port', 'channels["*"]', 'channels["a"]'],
    });
    expect((await WsPeer.open(`${hub.url}/other`)).ws.url).toBe(`${hub.url}/other`);
  });

  test('changes nothing for a bad option', async () => {
    const hub = await startHub({ maxConnections: 1 });
    await expect(hub.reconfigure({ maxConnections: 5, pongTimeoutMs: -1 })).rejects.toThrow(
      'pongTimeoutMs is -1',
    );
    expect(await hub.reconfigure({ maxConnections: 1 })).toEqual({ applied: [], needRestart: [] });
  });
});

describe('hub.heartbeat', () => {
  test('is answered by the service thread, and not once the hub is closed', async () => {
    const hub = await startHub();
    await hub.heartbeat();
    await hub.close();
    await expect(hub.heartbeat()).rejects.toMatchObject({ code: 'RINGCAST_E_CLOSED' });
  });
});
