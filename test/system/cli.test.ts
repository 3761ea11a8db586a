/** The program `ringcast` as it is built, in processes of its own. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { Program, RINGCAST, ROOT } from '../support/program';

const programs: Program[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'ringcast-cli-'));

function ringcast(...args: string[]): Program {
  const program = new Program(RINGCAST, args);
  programs.push(program);
  return program;
}

/** Starts a hub on a free port, without standard input of its own unless `args` say so. */
async function hub(...args: string[]): Promise<{ program: Program; url: string }> {
  const program = ringcast('run', '--port', '0', '--json', ...args);
  await program.prints(/\n/, 'stdout');
  return { program, url: JSON.parse(program.stdout.split('\n')[0]).url };
}

async function connected(tail: Program): Promise<Program> {
  await tail.prints(/^Connected/, 'stderr');
  return tail;
}

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

afterEach(() => {
  for (const program of programs.splice(0)) program.process.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ringcast', () => {
  test('without arguments gives a short help', async () => {
    const { code, stdout, stderr } = await ringcast().ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Examples:\n {2}tail -f app.log \| ringcast run --stdin log/);
    expect(stdout.split('\n').length).toBeLessThan(10);
  });

  test('--version prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(await ringcast('--version').ended).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([['--help'], ['run', '--help'], ['tail', '-h'], ['help', 'run']])(
    '%s %s: examples first',
    async (...args) => {
      const { code, stdout, stderr } = await ringcast(...args).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Examples:\n[\s\S]*\nUsage: ringcast [\s\S]*\nExit codes: 0 good/);
      expect(stdout).not.toContain('\x1b');
    },
  );
});

