/** Servers that a command line starts, and servers that run already. */

import { once } from 'node:events';
import net from 'node:net';
import { listenerOf } from '../../src/main/load/target/listener-pid';
import { descendantsOf } from '../../src/main/load/target/process-usage';
import { watchUrl } from '../../src/main/load/target/url-target';
import { endAll, until, whenOver } from '../support/hubs';
import { describeOnLinux } from '../support/platform';
import { Program } from '../support/program';
import { lives, startCommand, untilGone } from '../support/targets';

afterEach(endAll);

/** A port that nobody has just now. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const node = (program: string) => ({ file: process.execPath, arguments: ['-e', program] });
const LISTEN =
  'require("node:net").createServer((socket) => socket.on("error", () => {})).listen(PORT, "127.0.0.1");';

describeOnLinux('a command', () => {
  test('is loaded once its port answers, and is ended with what it started itself', async () => {
    const port = await freePort();
    const child = `require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);`;
    const late = `setTimeout(() => { ${LISTEN.replace('PORT', String(port))} }, 200);`;
    const target = await startCommand(node(child + late), `ws://127.0.0.1:${port}/x`);
    const pid = target.pid!;
    expect(listenerOf(port)).toBe(pid);
    expect(target.sample()!.rssBytes).toBeGreaterThan(20 * 2 ** 20);
    await until(() => descendantsOf(pid).length === 1, 'its child is there');
    const all = [pid, ...descendantsOf(pid)];
    await target.stop();
    expect(all.map(lives)).toEqual([false, false]);
  });

  test('that ends before it listens: the error has what it printed', async () => {
    const port = await freePort();
    const starting = startCommand(
      node('console.error("no database"); process.exit(7)'),
      `ws://127.0.0.1:${port}`,
    );
    await expect(starting).rejects.toThrow(/ended with code 7\. It printed:\nno database$/);
  });

  test('that cannot be started', async () => {
    const port = await freePort();
    const starting = startCommand({ file: '/no/such/server', arguments: [] }, `ws://127.0.0.1:${port}`);
    await expect(starting).rejects.toThrow(/'\/no\/such\/server' could not be started: .*ENOENT/);
  });

  test('that never listens is given up and ended', async () => {
    const port = await freePort();
    const command = {
      ...node('console.log(process.pid); setInterval(() => {}, 1000)'),
      readyTimeoutMs: 1_500,
    };
    const failure = await startCommand(command, `ws://127.0.0.1:${port}`).catch((error: Error) => error);
    const [, pid] = /did not listen at 127\.0\.0\.1:\d+ within 1\.5 s\. It printed:\n(\d+)$/.exec(
      (failure as Error).message,
    )!;
    await untilGone(Number(pid));
  });

  test('that does not hear SIGTERM is killed when its grace is over', async () => {
    const port = await freePort();
    const deaf = `process.on("SIGTERM", () => {}); ${LISTEN.replace('PORT', String(port))}`;
    const target = await startCommand(node(deaf), `ws://127.0.0.1:${port}`, 200);
    await target.stop();
    expect(lives(target.pid!)).toBe(false);
  });

  test('is refused where somebody listens already', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    whenOver(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const starting = startCommand(node(''), `ws://127.0.0.1:${port}`);
    await expect(starting).rejects.toThrow(`something listens at 127.0.0.1:${port} already`);
  });

  test('that dies in the middle of a test says so', async () => {
    const port = await freePort();
    const target = await startCommand(node(LISTEN.replace('PORT', String(port))), `ws://127.0.0.1:${port}`);
    process.kill(target.pid!, 'SIGKILL');
    await expect(target.failed).rejects.toThrow('was killed by SIGKILL');
  });
});

describeOnLinux('a server that runs already', () => {
  test('is watched by the process that listens there', async () => {
    const port = await freePort();
    const program = `${LISTEN.replace('PORT', String(port))} console.log("listening")`;
    const other = new Program('-e', [program]);
    whenOver(async () => {
      other.process.kill('SIGKILL');
      await other.ended;
    });
    await other.prints(/listening/, 'stdout');
    await until(() => listenerOf(port) !== undefined, 'it listens');
    const target = watchUrl(`ws://localhost:${port}/x`);
    expect(target.pid).toBe(other.process.pid);
    expect(target.sample()!.cpuMs).toBeGreaterThan(0);
    await target.stop();
    expect(lives(target.pid!)).toBe(true);
  });

  test('in the process that makes the load has no cost that could be told apart', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    whenOver(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const target = watchUrl(`ws://127.0.0.1:${port}`);
    expect({ pid: target.pid, sample: target.sample() }).toEqual({ pid: undefined, sample: null });
  });

  test('elsewhere is not looked for', () => {
    expect(watchUrl('wss://example.org/live')).toMatchObject({
      pid: undefined,
      url: 'wss://example.org/live',
    });
  });
});
