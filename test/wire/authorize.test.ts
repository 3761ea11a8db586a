/** Who may come in: `authorize`, as a function of the application and as a module of the service thread. */
import { once } from 'node:events';
import path from 'node:path';
import type { AuthorizeFunction, Hub, HubOptions, LogRecord } from '../../src/main';
import { HubErrorCode, setLogLevel } from '../../src/main';
import { endAll, HUB_MODES, startHub, until, whenOver } from '../support/hubs';
import { handshake, nextConnection, RawPeer, WsPeer } from '../support/ws-peer';

afterEach(endAll);

const MODULE = path.join(__dirname, 'authorize', 'tokens.js');
const { authorize: FUNCTION } = require(MODULE) as { authorize: AuthorizeFunction };
const ASKED = [
  { who: 'a function of the application', authorize: FUNCTION },
  { who: 'a module', authorize: MODULE },
];

async function answerTo(hub: Hub, target: string, headers?: string[]) {
  const peer = new RawPeer(hub.port);
  peer.socket.write(handshake(target, headers));
  return await peer.answer();
}

async function rejectionsOf(hub: Hub): Promise<object> {
  const { rejections, rejected } = await hub.stats();
  const counted = Object.entries(rejections).filter(([, count]) => count > 0);
  expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(rejected);
  return Object.fromEntries(counted);
}

/** What is logged from now on, in place of where it goes. */
function logged(): LogRecord[] {
  const records: LogRecord[] = [];
  setLogLevel('debug', (record) => records.push(record));
  whenOver(() => setLogLevel('none', () => {}));
  return records;
}

describe.each(HUB_MODES)('a hub $name', ({ startHub }) => {
  describe.each(ASKED)('that asks $who', ({ authorize }) => {
    const start = (options: HubOptions = {}) => startHub({ authorize, ...options });

    it('lets in whom it names, with identity, channels, subprotocol and what came with the request', async () => {
      const hub = await start({ channels: { '*': {} } });
      const told = nextConnection(hub);
      const peer = await WsPeer.open(`${hub.url}/?do=let-in&user=ann&channels=a,b&protocol=v2`, ['v1', 'v2']);
      expect(await told).toMatchObject({
        channel: 'a',
        identity: { user: 'ann', saw: '127.0.0.1', protocols: ['v1', 'v2'] },
      });
      expect(peer.ws.protocol).toBe('v2');
      const [report] = await hub.connections();
      expect(report).toMatchObject({ identity: { user: 'ann' }, channels: ['a', 'b'] });
      expect(report.expiresAtMs).toBeUndefined();
      hub.post('a', 'of a');
      hub.post('b', 'of b');
      hub.post('c', 'of c');
      expect((await peer.received(2)) && peer.texts.sort()).toEqual(['of a', 'of b']);
      const eager = new RawPeer(hub.port);
      const got = new Promise<string>((resolve) =>
        hub.once('message', (_info, data) => resolve(String(data))),
      );
      eager.socket.write(
        Buffer.concat([
          Buffer.from(handshake('/?do=let-in')),
          Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]),
        ]),
      );
      expect((await eager.answer()).status).toBe(101);
      expect(await got).toBe('hi');
    });

    it('answers the others before there is a WebSocket, and holds nothing of them', async () => {
      const hub = await start({ authorizeTimeoutMs: 200, channels: { '*': {} } });
      expect(await answerTo(hub, '/?do=deny&status=401')).toMatchObject({
        status: 401,
        body: 'not you',
        headers: { 'x-why': 'test', 'www-authenticate': 'Bearer realm="ringcast"' },
      });
      expect(await answerTo(hub, '/?do=deny&status=403')).toMatchObject({ status: 403, body: 'not you' });
      expect(await answerTo(hub, '/?do=deny&status=503')).toMatchObject({
        status: 503,
        headers: { 'retry-after': '9' },
      });
      expect((await answerTo(hub, '/?do=false')).status).toBe(401);
      expect((await answerTo(hub, '/?do=nonsense')).status).toBe(503);
      expect((await answerTo(hub, '/?do=throw')).status).toBe(503);
      expect((await answerTo(hub, '/?do=let-in&protocol=v3', ['Sec-WebSocket-Protocol: v1'])).status).toBe(
        503,
      );
      expect((await answerTo(hub, '/?do=hang')).status).toBe(503);
      expect((await answerTo(hub, '/c?do=let-in&channels=a,b')).status).toBe(403);
      expect((await answerTo(hub, '/?do=let-in&channels=a', ['Sec-WebSocket-Protocol: c'])).status).toBe(403);
      expect((await answerTo(hub, '/?do=let-in&ms=-1')).status).toBe(401);
      expect((await answerTo(hub, '/b?do=let-in&channels=a,b')).status).toBe(101);
      expect(await rejectionsOf(hub)).toEqual({ unauthorized: 3, forbidden: 3, unavailable: 5 });
      await until(async () => (await hub.stats()).connections === 1, 'the one that was let in');
      expect((await hub.stats()).pendingHandshakes).toBe(0);
    });

    it('leaves nothing behind of peers that leave meanwhile', async () => {
      const hub = await start({ maxConnections: 20 });
      const peers = Array.from({ length: 20 }, () => new RawPeer(hub.port));
      for (const { socket } of peers) socket.write(handshake('/?do=hang'));
      await until(async () => (await hub.stats()).pendingHandshakes === 20, 'all wait');
      expect(await answerTo(hub, '/')).toMatchObject({ status: 503, body: 'too many connections' });
      for (const [at, peer] of peers.entries()) {
        if (at % 2 === 0) peer.reset();
        else peer.socket.end();
      }
      await until(async () => (await hub.stats()).pendingHandshakes === 0, 'none waits');
      await until(async () => (await hub.stats()).addresses === 0, 'no address is held');
      expect((await answerTo(hub, '/')).status).toBe(101);
      expect((await hub.stats()).rejections).toMatchObject({ capacity: 1, unavailable: 0 });
    });
  });
});

