/** The commands `ringcast bench` and `find` as they are built, in processes of their own; short runs. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { endAll, until, whenOver } from '../support/hubs';
import { inQuiet } from '../support/in-quiet';
import { Program, RINGCAST } from '../support/program';
import { removeFolders, temporaryFolder } from '../support/temporary';

afterEach(async () => {
  await endAll();
  removeFolders();
});

/** Nobody's settings. */
const ENVIRONMENT = { XDG_CONFIG_HOME: '/nowhere' };

function ringcast(args: string[], environment: NodeJS.ProcessEnv = {}): Program {
  const program = new Program(RINGCAST, args, { ...ENVIRONMENT, ...environment });
  whenOver(async () => {
    program.process.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

/** A server that gives each message to every connection, and may do something else with it first. */
async function broadcaster(
  pass: (message: Buffer, send: (message: Buffer) => void) => void = (m, send) => send(m),
): Promise<{ url: string; sockets: Set<WebSocket> }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  whenOver(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (message: Buffer) => {
      pass(message, (passed) => {
        for (const other of server.clients) other.send(passed, { binary: true });
      });
    });
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets: server.clients };
}

/** Echoes through a queue that lets `perSecond` messages pass: what is more has to wait, ever longer. */
async function bottleneck(perSecond: number): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  whenOver(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  let free = 0;
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (message: Buffer) => {
      const now = performance.now();
      free = Math.max(now, free) + 1000 / perSecond;
      setTimeout(() => socket.send(message, { binary: true }), free - now);
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const SHORT = ['-c', '3', '-r', '50', '-d', '500ms', '--warmup', '100ms', '--settle', '0'];
const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('wrong usage starts nothing, and says what is right', () => {
  test.each([
    ['bench --clints 3', "unknown option '--clints'", '(Did you mean --clients?)'],
    ['bench -c x -d y -r z', '3 faults:', '--duration is "y"'],
    ['bench -o result.pdf', '--output: the name of', '.json'],
    ['bench --github', '--github needs the variable GITHUB_STEP_SUMMARY', '-o summary.md'],
    ['find', '2 faults:', '--limit must say what is to hold'],
    ['find --max rate --limit lost==0 --repeat 2', "unknown option '--repeat'", 'See ringcast find --help.'],
    ['find --max rate --limit lost==0 --from 5 --to 2', '--to must be from 5 (--from)', 'and is 2'],
  ])('ringcast %s', async (line, message, remedy) => {
    const { code, stdout, stderr } = await ringcast(line.split(' '), { GITHUB_STEP_SUMMARY: '' }).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ringcast: /);
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('exit codes', () => {
  /** What is not of interest here: whether this machine is too busy to be exact. */
  const JUST = [...SHORT, '-q'];

  test('0 or 3: a good run prints its result, and writes it in all formats that were asked for', async () => {
    const { url } = await broadcaster();
    const [json, html] = ['r.json', 'r.html'].map((name) => path.join(temporaryFolder(), name)) as [
      string,
      string,
    ];
    const { code, stdout, stderr } = await ringcast(['bench', url, ...JUST, '-o', json, '-o', html]).ended;
    const result = JSON.parse(readFileSync(json, 'utf8'));
    expect({ code, stderr }).toEqual({ code: result.verdict.valid ? 0 : 3, stderr: '' });
    expect(stdout).toMatch(/^broadcast {2}ws:[\s\S]*response [\s\S]*\nverdict /);
    expect(result).toMatchObject({
      schema: 'ringcast-bench/1',
      reconciliation: { lost: 0, received: result.reconciliation.expected },
    });
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('1: a threshold failed; 3: where the generator was the limit', async () => {
    const { url } = await broadcaster();
    const { code, stdout } = await ringcast(['bench', url, ...JUST, '--threshold', 'received < 1']).ended;
    expect(code).toBe(/not valid/.test(stdout) ? 3 : 1);
    expect(stdout).toContain('received < 1');
  });

  test('4: nobody is there', async () => {
    const { code, stdout } = await ringcast(['bench', 'ws://127.0.0.1:1', ...JUST, '--connect-attempts', '1'])
      .ended;
    expect(code).toBe(4);
    expect(stdout).toContain('ECONNREFUSED');
  });

  test('4: a command that ends before it listens', async () => {
    const { code, stderr } = await ringcast([
      'bench',
      'ws://127.0.0.1:1',
      ...JUST,
      '--on-port',
      '--',
      'false',
    ]).ended;
    expect(code).toBe(4);
    expect(stderr).toContain("The command 'false' ended with code 1");
  });

  test('5: messages are lost', async () => {
    let count = 0;
    const { url } = await broadcaster((message, send) => {
      if (++count % 10 !== 0) send(message);
    });
    const { code, stdout } = await ringcast(['bench', url, ...JUST, '--drain-timeout', '200ms']).ended;
    expect(code).toBe(5);
    expect(stdout).toMatch(/lost [1-9]/);
  });
});

describe('signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the run, with what was measured until then: %d', async (signal, code) => {
    const { url, sockets } = await broadcaster();
    const file = path.join(temporaryFolder(), 'r.json');
    const program = ringcast([
      'bench',
      url,
      '-c',
      '3',
      '-r',
      '50',
      '-d',
      '60s',
      '--warmup',
      '100ms',
      '-o',
      file,
    ]);
    await program.prints(/measure .*published/, 'stderr');
    program.process.kill(signal);
    const ended = await program.ended;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain('Ending, with what was measured until now. Ctrl-C again ends at once.');
    expect(ended.stdout).toContain('interrupted');
    expect(JSON.parse(readFileSync(file, 'utf8')).run.ended).toBe('interrupted');
    await until(() => sockets.size === 0, 'every connection is closed');
  });

  test('a second one ends at once, and leaves neither the hub nor its clients', async () => {
    const program = ringcast([
      'bench',
      '-c',
      '3',
      '-r',
      '50',
      '-d',
      '60s',
      '--json',
      '--drain-timeout',
      '60s',
    ]);
    await program.prints(/"event":"second"/, 'stdout');
    const children = readFileSync(`/proc/${program.process.pid}/task/${program.process.pid}/children`, 'utf8')
      .trim()
      .split(' ');
    program.process.kill('SIGINT');
    program.process.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    expect(children.length).toBeGreaterThan(0);
    await until(() => children.every((pid) => !existsSync(`/proc/${pid}`)), 'its children have ended');
  });
});

test('--json: each event is a line, and the result the last one', async () => {
  const { url } = await broadcaster();
  const { stdout, stderr } = await ringcast(['bench', url, ...SHORT, '--json']).ended;
  const events = jsonLines(stdout);
  expect(stderr).toBe('');
  expect(events[0]).toMatchObject({ event: 'run', clients: 3, mode: 'broadcast' });
  expect(events.filter(({ event }) => event === 'phase').map(({ name }) => name)).toEqual([
    'prepare',
    'connect',
    'settle',
    'warm-up',
    'measure',
    'drain',
    'finish',
  ]);
  expect(events.at(-1)).toMatchObject({ event: 'result', result: { schema: 'ringcast-bench/1' } });
});

test('targets are run in turn and shown side by side, each with a file of its own', async () => {
  const folder = temporaryFolder();
  const { stdout } = await ringcast([
    'bench',
    '--target',
    'ws-loop,ringcast',
    ...SHORT,
    '-q',
    '-o',
    path.join(folder, 'r.json'),
  ]).ended;
  expect(stdout).toMatch(/^ +ws-loop +ringcast\n[\s\S]*^response\.p50 +[\d.]+ ms +[\d.]+ ms$/m);
  for (const name of ['ws-loop', 'ringcast']) {
    expect(JSON.parse(readFileSync(path.join(folder, `r.${name}.json`), 'utf8')).target.name).toContain(name);
  }
});

test('scenarios of a file are run in turn; --on-port starts the server under test', async () => {
  const folder = temporaryFolder();
  const server = path.join(folder, 'server.cjs');
  const port = await freePort();
  writeFileSync(
    server,
    `const { WebSocketServer } = require(${JSON.stringify(require.resolve('ws'))});
new WebSocketServer({ port: ${port}, host: '127.0.0.1' }).on('connection', (socket) => socket.on('error', () => {}).on('message', (data) => socket.send(data)));`,
  );
  const config = path.join(folder, 'bench.yaml');
  writeFileSync(
    config,
    `url: ws://127.0.0.1:${port}\ncommand: [${process.execPath}, ${server}]\nmode: echo\nduration: 300ms\nwarmup: 0s\nscenarios:\n  one: { clients: 1 }\n  two: { clients: 2 }\n`,
  );
  const { stdout } = await ringcast(['bench', '--config', config, '-r', '50', '--json']).ended;
  const results = jsonLines(stdout).filter(({ event }) => event === 'result');
  expect(results.map(({ result }) => [result.run.name, result.config.clients, result.target.kind])).toEqual([
    ['one', 1, 'command'],
    ['two', 2, 'command'],
  ]);
});

test('a secret in the command line is warned of', async () => {
  const { url } = await broadcaster();
  const { stdout, stderr } = await ringcast(['bench', url, ...SHORT, '-q', '-H', 'Authorization: Bearer abc'])
    .ended;
  expect(stderr).toContain('warning: others can see Authorization in the list of processes');
  expect(stdout + stderr).not.toContain('abc');
});

test(
  'find comes near the rate that a server can take',
  () =>
    inQuiet(async () => {
      const url = await bottleneck(400);
      const program = ringcast([
        'find',
        url,
        '--mode',
        'echo',
        '--max',
        'rate',
        '--limit',
        'response.p50 < 100ms',
        '-c',
        '3',
        '--from',
        '200',
        '-d',
        '500ms',
        '--warmup',
        '0',
        '--precision',
        '50%',
        '--json',
      ]);
      const { stdout } = await program.ended;
      const events = jsonLines(stdout);
      const found = events.at(-1);
      expect(found).toMatchObject({ event: 'found', max: 'rate' });
      // What is more than 400 a second waits: in the middle of the run for 100 ms, from 560 a second on.
      expect(found.value).toBeGreaterThanOrEqual(200);
      expect(found.value).toBeLessThan(700);
      expect(
        events
          .filter(({ event }) => event === 'trial')
          .map(({ value }) => value)
          .slice(0, 2),
      ).toEqual([200, 400]);
    }),
  120_000,
);

async function freePort(): Promise<number> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
