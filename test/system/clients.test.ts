/** Clients that others wrote, against `ringcast serve --target echo`, in both ways to receive. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { endAll, whenOver } from '../support/hubs';
import { describeOnLinux } from '../support/platform';
import { Program, RINGCAST } from '../support/program';
import { WsPeer } from '../support/ws-peer';

const run = promisify(execFile);
const PROGRAMS = path.join(__dirname, 'programs');
const LIMITS = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
/** What libwebsockets' client logs of a data frame that it took whole: of its own messages, which came back. */
const ECHOED = /lws_ws_client_rx_sm: bulk ws rx: inp used \d+, output \d+/;

let base: string;
beforeAll(async () => {
  const program = new Program(RINGCAST, ['serve', '--target', 'echo', '--json', '--quiet']);
  whenOver(async () => {
    program.process.kill('SIGKILL');
    await program.ended;
  });
  const [line] = await program.prints(/^.*\n/, 'stdout');
  base = JSON.parse(line).url.replace(/\/bench$/, '');
});
afterAll(endAll);

/** What a client's program printed. */
async function toldBy(command: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run(command, args, LIMITS);
  return JSON.parse(stdout);
}

describeOnLinux('clients of others', () => {
  describe.each(['bench', 'fragments'])('on the channel %s', (channel) => {
    it('python3-websockets', async () => {
      const told = await toldBy(
        '/usr/bin/python3',
        path.join(PROGRAMS, 'echo_websockets.py'),
        `${base}/${channel}`,
      );
      expect(told).toEqual({
        text: true,
        binary: true,
        large: true,
        fragmented: true,
        pong: true,
        close: 4001,
      });
    });

    it("Autobahn's client, which is wrong on purpose, too", async () => {
      const told = await toldBy(
        '/usr/bin/python3',
        path.join(PROGRAMS, 'echo_autobahn.py'),
        `${base}/${channel}`,
      );
      expect(told).toEqual({
        ...{ text: true, fragmented: true, pong: true, close: 4001 },
        ...{ opcode: 1002, reserved: 1002, continuation: 1002, utf8: 1007 },
      });
    });

    it("Java's WebSocket", async () => {
      const told = await toldBy('java', path.join(PROGRAMS, 'Echo.java'), `${base}/${channel}`);
      expect(told).toEqual({
        text: true,
        binary: true,
        fragmented: true,
        pong: true,
        last: true,
        close: 4001,
      });
    });

    it('ws, with its compression offered', async () => {
      const peer = await WsPeer.open(`${base}/${channel}`, [], { perMessageDeflate: true });
      peer.ws.send('κόσμε');
      peer.ws.send(Buffer.alloc(2 ** 20, 1));
      peer.ws.send('frag', { fin: false });
      peer.ws.send('ment');
      peer.ws.close(4_001, 'bye');
      expect(await peer.closed).toEqual({ code: 4_001, reason: 'bye' });
      expect([peer.texts[0], peer.seen[1].data.length, peer.texts[2]]).toEqual([
        'κόσμε',
        2 ** 20,
        'fragment',
      ]);
    });
  });

  it('Chromium', async () => {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const told = await page.evaluate(talkTo, `${base}/bench`);
      expect(told).toEqual({ came: ['κόσμε', 1_048_576, 'last'], code: 4_001, reason: 'bye', clean: true });
    } finally {
      await browser.close();
    }
  });

  it("libwebsockets' test client", async () => {
    const { port } = new URL(base.replace('ws:', 'http:'));
    const client = run('libwebsockets-test-client', ['127.0.0.1', '--port', port, '-d', '1023'], LIMITS);
    client.child.stderr?.on('data', (text: string) => {
      if (ECHOED.test(text)) client.child.kill('SIGINT');
    });
    const { stderr } = await client.catch((error: { stderr: string }) => error);
    expect(stderr).toMatch(ECHOED);
  });
});

/** In the page. */
function talkTo(url: string): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    const came: unknown[] = [];
    socket.onopen = () => {
      socket.send('κόσμε');
      socket.send(new Uint8Array(1_048_576));
      socket.send('last');
    };
    socket.onmessage = ({ data }) => {
      came.push(typeof data === 'string' ? data : data.byteLength);
      if (data === 'last') socket.close(4_001, 'bye'); // a page is told of nothing behind its own close
    };
    socket.onclose = ({ code, reason, wasClean: clean }) => resolve({ came, code, reason, clean });
  });
}