describe('authorize', () => {
  it('that never answers holds nobody past its deadline: 200 sockets', async () => {
    const hub = await startHub({
      serviceThread: false,
      authorize: () => new Promise(() => {}),
      authorizeTimeoutMs: 500,
    });
    const peers = Array.from({ length: 200 }, () => new RawPeer(hub.port));
    for (const { socket } of peers) socket.write(handshake('/'));
    const answers = await Promise.all(peers.map((peer) => peer.answer()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect((await hub.stats()).rejections.unavailable).toBe(200);
  });

  it('is asked about no more than maxPendingHandshakes at once', async () => {
    const hub = await startHub({
      serviceThread: false,
      authorize: () => new Promise(() => {}),
      maxPendingHandshakes: 2,
    });
    for (let count = 0; count < 2; count++) new RawPeer(hub.port).socket.write(handshake('/'));
    await until(async () => (await hub.stats()).pendingHandshakes === 2, 'two wait');
    expect(await answerTo(hub, '/')).toMatchObject({ status: 503, body: 'too many handshakes wait' });
  });

  it('is waited for no longer when the hub closes', async () => {
    const hub = await startHub({ serviceThread: false, authorize: () => new Promise(() => {}) });
    const peer = new RawPeer(hub.port);
    peer.socket.write(handshake('/'));
    await until(async () => (await hub.stats()).pendingHandshakes === 1, 'it waits');
    const closed = hub.close();
    expect(await peer.answer()).toMatchObject({ status: 503, body: 'the hub closes' });
    await closed;
    expect((await hub.stats()).rejections.closing).toBe(1);
  });

  it.each(ASKED)(
    'goes on being asked when the service thread was started again: $who',
    async ({ authorize }) => {
      const failing = path.join(__dirname, 'handlers', 'failing.js');
      const hub = await startHub({ authorize, channels: { '*': { handler: failing } } });
      const peer = await WsPeer.open(`${hub.url}/a?do=let-in&user=ann`);
      const waiting = new RawPeer(hub.port);
      waiting.socket.write(handshake('/a?do=hang'));
      await until(async () => (await hub.stats()).pendingHandshakes === 1, 'it waits');
      const restarted = once(hub, 'restart');
      peer.ws.send('throw');
      await restarted;
      await waiting.ended;
      expect(await hub.stats()).toMatchObject({ pendingHandshakes: 0, addresses: 0 });
      expect((await answerTo(hub, '/a?do=false')).status).toBe(401);
      await WsPeer.open(`${hub.url}/a?do=let-in&user=bob`);
      expect(await hub.connections()).toMatchObject([{ identity: { user: 'bob' } }]);
    },
  );

  it('can be another function while the hub runs', async () => {
    const hub = await startHub({ serviceThread: false, authorize: () => false });
    expect((await answerTo(hub, '/')).status).toBe(401);
    await hub.reconfigure({ authorize: () => true });
    expect((await answerTo(hub, '/')).status).toBe(101);
    expect((await hub.reconfigure({})).needRestart).toEqual(['authorize']);
  });

  it('fails with a text that says so, without what the peer sent', async () => {
    const records = logged();
    const hub = await startHub({ authorize: MODULE });
    await answerTo(hub, '/?do=throw&token=s3cr3t-t0ken', ['Authorization: Bearer h1dden-h3ader']);
    await answerTo(hub, '/?token=s3cr3t-t0ken', [
      'Authorization: Bearer h1dden-h3ader',
      'Cookie: a=c00kie-value',
    ]);
    await answerTo(hub, '/?do=deny&status=401&token=s3cr3t-t0ken');
    await hub.close();
    const text = JSON.stringify(records) + JSON.stringify(await hub.stats());
    expect(text).toContain('authorize failed: the token … of … is bad; the peer was refused with 503');
    expect(text).not.toMatch(/s3cr3t|h1dden|c00kie/);
  });

  it('that cannot be loaded is an error of createHub', async () => {
    const code = HubErrorCode.AUTHORIZE_LOAD_FAILED;
    await expect(startHub({ serviceThread: false, authorize: '/nowhere.js' })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^authorize \/nowhere\.js could not be loaded: /),
    });
    await expect(
      startHub({ serviceThread: false, authorize: path.join(__dirname, 'handlers', 'chat.js') }),
    ).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/chat\.js exports no function authorize$/),
    });
    await expect(startHub({ serviceThread: false, tokenFile: '/nowhere' })).rejects.toMatchObject({ code });
  });
});

describe('a token that expires', () => {
  it('ends its connection with 4401, unless it is renewed', async () => {
    const hub = await startHub({ serviceThread: false, authorize: MODULE });
    const told = nextConnection(hub);
    const peer = await WsPeer.open(`${hub.url}/?do=let-in&ms=400`);
    const { id } = await told;
    expect(await hub.renew(id, Date.now() + 60_000)).toBe(true);
    const other = await WsPeer.open(`${hub.url}/?do=let-in&ms=400`);
    const begun = performance.now();
    expect(await other.closed).toEqual({ code: 4401, reason: 'expired' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    const [{ expiresAtMs }] = await hub.connections();
    expect(expiresAtMs).toBeGreaterThan(Date.now() + 30_000);
    expect(await hub.renew(id, Number.POSITIVE_INFINITY)).toBe(true);
    expect((await hub.connections())[0].expiresAtMs).toBeUndefined();
    expect(await hub.renew(id, 0)).toBe(true);
    expect((await peer.closed).code).toBe(4401);
    await until(async () => (await hub.connections()).length === 0, 'it is gone');
    expect(await hub.renew(id, 0)).toBe(false);
    await expect(hub.renew(id, Number.NaN)).rejects.toThrow('expiresAtMs is NaN');
  });
});
