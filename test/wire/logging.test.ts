/** The log with real threads, real sockets, and a real standard error that is full, closed, or read by nobody. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { type LogRecord, log, setLogLevel } from '../../src/main';
import { endAll, startHub, until, whenOver } from '../support/hubs';
import { Program } from '../support/program';
import { WsPeer } from '../support/ws-peer';

const PROGRAM = path.join(__dirname, 'programs', 'logging.mjs');

let lines: LogRecord[] = [];
/** What each hub says at its start. */
let capacities: LogRecord[] = [];
beforeEach(() => {
  lines = [];
  capacities = [];
  setLogLevel('notice', (line) => (line.message.startsWith('room for ') ? capacities : lines).push(line));
});
afterEach(endAll);
afterAll(() => setLogLevel('none', () => {}));

const messages = () => lines.map(({ message }) => message);
const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, line) => `${name} ${line}`);
const come = (count: number) => until(() => lines.length >= count, `${count} lines come`);

describe('what a hub logs', () => {
  const handler = path.join(__dirname, 'handlers', 'chat.js');

  it('at info: where it listens, connections that open and close, handshakes that are refused', async () => {
    const hub = await startHub({ logLevel: 'info', channels: { news: {} } });
    const peer = await WsPeer.open(`${hub.url}/news`);
    await expect(WsPeer.open(`${hub.url}/other`)).rejects.toThrow('404');
    peer.ws.close(4_000, 'seen\nenough');
    await until(() => messages().some((message) => message.startsWith('closed')), 'it is closed');
    await hub.close();
    await until(() => messages().at(-1) === 'closed', 'the hub is closed');
    expect(
      lines.map(({ level, thread, connection, message }) => [level, thread, connection, message]),
    ).toEqual([
      ['info', 'service', undefined, `listening on 127.0.0.1:${hub.port}`],
      ['info', 'service', 1, 'opened by 127.0.0.1 on channel "news"'],
      ['info', 'service', undefined, 'a handshake from 127.0.0.1 was answered 404: no such channel'],
      ['info', 'service', 1, 'closed with 4000: seen\\nenough'],
      ['info', 'service', undefined, 'closed'],
    ]);
  });

  it('says what it has room for, and nothing else at the default levels while all is well', async () => {
    const hub = await startHub();
    const peer = await WsPeer.open(`${hub.url}/news`);
    hub.post('news', 'x');
    await peer.received(1);
    await hub.close();
    log.notice('the end');
    await come(1);
    expect(messages()).toEqual(['the end']);
    expect(capacities).toMatchObject([{ level: 'notice', thread: 'main' }]);
  });

  it('says that a slow peer was cut, and why; of many at once by their number', async () => {
    const hub = await startHub({ channels: { ticks: { maxLagBytes: 20_000, maxLagMs: 60_000 } } });
    const peers = await Promise.all(Array.from({ length: 15 }, () => WsPeer.open(`${hub.url}/ticks`)));
    for (const { ws } of peers) ws.pause();
    const text = 'x'.repeat(10_000);
    const cut = async () => (await hub.stats()).disconnectedSlow;
    while ((await cut()) < 15) {
      for (let i = 0; i < 100; i++) hub.post('ticks', text);
      await new Promise(setImmediate);
    }
    await until(() => lines.some(({ similar }) => similar === 5), 'the rest is told of');
    expect(lines).toHaveLength(11);
    for (const line of lines) {
      expect(line).toMatchObject({ level: 'notice', thread: 'service', connection: expect.any(Number) });
      expect(line.message).toMatch(/cut, too slow on channel "ticks": \d+ bytes behind, limit 20000$/);
    }
    expect(lines[10].message).toMatch(/^… 5 similar: cut/);
    for (const { ws } of peers) ws.terminate();
  });

  it('says that a handler threw, with what, and for which connection', async () => {
    const hub = await startHub({ channels: { '*': { handler } } });
    hub.on('error', () => {});
    const peer = await WsPeer.open(`${hub.url}/chat`);
    peer.ws.send('throw it');
    await peer.closed;
    await come(1);
    expect(lines[0]).toMatchObject({
      level: 'err',
      thread: 'service',
      connection: 1,
      message: 'the handler of channel "chat" threw: told to throw: it',
    });
  });

  it('says that the service thread ended, and that connections were cut at the deadline of close', async () => {
    const hub = await startHub({ channels: { '*': { handler } }, maxServiceRestarts: 0 });
    const failed = once(hub, 'error');
    const peer = await WsPeer.open(`${hub.url}/chat`);
    peer.ws.send('reject');
    await failed;
    const other = await startHub();
    const mute = await WsPeer.open(`${other.url}/x`);
    mute.ws.pause();
    await other.close({ deadlineMs: 50 });
    await come(3);
    expect(lines.map(({ level, thread, message }) => [level, thread, message])).toEqual([
      ['err', 'main', 'the service thread ended: thrown later'],
      ['err', 'main', expect.stringContaining('mend the cause, and create a new hub')],
      ['warn', 'service', 'connections cut because they were not done within 50 ms: 1'],
    ]);
    mute.ws.terminate();
  });

  it('is the log of handler modules and of producer pools too', async () => {
    const hub = await startHub({
      channels: { '*': { handler: path.join(__dirname, 'handlers', 'logging.ts') } },
    });
    const pool = hub.createProducerPool({
      filename: path.join(__dirname, 'workers', 'logging-task.ts'),
      execArgv: ['-r', 'ts-node/register/transpile-only'],
      maxThreads: 1,
    });
    const peer = await WsPeer.open(`${hub.url}/chat`);
    peer.ws.send('hello');
    await come(1);
    const thread = await pool.run('from a pool');
    await come(2);
    expect(lines).toMatchObject([
      { thread: 'service', connection: 1, message: 'it says hello' },
      { thread: `producer ${thread}`, message: 'from a pool' },
    ]);
  });

  it('does not matter to messages: an emitter that throws stops none', async () => {
    const hub = await startHub({ logLevel: 'none' });
    const peer = await WsPeer.open(`${hub.url}/news`);
    let thrown = 0;
    setLogLevel('err', () => {
      if (thrown++ > 0) throw new Error('the disk is full: part of a test');
    });
    log.err('an emitter that is fine');
    for (let i = 0; i < 3; i++) log.err('lines on standard error that are part of a test');
    hub.post('news', 'all the same');
    expect((await peer.received(1))[0].data.toString()).toBe('all the same');
    expect(thrown).toBe(4);
  });
});

