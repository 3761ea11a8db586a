/** Servers written by others, loaded as a user would: what went out came back, exactly, and nothing else did. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { Server } from 'socket.io';
import type { LoadOptions, LoadResult } from '../../src/main/load';
import { endAll, until, whenOver } from '../support/hubs';
import { describeOnLinux } from '../support/platform';
import { removeFolders, temporaryFolder } from '../support/temporary';

/** From the build, whose threads start at once. */
const BUILD = path.join(__dirname, '../../dist/main/load');
const { loadTest } = require(BUILD) as typeof import('../../src/main/load');

/** In a process of its own: jest's has no `import()`, which an ES module needs. */
async function loadTestElsewhere(options: LoadOptions): Promise<LoadResult> {
  const program = `require(${JSON.stringify(BUILD)}).loadTest(${JSON.stringify(options)})
    .then((result) => process.stdout.write(JSON.stringify(result)))`;
  const limits = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], limits);
  return JSON.parse(stdout);
}

afterEach(async () => {
  await endAll();
  removeFolders();
});

const SHORT: LoadOptions = {
  clients: 20,
  ratePerSecond: 100,
  durationMs: 1_000,
  warmupMs: 200,
  settleMs: 50,
  workers: 1,
};

/** The run came to its end, and every message that was published came to everybody, whole, once and in order. */
function expectWhole(
  { run, totals, reconciliation, errors, latency }: LoadResult,
  subscribers: number,
): void {
  expect(errors).toEqual([]);
  expect(run.ended).toBe('complete');
  expect(totals.published).toBeGreaterThan(50);
  const { expected, received, lost, duplicated, reordered, corrupt, addsUp } = reconciliation;
  expect({ expected, lost, duplicated, reordered, corrupt, addsUp }).toEqual({
    expected: totals.published * subscribers,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupt: 0,
    addsUp: true,
  });
  expect(received).toBe(expected);
  expect(latency.response.count).toBeGreaterThan(0);
}

async function start(file: string, args: string[]): Promise<ChildProcess & { said: () => string }> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  whenOver(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return Object.assign(child, { said: () => said });
}

/** For programs that cannot choose one themselves. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describeOnLinux("Python's websockets", () => {
  async function python(mode: string): Promise<string> {
    const program = path.join(__dirname, 'programs/websockets-server.py');
    const server = await start('/usr/bin/python3', [program, mode]);
    await until(() => /^\d+\s/.test(server.said()) || server.exitCode !== null, 'it listens');
    return `ws://127.0.0.1:${Number.parseInt(server.said(), 10)}/`;
  }

  test('echoes, by clients of either kind', async () => {
    const url = await python('echo');
    for (const client of ['sink', 'ws'] as const)
      expectWhole(await loadTest({ ...SHORT, url, mode: 'echo', client }), 1);
  });

  test('echoes what a module of the user has wrapped, which is an ES module', async () => {
    const url = await python('echo');
    const adapter = path.join(temporaryFolder(), 'brackets.mjs');
    writeFileSync(
      adapter,
      `export default {
        name: 'brackets',
        open: () => [{ data: 'hello' }],
        wrap: (payload) => [{ data: '<' + Buffer.from(payload) + '>' }],
        message: (bytes) => bytes[0] === 60 ? { payload: bytes.subarray(1, -1) } : { control: true, ready: true },
      };`,
    );
    expectWhole(
      await loadTestElsewhere({ ...SHORT, url, mode: 'echo', adapter, payload: { text: true } }),
      1,
    );
  });

  test('broadcasts, with compression too', async () => {
    const url = await python('broadcast');
    expectWhole(await loadTest({ ...SHORT, url }), 20);
    const compressed = { client: 'ws', compression: true, payload: { text: true } } as const;
    expectWhole(await loadTest({ ...SHORT, ...compressed, url }), 20);
  });
});

describeOnLinux("libwebsockets' own test server", () => {
  async function libwebsockets(): Promise<string> {
    const port = await freePort();
    const server = await start('libwebsockets-test-server', [`--port=${port}`]);
    await until(async () => server.exitCode !== null || (await answers(port)), 'it listens');
    return `ws://127.0.0.1:${port}/`;
  }

  test('mirrors what each client sends to all of them', async () => {
    const url = await libwebsockets();
    const subprotocols = ['lws-mirror-protocol'];
    const result = await loadTest({ ...SHORT, url, subprotocols, ratePerSecond: 50 });
    expectWhole(result, 20);
  });

  test('sends numbers by itself, which are messages without a stamp', async () => {
    const url = await libwebsockets();
    const subprotocols = ['dumb-increment-protocol'];
    const result = await loadTest({ ...SHORT, url, subprotocols, mode: 'idle', ratePerSecond: 0 });
    expect(result.errors).toEqual([]);
    expect(result.totals.opened).toBe(20);
    expect(result.totals.foreign).toBeGreaterThan(20);
  });
});

describeOnLinux('nchan', () => {
  test('gives to its subscribers what publishers send by another address', async () => {
    const [port, folder] = [await freePort(), temporaryFolder()];
    for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(path.join(folder, name));
    writeFileSync(
      path.join(folder, 'nginx.conf'),
      `load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
       daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
       events { worker_connections 512; }
       http {
         access_log off;
         client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
         fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
         server {
           listen 127.0.0.1:${port};
           location = /sub { nchan_subscriber websocket; nchan_channel_id bench; nchan_subscriber_first_message newest; }
           location = /pub { nchan_publisher websocket; nchan_channel_id bench; nchan_message_buffer_length 10000; }
         }
       }`,
    );
    const server = await start('/usr/sbin/nginx', ['-c', path.join(folder, 'nginx.conf'), '-p', folder]);
    await until(async () => server.exitCode !== null || (await answers(port)), 'it listens');
    const result = await loadTest({
      ...SHORT,
      url: `ws://127.0.0.1:${port}/sub`,
      publishUrl: `ws://127.0.0.1:${port}/pub`,
      ratePerSecond: 50,
      payload: { text: true },
    });
    expectWhole(result, 20);
  });
});

describe('Socket.IO', () => {
  test('gives everybody what one emits, in texts and in bytes', async () => {
    const http = createServer();
    const io = new Server(http, { transports: ['websocket'] });
    whenOver(() => io.close());
    io.on('connection', (socket) => socket.on('message', (data) => io.emit('message', data)));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    for (const text of [true, false])
      expectWhole(await loadTest({ ...SHORT, url, adapter: 'socket.io', payload: { text } }), 20);
  });
});
