import { once } from 'node:events';
import path from 'node:path';
import { type HubError, HubErrorCode } from '../../src/main';
import { endAll, HUB_MODES, startHub, until } from '../support/hubs';
import { WsPeer } from '../support/ws-peer';

afterEach(endAll);

const handler = (name: string) => path.join(__dirname, 'handlers', name);
const CHAT = { '*': { handler: handler('chat.js') } };

async function ask(peer: WsPeer, question: string | Buffer): Promise<Buffer> {
  const count = peer.seen.length;
  peer.ws.send(question);
  return (await peer.received(count + 1))[count].data;
}

describe.each(HUB_MODES)('handler modules, $name', ({ startHub, ownThread }) => {
  it("run in the service's thread, each for its channel, whatever kind of module they are", async () => {
    const hub = await startHub({
      channels: {
        chat: { handler: handler('chat.js') },
        // jest cannot load ESM into the test's own thread; an example shows it there.
        esm: { handler: handler(ownThread ? 'esm.mjs' : 'esm.cjs') },
        typed: { handler: handler('typed.ts') },
        plain: {},
      },
    });
    const told: unknown[] = [];
    hub.on('message', ({ channel }, data) => told.push([channel, data]));
    const chat = await WsPeer.open(`${hub.url}/chat`);
    expect((await chat.received(1))[0].data.toString()).toBe('welcome to chat');
    expect([`${await ask(chat, 'count')}`, `${await ask(chat, 'count')}`]).toEqual(['1', '2']);
    expect(await ask(chat, Buffer.from([0, 255]))).toEqual(Buffer.from([0, 255]));
    expect(`${await ask(chat, 'join plain')}, ${await ask(chat, 'join plain')}`).toBe(
      'joined true, joined false',
    );
    expect(`${await ask(chat, 'join nowhere')}`).toBe('joined false');
    expect(hub.post('plain', 'for members')).toBe('posted');
    expect((await chat.received(chat.seen.length + 1)).at(-1)?.data.toString()).toBe('for members');
    expect(`${await ask(chat, 'part plain')}, ${await ask(chat, 'part plain')}`).toBe(
      'parted true, parted false',
    );
    expect(`${await ask(await WsPeer.open(`${hub.url}/esm`), 'x')}`).toBe('esm: x');
    expect(`${await ask(await WsPeer.open(`${hub.url}/typed`), 'y')}`).toBe('ts: y');
    const plain = await WsPeer.open(`${hub.url}/plain`);
    plain.ws.send('to the application');
    await until(() => told.length > 0, 'the application is told');
    expect(told).toEqual([['plain', 'to the application']]);
    chat.ws.send('leave');
    expect(await chat.closed).toEqual({ code: 4_000, reason: 'as you like' });
  });

  it('that throw cost their connection alone, with 1011, and the application learns of it', async () => {
    const hub = await startHub({ channels: CHAT });
    const errors: HubError[] = [];
    hub.on('error', (error) => errors.push(error));
    const witness = await WsPeer.open(`${hub.url}/chat`);
    for (const [at, fault] of ['throw it', `join ${'x'.repeat(1_000)}`, 'throw-a-function'].entries()) {
      const peer = await WsPeer.open(`${hub.url}/chat`);
      peer.ws.send(fault);
      expect(await peer.closed).toEqual({ code: 1011, reason: 'internal error' });
      await until(() => errors.length > at, 'the application learns of it');
      expect(errors[at]).toMatchObject({ name: 'HubError', code: HubErrorCode.HANDLER_THREW });
    }
    expect(errors[0].message).toBe('the handler of channel "chat" threw: told to throw: it');
    expect(errors[0].cause).toMatchObject({ message: 'told to throw: it' });
    expect(errors[1].message).toContain('channel name of 1000 bytes');
    expect(`${await ask(witness, 'count')}`).toBe('1');
    expect(Object.keys((await hub.stats()).channels)).toEqual(['chat']);
  });

  it('may be asynchronous: a rejection costs its connection alone, too', async () => {
    const hub = await startHub({ channels: { '*': { handler: handler('rejecting.js') } } });
    const failure = once(hub, 'error');
    const [bad, good] = [await WsPeer.open(`${hub.url}/a`), await WsPeer.open(`${hub.url}/b`)];
    expect(`${await ask(good, 'one')}`).toBe('one');
    bad.ws.send('fail');
    expect(await bad.closed).toEqual({ code: 1011, reason: 'internal error' });
    const [error] = (await failure) as [HubError];
    expect([error.code, (error.cause as Error).message]).toEqual([HubErrorCode.HANDLER_THREW, 'later']);
    expect(`${await ask(good, 'two')}`).toBe('two');
  });

  it('that cannot be loaded are an error of createHub', async () => {
    for (const [name, text] of [
      ['missing.js', 'could not be loaded'],
      ['empty.js', 'exports none of onConnection, onMessage, onFragment, onGap, onClose'],
    ]) {
      await expect(startHub({ channels: { a: { handler: handler(name) } } })).rejects.toMatchObject({
        code: HubErrorCode.HANDLER_LOAD_FAILED,
        message: expect.stringContaining(text),
      });
    }
  });
});