describe('standard error', () => {
  function start(task: string, stderr: 'pipe' | number = 'pipe') {
    const child = spawn(process.execPath, [PROGRAM, task], { stdio: ['pipe', 'pipe', stderr] });
    whenOver(() => child.kill('SIGKILL'));
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    const ended = once(child, 'exit').then(([code]) => code as number);
    return { child, ended, said: () => stdout };
  }

  it('has time, level, thread and connection in each line', async () => {
    const { code, stderr } = await new Program(PROGRAM, ['exit']).ended;
    expect(code).toBe(3);
    const texts = stderr.trimEnd().split('\n');
    for (const text of texts) expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (err|notice) /);
    const rest = texts.map((text) => text.replace(/^\S+ /, ''));
    const of = (part: string) => rest.filter((text) => text.includes(part));
    expect(of('producer')).toEqual(numbered('notice producer 2: line', 100));
    expect(of('main')).toEqual(numbered('err connection 7: main', 100));
    expect(of('room for')).toHaveLength(1);
    expect(rest).toHaveLength(201);
  });

  it('has the lines from before a crash', async () => {
    const { code, stderr } = await new Program(PROGRAM, ['crash']).ended;
    expect(code).toBe(1);
    expect(stderr.match(/producer 2: line \d+/g)).toHaveLength(100);
    expect(stderr).toContain('Error: a crash');
  });

  it('tells how many repeated lines a thread held back, also if it ends within the second', async () => {
    const { code, stderr } = await new Program(PROGRAM, ['repeat']).ended;
    expect(code).toBe(0);
    expect(stderr.match(/notice producer 2: again$/gm)).toHaveLength(10);
    expect(stderr).toMatch(/notice producer 2: … 1,203 similar: again\n/);
    expect(stderr).toMatch(/notice … 90 similar: main\n/);
  });

  it('is for the emitter alone: also with more threads than there are lanes, one after another', async () => {
    const { code, stdout, stderr } = await new Program(PROGRAM, ['many threads']).ended;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '135 lines', stderr: '' });
  });

  test.each([
    ['is full', () => openSync('/dev/full', 'w')],
    ['is /dev/null', () => openSync('/dev/null', 'w')],
  ])('%s: messages go on, and an emitter of one’s own gets the lines', async (_what, open) => {
    const fd = open();
    const { ended, said } = start('deliver', fd);
    closeSync(fd);
    expect(await ended).toBe(0);
    expect(JSON.parse(said())).toEqual({ delivered: 100, own: 100 });
  });

  it('has no reader any more: messages go on', async () => {
    const { child, ended, said } = start('deliver');
    child.stderr?.destroy();
    expect(await ended).toBe(0);
    expect(JSON.parse(said())).toEqual({ delivered: 100, own: 100 });
  });

  it('has a reader that does not read: nobody waits for it, and what did not fit is counted', async () => {
    const { child, ended, said } = start('flood');
    child.stderr?.pause();
    await until(() => said().includes('still running'), 'the program goes on');
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stderr?.resume();
    await until(() => /lines were lost here\n/.test(stderr), 'it says what was lost');
    child.stdin?.end();
    expect(await ended).toBe(0);
    const kept = stderr.match(/err flood \d+ /g)?.length ?? 0;
    const lost = Number(/… ([\d,]+) lines were lost here/.exec(stderr)?.[1].replaceAll(',', ''));
    expect(kept + lost).toBe(20_000);
  });
});