describe('ringcast run', () => {
  test('says that the port is taken, and what to do', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stdout, stderr } = await ringcast('run', '--port', String(port)).ended;
    const debug = await ringcast('run', '--port', String(port), '--debug').ended;
    server.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      `ringcast: Cannot listen on 127.0.0.1:${port}: another program has this port.\nChoose another one with --port, or let the system choose with --port 0.\n`,
    );
    expect(debug.stderr).toMatch(/^\s+at /m);
    expect(debug.stderr).toContain('EADDRINUSE');
  });

  test('says where it listens: the URL on stderr, with --json an event on stdout', async () => {
    const { program, url } = await hub('--path', '/live');
    expect(program.stdout).toMatch(
      /^\{"event":"listening","url":"ws:\/\/127\.0\.0\.1:\d+\/live","port":\d+,"pid":\d+,"socket":"\/[^"]+\.producers\.sock"\}\n$/,
    );
    await program.prints(/Ctrl-C ends it\.\n/, 'stderr');
    const [capacity, ...lines] = program.stderr.split(/(?<=\n)/);
    expect(capacity).toMatch(
      /^\S+ notice room for \d+ connections: \d+ descriptors - \d+ in use - \d+ for threads - \d+ in reserve\n$/,
    );
    expect(lines).toEqual([`Listening on ${url}/CHANNEL. Ctrl-C ends it.\n`]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: says what happens, closes peers with 1001 and ends with 0',
    async (signal) => {
      const { program, url } = await hub('--stdin', 'log');
      const tail = await connected(ringcast('tail', `${url}/log`));
      program.process.kill(signal);
      const { code, stdout, stderr } = await program.ended;
      expect(code).toBe(0);
      expect(stderr).toContain(`${signal}: closing.`);
      expect(jsonLines(stdout)[1]).toEqual({ event: 'closed', posted: 0, skipped: 0, repaired: 0 });
      const { code: tailCode, stderr: tailSaid } = await tail.ended;
      expect(tailCode).toBe(0);
      expect(tailSaid).toContain('1001');
    },
  );

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends it at once with %d', async (signal, expected) => {
    const { program, url } = await hub();
    const mute = await mutePeer(url); // never answers the close frame: so closing takes its time
    program.process.kill('SIGTERM');
    await program.prints(/SIGTERM: closing/, 'stderr');
    program.process.kill(signal);
    expect((await program.ended).code).toBe(expected);
    mute.destroy();
  });

  test('posts 100,000 lines completely and in order, to two peers', async () => {
    const { program, url } = await hub('--stdin', 'log', '--wait-peers', '2');
    const tails = [ringcast('tail', `${url}/log`), ringcast('tail', `${url}/log`)];
    let lines = '';
    for (let line = 1; line <= 100_000; line++) lines += `${line} ${'é'.repeat(line % 40)}\n`;
    program.process.stdin?.end(lines);
    for (const tail of tails) {
      const { code, stdout } = await tail.ended;
      expect(code).toBe(0);
      expect(digest(stdout)).toBe(digest(lines));
    }
    const { code, stdout } = await program.ended;
    expect(code).toBe(0);
    expect(jsonLines(stdout)[1]).toEqual({ event: 'closed', posted: 100_000, skipped: 0, repaired: 0 });
  });

  test('stops reading while a peer does not read, and loses nothing', async () => {
    const { program, url } = await hub('--stdin', 'log', '--wait-peers', '1', '--lane-bytes', '64KiB');
    const tail = await connected(ringcast('tail', `${url}/log`));
    tail.process.stdout?.pause(); // and so, in turn, the program does not read its socket
    const lines = `${'x'.repeat(999)}\n`.repeat(40_000);
    program.process.stdin?.end(lines);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(program.process.stdin?.writableFinished).toBe(false);
    tail.process.stdout?.resume();
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    expect(digest(stdout)).toBe(digest(lines));
  });

  test('follows a file that grows', async () => {
    const file = path.join(folder, 'growing.log');
    writeFileSync(file, 'before\n');
    const { program, url } = await hub('--stdin', 'log', '--wait-peers', '1');
    const follow = spawn('tail', ['-n', '+1', '-f', file], { stdio: ['ignore', 'pipe', 'ignore'] });
    follow.stdout.pipe(program.process.stdin as NodeJS.WritableStream);
    const tail = ringcast('tail', `${url}/log`, '--count', '4');
    await tail.prints(/before\n/, 'stdout');
    appendFileSync(file, 'half a ');
    appendFileSync(file, 'line\r\n');
    await tail.prints(/half a line\n/, 'stdout');
    appendFileSync(file, '\nend\n');
    expect(await tail.ended).toMatchObject({ code: 0, stdout: 'before\nhalf a line\n\nend\n' });
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    follow.kill();
  });

  test('takes CRLF, empty lines, a last line without end, skips lines that are too long and repairs what is not UTF-8', async () => {
    const { program, url } = await hub('--stdin', 'log', '--wait-peers', '1', '--lane-bytes', '4KiB');
    const tail = ringcast('tail', `${url}/log`, '--json');
    program.process.stdin?.write('one\r\n\r\n');
    program.process.stdin?.write(`${'x'.repeat(5_000)}\n`);
    program.process.stdin?.write(Buffer.from([0xff, 0x41, 0x0a]));
    program.process.stdin?.end('last');
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    const messages = jsonLines(stdout);
    expect(messages.map(({ text }) => text)).toEqual(['one', '', '\ufffdA', 'last']);
    expect(messages[0].time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const outcome = await program.ended;
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(
      /line 3 is skipped: it has 5000 bytes, the longest message is \d+ \(larger with --lane-bytes\)\n/,
    );
    expect(jsonLines(outcome.stdout)[1]).toEqual({ event: 'closed', posted: 4, skipped: 1, repaired: 1 });
  });

  test('warns of a few lines that are too long, and counts the others', async () => {
    const { program } = await hub('--stdin', 'log', '--lane-bytes', '4KiB');
    program.process.stdin?.end(`${'x'.repeat(5_000)}\n`.repeat(20));
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr.match(/is skipped/g)).toHaveLength(5);
    expect(stderr).toContain('warning: 20 skipped: too long.');
  });

  test('--keep-open serves on when standard input has ended', async () => {
    const { program, url } = await hub('--stdin', 'log', '--keep-open');
    program.process.stdin?.end('gone\n');
    await program.prints(/the hub stays open/, 'stderr');
    await connected(ringcast('tail', `${url}/log`));
    program.process.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
  });

  test('--channel allows only what it names, and the channel of --stdin', async () => {
    const { url } = await hub('--stdin', 'log', '--channel', 'news', '--channel', 'sport');
    await Promise.all(
      ['log', 'news', 'sport'].map((channel) => connected(ringcast('tail', `${url}/${channel}`))),
    );
    const { code, stderr } = await ringcast('tail', `${url}/other`).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('answered 404: no such channel\nCheck the channel');
  });

  test('--max-connections refuses one more', async () => {
    const { url } = await hub('--max-connections', '1');
    await connected(ringcast('tail', `${url}/log`));
    const { code, stderr } = await ringcast('tail', `${url}/log`).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('answered 503: too many connections\n');
  });

  test('--max-descriptors leaves room for fewer connections', async () => {
    const { program, url } = await hub('--max-descriptors', '60');
    await program.prints(/notice room for \d+ connections: 60 descriptors by maxDescriptors - /, 'stderr');
    await connected(ringcast('tail', `${url}/log`));
    const high = await hub('--max-connections', '2000000000');
    await high.program.prints(
      /warn maxConnections is 2000000000, but there is room for \d+ connections/,
      'stderr',
    );
  });

  test('--quiet says nothing while all is well', async () => {
    const { program } = await hub('--stdin', 'log', '--quiet');
    program.process.stdin?.end('line\n');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('--log-level says more on standard error, or nothing', async () => {
    const { program, url } = await hub('--log-level', 'info');
    await connected(ringcast('tail', `${url}/log`));
    await program.prints(/ info service, connection 1: opened by 127\.0\.0\.1 on channel "log"\n/, 'stderr');
    program.process.kill('SIGINT');
    expect((await program.ended).stderr).toMatch(/ info service: closed\n$/);
    const { program: silent } = await hub('--log-level', 'none');
    silent.process.kill('SIGINT');
    expect((await silent.ended).stderr).toMatch(/^Listening on [^\n]*\nSIGINT: closing[^\n]*\n$/);
  });

  test('serves on when nobody reads what it says', async () => {
    const { program, url } = await hub('--stdin', 'log', '--wait-peers', '1');
    program.process.stdout?.destroy();
    program.process.stderr?.destroy();
    const exited = once(program.process, 'exit'); // which may come before the end of `tail`
    const tail = ringcast('tail', `${url}/log`);
    program.process.stdin?.end('line\n');
    expect(await tail.ended).toMatchObject({ code: 0, stdout: 'line\n' });
    expect((await exited)[0]).toBe(0);
  });
});