describe('a service thread that fails, and is not to be started again,', () => {
  it.each(['reject', 'exit'])(
    '(%s) is told of, closes every post, fails every call, and can be closed',
    async (fault) => {
      const hub = await startHub({ channels: CHAT, maxServiceRestarts: 0 });
      const peer = await WsPeer.open(`${hub.url}/chat`);
      await peer.received(1);
      const failed = once(hub, 'error');
      peer.ws.send(fault);
      const [error] = (await failed) as [HubError];
      expect(error).toMatchObject({ name: 'HubError', code: HubErrorCode.SERVICE_GONE });
      if (fault === 'reject') expect(error.cause).toMatchObject({ message: 'thrown later' });
      expect((await peer.closed).code).toBe(1006);
      expect(hub.post('chat', 'x')).toBe('closed');
      expect(await hub.producer.postAsync('chat', 'x')).toBe('closed');
      await expect(hub.connections()).rejects.toMatchObject({ code: HubErrorCode.SERVICE_GONE });
      await expect(hub.send(1, 'x')).rejects.toMatchObject({ code: HubErrorCode.CLOSED });
      const tracked = hub.producer.postTracked('chat', 'x');
      expect([tracked.result, (await tracked.settled).addressed]).toEqual(['closed', 0]);
      expect((await hub.stats()).accepted).toBe(1);
      await hub.close();
    },
  );

  it('leaves nobody waiting for what it can no longer tell', async () => {
    const hub = await startHub({ channels: CHAT, maxServiceRestarts: 0 });
    hub.on('error', () => {});
    const peer = await WsPeer.open(`${hub.url}/chat`);
    await peer.received(1);
    peer.ws.send('block 300');
    peer.ws.send('exit');
    await until(async () => (await hub.stats()).received === 1, 'it blocks');
    const tracked = hub.producer.postTracked('chat', 'x');
    const waiting = [hub.send(1, 'x'), hub.connections(), tracked.settled];
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: HubErrorCode.SERVICE_GONE } });
    }
  });

  it('answers no call while it is blocked: CONTROL_TIMEOUT, and the statistics can be read all the same', async () => {
    const hub = await startHub({ channels: CHAT, serviceHangMs: 0 });
    const peer = await WsPeer.open(`${hub.url}/chat`);
    await peer.received(1);
    peer.ws.send('block 8000');
    await until(async () => (await hub.stats()).received === 1, 'it blocks');
    await expect(hub.connections()).rejects.toMatchObject({
      code: HubErrorCode.CONTROL_TIMEOUT,
      message: expect.stringContaining('did not answer connections within 5000 ms'),
    });
    expect(hub.post('chat', 'posted meanwhile')).toBe('posted');
    expect((await peer.received(2))[1].data.toString()).toBe('posted meanwhile');
    expect(await hub.connections()).toHaveLength(1);
  });

  it('is ended by close when it is stuck', async () => {
    const hub = await startHub({ channels: CHAT });
    const peer = await WsPeer.open(`${hub.url}/chat`);
    await peer.received(1);
    peer.ws.send('block 600000');
    await until(async () => (await hub.stats()).received === 1, 'it blocks');
    await hub.close({ deadlineMs: 0 });
    expect((await peer.closed).code).toBe(1006);
    expect(hub.post('chat', 'x')).toBe('closed');
  });
});
