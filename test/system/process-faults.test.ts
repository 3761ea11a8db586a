/** What may happen to a process: clocks that jump, logs that go nowhere, certificates that are exchanged under load. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DaemonFolder, endDaemons, lives } from '../support/daemons';
import { FAKETIME } from '../support/faketime';
import { endAll, until } from '../support/hubs';
import { testWithFaketime } from '../support/platform';
import { type Program, RINGCAST } from '../support/program';
import { WsPeer } from '../support/ws-peer';

const ECHO = path.join(__dirname, 'programs/echo-handler.cjs');

afterEach(async () => {
  await endAll();
  await endDaemons();
});

async function run(folder: DaemonFolder, settings: object, environment: NodeJS.ProcessEnv = {}) {
  writeFileSync(folder.file('x.json'), JSON.stringify(settings));
  const args = ['run', '--port', '0', '--json', '--lock', 'x.pid', '--config', 'x.json', '--no-socket'];
  const program: Program = folder.program(RINGCAST, args, environment);
  const [line] = await program.prints(/.*\n/, 'stdout');
  return { program, url: JSON.parse(line).url as string };
}

/** How often a peer has been pinged so far. */
function pingsOf(peer: WsPeer): { count: number } {
  const pings = { count: 0 };
  peer.ws.on('ping', () => pings.count++);
  return pings;
}

describe('a clock that jumps', () => {
  testWithFaketime('by an hour to and fro disconnects nobody, and pings go on at their pace', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('clock'), '+0');
    const { program, url } = await run(
      folder,
      { pingIntervalMs: 200, pongTimeoutMs: 5_000, log: { levels: 'info' } },
      {
        LD_PRELOAD: FAKETIME,
        FAKETIME_TIMESTAMP_FILE: folder.file('clock'),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    );
    const peer = await WsPeer.open(url);
    const pings = pingsOf(peer);
    const hours = () => program.stderr.split('\n').map((line) => Date.parse(line.slice(0, 24)) / 3_600_000);
    for (const clock of ['+3600', '-3600', '+0']) {
      writeFileSync(folder.file('clock'), clock);
      const before = pings.count;
      await until(() => pings.count >= before + 3, `pings after the clock went to ${clock} s`);
      // That the process sees the other clock is shown by its log.
      const here = Date.now() / 3_600_000 + Number(clock) / 3_600;
      (await WsPeer.open(url)).ws.close();
      await until(
        () => hours().some((hour) => Math.abs(hour - here) < 0.2),
        `a line of the log at ${clock} s`,
      );
    }
    expect(peer.ws.readyState).toBe(peer.ws.OPEN);
    expect((await folder.status()).connections).toBe(1);
  });
});

describe('a log that goes nowhere', () => {
  test('stops no message: a full disk', async () => {
    const folder = new DaemonFolder();
    const settings = { log: { file: '/dev/full', levels: 'debug' }, channels: { echo: { handler: ECHO } } };
    const { url } = await run(folder, settings);
    await expectsEcho(url);
  });

  test('stops no message: readers that are gone', async () => {
    const folder = new DaemonFolder();
    const { program, url } = await run(folder, {
      log: { levels: 'debug' },
      channels: { echo: { handler: ECHO } },
    });
    program.process.stdout?.destroy();
    program.process.stderr?.destroy();
    await expectsEcho(url);
    expect(lives(program.process.pid as number)).toBe(true);
  });

  test('has one line for what a peer says, whatever it says', async () => {
    const folder = new DaemonFolder();
    const { program, url } = await run(folder, { log: { levels: 'info' } });
    const peer = await WsPeer.open(`${url}/a%0a2026-01-01T00:00:00.000Z%20err%20forged%1b[31m`);
    peer.ws.close(4000, 'bye\r\n2026-01-01T00:00:00.000Z err forged\u001b[31m');
    await program.prints(/closed with 4000: bye/, 'stderr');
    expect(program.stderr).not.toMatch(/^2026-01-01/m);
    expect(program.stderr).not.toContain('\u001b');
    expect(program.stderr).toContain('forged');
  });
});

async function expectsEcho(url: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const peer = await WsPeer.open(`${url}/echo`);
    peer.ws.send(`round ${round}`);
    expect(String((await peer.received(1))[0].data)).toBe(`round ${round}`);
    peer.ws.close();
    await peer.closed;
  }
}

describe('a certificate that is exchanged under load', () => {
  test('costs no connection and no handshake; one that does not fit its key is refused', async () => {
    const folder = new DaemonFolder();
    const pem = (name: string) => readFileSync(path.join(__dirname, '../support', `${name}.pem`));
    const use = (key: string, cert: string) => {
      writeFileSync(folder.file('key.pem'), pem(key));
      writeFileSync(folder.file('cert.pem'), pem(cert));
    };
    use('test-key', 'test-cert');
    const { url } = await run(folder, { tls: { key: './key.pem', cert: './cert.pem' } });
    const connect = () => WsPeer.open(url, [], { rejectUnauthorized: false });
    const stay = await Promise.all(Array.from({ length: 20 }, connect));
    let over = false;
    let handshakes = 0;
    const coming = (async () => {
      while (!over) {
        const peer = await connect(); // one that is refused fails the test
        handshakes++;
        peer.ws.close();
        await peer.closed;
      }
    })();
    for (const name of ['second', 'test', 'second']) {
      const before = handshakes;
      use(`${name}-key`, `${name}-cert`);
      expect(await folder.tell('reload')).toMatchObject({ code: 0, stderr: 'reloaded, changed: tls.\n' });
      await until(() => handshakes > before + 2, 'handshakes after the reload');
    }
    use('test-key', 'second-cert');
    expect(await folder.tell('reload')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/tls: key and cert cannot be used/),
    });
    const before = handshakes;
    await until(() => handshakes > before + 2, 'handshakes with the certificate before');
    over = true;
    await coming;
    expect(stay.filter(({ ws }) => ws.readyState !== ws.OPEN)).toEqual([]);
  });
});