describe('ringcast tail', () => {
  let server: Server;
  let url: string;
  let peer: Promise<WebSocket>;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/log`;
    const sockets = new WebSocketServer({ server });
    peer = once(sockets, 'connection').then(([socket]) => socket);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('prints binary messages as a note, or with --json in base64', async () => {
    const tail = ringcast('tail', url, '-n', '2');
    const socket = await peer;
    socket.send(Buffer.from([0, 1, 0xfe]));
    socket.send(Buffer.alloc(40, 0xab));
    expect(await tail.ended).toMatchObject({
      code: 0,
      stdout: `<binary, 3 bytes: 00 01 fe> (all of it with --json)\n<binary, 40 bytes: ${Array(32).fill('ab').join(' ')} …> (all of it with --json)\n`,
    });
  });

  test('--json gives bytes in base64', async () => {
    const tail = ringcast('tail', url, '--json', '--count', '1');
    (await peer).send(Buffer.from([0, 1, 0xfe]));
    const { code, stdout } = await tail.ended;
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toEqual([{ time: expect.any(String), base64: 'AAH+' }]);
  });

  test.each([
    [1000, 'bye', 0, 'The server closed the connection: 1000 (bye).'],
    [1001, '', 0, 'The server closed the connection: 1001.'],
    [1013, 'too slow', 1, 'ringcast: The connection was lost: 1013 (too slow).'],
  ])('a close with %d %s ends it with %d', async (closeCode, reason, expected, message) => {
    const tail = ringcast('tail', url);
    (await peer).close(closeCode, reason);
    const { code, stderr } = await tail.ended;
    expect(code).toBe(expected);
    expect(stderr).toContain(message);
  });

  test('a connection that breaks ends it with 1', async () => {
    const tail = await connected(ringcast('tail', url));
    (await peer).terminate();
    const { code, stderr } = await tail.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('The connection was lost: 1006');
  });

  test('--count fails if the server closes before', async () => {
    const tail = ringcast('tail', url, '--count', '2');
    const socket = await peer;
    socket.send('one');
    socket.close(1000);
    const { code, stdout, stderr } = await tail.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'one\n' });
    expect(stderr).toContain('after 1 of 2 messages');
  });

  test('--timeout ends it: with 0, but with 1 if --count messages have not come', async () => {
    expect(await ringcast('tail', url, '--timeout', '0.5').ended).toMatchObject({ code: 0 });
    const { code, stderr } = await ringcast('tail', url, '--timeout', '0.5', '--count', '1').ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Only 0 of 1 messages came in 0.5 s.');
  });

  test('--timeout holds for the handshake too', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { code, stderr } = await ringcast('tail', `ws://127.0.0.1:${port}`, '--timeout', '0.5').ended;
    silent.close();
    expect(code).toBe(1);
    expect(stderr).toContain('No answer from');
  });

  test('says that nobody listens', async () => {
    const { code, stderr } = await ringcast('tail', 'ws://127.0.0.1:1/log').ended;
    expect(code).toBe(1);
    expect(stderr).toBe(
      'ringcast: Cannot read from ws://127.0.0.1:1/log: nobody listens there.\nStart a hub with ringcast run, or check host and port.\n',
    );
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends it with %d and closes with 1000', async (signal, expected) => {
    const tail = await connected(ringcast('tail', url));
    const closed = once(await peer, 'close');
    tail.process.kill(signal);
    expect((await tail.ended).code).toBe(expected);
    expect((await closed)[0]).toBe(1000);
  });

  test('ends quietly when its reader has gone', async () => {
    const tail = await connected(ringcast('tail', url));
    const socket = await peer;
    tail.process.stdout?.destroy();
    const timer = setInterval(() => socket.send('line'), 10);
    const [code] = await once(tail.process, 'exit');
    clearInterval(timer);
    expect(code).toBe(0);
    expect(tail.stderr).toMatch(/^Connected [^\n]*\n$/);
  });
});

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A peer that shakes hands and then neither reads nor answers. */
async function mutePeer(url: string) {
  const { hostname, port } = new URL(url);
  const upgrade = request({
    hostname,
    port,
    path: '/mute',
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
    },
  });
  upgrade.end();
  const [, socket] = await once(upgrade, 'upgrade');
  socket.pause();
  return socket;
}
