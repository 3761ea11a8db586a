import { readFileSync } from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { endAll, whenOver } from '../support/hubs';
import { testOnLinux } from '../support/platform';
import { Program, RINGCAST, ROOT } from '../support/program';
import { removeFolders, temporaryFolder } from '../support/temporary';
import { WsPeer } from '../support/ws-peer';

const run = (name: string) => new Program(path.join(ROOT, 'examples', name));
const lines = (text: string) => text.trimEnd().split('\n');

/** All that a hub says at its start, unless something is wrong. */
const CAPACITY_NOTICE = expect.stringMatching(/^\S+ notice room for \d+ connections: [^\n]+\n$/);
afterEach(async () => {
  await endAll();
  removeFolders();
});

describe('examples', () => {
  test('hub-and-worker posts a tick a second and ends on Ctrl-C', async () => {
    const program = run('hub-and-worker.mjs');
    const [, url] = await program.prints(/npx ringcast tail (\S+)\n/, 'stdout');
    const peer = new WebSocket(url);
    const ticks: string[] = [];
    await new Promise<void>((resolve) =>
      peer.on('message', (data) => {
        if (ticks.push(String(data)) === 2) resolve();
      }),
    );
    for (const tick of ticks) expect(tick).toMatch(/^It is \d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const closed = new Promise((resolve) => peer.once('close', resolve));
    program.process.kill('SIGINT');
    expect(await closed).toBe(1001);
    expect(await program.ended).toMatchObject({ code: 0, stderr: CAPACITY_NOTICE });
  });

  test('authorize lets in whom its tokens name, for as long as they say', async () => {
    expect(await run('authorize.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `ann: open
ann is in, on orders
forged: 401
late: 401
elsewhere: 403
nobody: 401
renewed: true
closed with 4401: expired
unauthorized: 3, forbidden: 1
`,
    });
  });

  test('plain-worker loses none of its lines', async () => {
    const { code, stdout, stderr } = await run('plain-worker.cjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    expect(stdout).toMatch(
      /^the worker posted 10000 lines; \d+ times the ring was full and it waited\nthe peer received 10000\n$/,
    );
  });

  test('producer-pool posts from both pools', async () => {
    expect(await run('producer-pool.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `the hub's pool posted 168 + 135 + 127 + 120 primes
your own pool posted 119 primes
the peer received 669
`,
    });
  });

  test('ticker-conflate shows the newest prices to a peer that was behind', async () => {
    expect(await run('ticker-conflate.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `the quick peer got all of them: true
the other one got the newest price of each symbol: true
it was told what it missed: true
together that is all: true
`,
    });
  });

  test('es-module tells what became of the message', async () => {
    const { code, stdout, stderr } = await run('es-module.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    expect(lines(stdout).sort()).toEqual([
      'addressed to 3 peers, in the socket of 3',
      'peer 1 received {"order":1,"item":"tea"}',
      'peer 2 received {"order":1,"item":"tea"}',
      'peer 3 received {"order":1,"item":"tea"}',
    ]);
  });

  test('other-process has everything at the hub before it ends', async () => {
    expect(await run('other-process.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `the last one went to 1 peer
the hub has 10001, lost are 0
the peer received 10001
`,
    });
  });

  test('handler subscribes the peer to the rooms that it names', async () => {
    expect(await run('handler.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `on connecting: welcome, you are connection 1
join tea: you are in tea
join gin: cannot join gin
posts to both rooms: the tea is ready
leave tea: you left tea
connection 1 ended with 1001, it had joined 1 room
`,
    });
  });

  testOnLinux('daemon goes on when its caller has ended, and ticks until it is stopped', async () => {
    const folder = temporaryFolder();
    const lock = path.join(folder, 'x.pid');
    const { code, stderr } = await new Program(path.join(ROOT, 'examples/daemon.mjs'), [lock]).ended;
    whenOver(() => new Program(RINGCAST, ['stop', '--lock', lock, '--force']).ended);
    expect(code).toBe(0);
    const [, url] = /^Ticking at (\S+)\n$/m.exec(stderr) ?? [];
    const peer = await WsPeer.open(url);
    expect(String((await peer.received(1))[0].data)).toMatch(/^It is \d{4}-/);
    const reloaded = await new Program(RINGCAST, ['reload', '--lock', lock]).ended;
    expect(reloaded.stderr).toBe('reloaded, changed: everyMs.\n');
    expect((await new Program(RINGCAST, ['stop', '--lock', lock]).ended).code).toBe(0);
    expect(await peer.closed).toMatchObject({ code: 1001 });
    expect(readFileSync(path.join(folder, 'x.log'), 'utf8')).toContain(
      'From here on only the log hears of it.\n',
    );
  });

  test('fraggle gets every message right, in random fragments both ways', async () => {
    const { code, stdout, stderr } = await run('fraggle.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    expect(stdout).toMatch(
      /^the peer sent 25 messages in \d+ fragments\nthe hub took 25, 25 with the right checksum; \d+ pieces came inside a frame\nthe peer took 25 answers, 25 with the right checksum\n$/,
    );
  });

  test('chat tells everybody what one peer says', async () => {
    const { code, stdout, stderr } = await run('chat.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    const heardBy = (name: string) => lines(stdout).filter((line) => line.startsWith(name));
    expect(heardBy('first')).toEqual([
      'first hears "1 came"',
      'first hears "2 came"',
      'first hears "2: hello"',
      'first hears "2 left"',
    ]);
    expect(heardBy('second')).toEqual(['second hears "2 came"', 'second hears "2: hello"']);
  });

  test('capacity refuses whom it has no room for, and takes peers again when others have left', async () => {
    const { code, stdout, stderr } = await run('capacity.mjs').ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^\S+ notice room for .+\n\S+ warn service: refused a peer with 503: .+\n$/,
      ),
    });
    const [, ...numbers] =
      /^room for (\d+) of 100 peers\n(\d+) are open, (\d+) were told to come again in 1 s \(503\)\nthey left, and the next peer is open\n$/.exec(
        stdout,
      )!;
    const [room, open, refused] = numbers.map(Number);
    expect(open).toBeLessThanOrEqual(room);
    expect(open + refused).toBe(100);
  });

  test('logging shows the lines of all threads in order, and counts repeated ones', async () => {
    const { code, stdout, stderr } = await run('logging.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const away = Array.from({ length: 10 }, () => 'warn · producer 2 · the feed is away');
    expect(lines(stdout.replace(/127\.0\.0\.1:\d+/, 'ADDRESS'))).toEqual([
      'notice · main · notice is on by default',
      'info · service · listening on ADDRESS',
      expect.stringMatching(/^notice · main · room for \d+ connections: /),
      'notice · producer 2 · posted',
      ...away,
      'warn · producer 2 · … 1,203 similar: the feed is away',
      'info · service · connection 1 · opened by 127.0.0.1 on channel "news"',
      'info · service · connection 1 · closed with 1000: line\\nbreaks are\\x1b[31m escaped',
      'info · service · closed',
    ]);
  });

  test('logging-pino gives every line to pino', async () => {
    const { code, stdout, stderr } = await run('logging-pino.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const records = lines(stdout).map((line) => JSON.parse(line));
    expect(records).toHaveLength(6);
    expect(records[0]).toMatchObject({ level: 30, thread: 'service', time: expect.any(Number) });
    expect(records.find(({ level }) => level === 40)).toMatchObject({
      thread: 'main',
      connection: 1,
      msg: 'the application may use the same log',
    });
    expect(records.map(({ msg }) => msg)).toContain('opened by 127.0.0.1 on channel "news"');
  });

  test('logging-syslog hands its lines over', async () => {
    const { code, stdout, stderr } = await run('logging-syslog.mjs').ended;
    expect(code).toBe(0);
    expect(stdout).toBe('by standard error: {"sent":3,"dropped":0,"waiting":0}\n');
    expect(stderr).toMatch(
      /^<6>service: listening on 127\.0\.0\.1:\d+\n<5>room for [^\n]+\n<6>service: closed\n$/,
    );
  });

  test('attach-express serves peers and requests over one server', async () => {
    expect(await run('attach-express.mjs').ended).toMatchObject({
      code: 0,
      stderr: CAPACITY_NOTICE,
      stdout: `the application answers {"answer":"posted"}
the peer hears "two teas"
the server listens still: true
`,
    });
  });

  test('attach-fastify handles peers by an ES module, and closes with the application', async () => {
    const { code, stdout, stderr } = await run('attach-fastify.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    expect(lines(stdout).slice(0, 4)).toEqual([
      'on connecting: welcome, you are connection 1',
      'join tea: you are in tea',
      'posts to the room: the tea is ready',
      'the application says {"peers":1}',
    ]);
    // Both ends of the same connection, in whichever order they learn of it.
    expect(lines(stdout).slice(4).sort()).toEqual([
      'connection 1 ended with 1001, it had joined 1 room',
      'the peer was closed with 1001',
    ]);
  });

  test('game-loop turns the hub within its ticks', async () => {
    const { code, stdout, stderr } = await run('game-loop.mjs').ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: CAPACITY_NOTICE });
    expect(stdout).toMatch(
      /^both players see \[\[1,7\],\[2,-2\]\]\nclosed after \d+ ticks, the longest took [\d.]+ ms\n$/,
    );
  });
});
