/** A daemon whose hub process crashes: its supervisor starts it again, or gives up. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { aboutProcess, DaemonFolder, endDaemons, ended, lives, takenPort } from '../support/daemons';
import { endAll, until } from '../support/hubs';
import { RINGCAST } from '../support/program';
import { WsPeer } from '../support/ws-peer';

const HANDLER = path.join(__dirname, 'programs/crashing-handler.cjs');
const DAEMONIZING = path.join(__dirname, 'programs/daemonizing.cjs');

afterEach(async () => {
  await endAll();
  await endDaemons();
});

/** What a status says of both processes. */
interface Both {
  pid: number;
  hubPid: number;
  restarts: number;
  lastEnd: string | null;
  ready: boolean;
}

async function both(folder: DaemonFolder): Promise<Both> {
  return (await folder.status()) as unknown as Both;
}

/** Waits until the supervisor has said so often that a new hub process is ready. */
async function restarted(folder: DaemonFolder, times: number): Promise<Both> {
  await folder.logs(new RegExp(`restart ${times}: process \\d+ is ready`));
  return both(folder);
}

/** With little memory: so it runs out soon. @returns its URL */
async function startWithHandler(folder: DaemonFolder): Promise<string> {
  writeFileSync(folder.file('x.json'), JSON.stringify({ channels: { crash: { handler: HANDLER } } }));
  const flags = [
    '--lock',
    folder.lock,
    '--log-file',
    folder.log,
    '--config',
    folder.file('x.json'),
    '--port',
    '0',
  ];
  const environment = { NODE_OPTIONS: '--max-old-space-size=64' };
  expect((await folder.program(RINGCAST, ['start', ...flags], environment).ended).code).toBe(0);
  return (await folder.status()).url;
}

describe('a hub process that dies', () => {
  test.each(['SIGKILL', 'SIGABRT', 'SIGSEGV'] as const)(
    'by %s is started again, on the same port',
    async (signal) => {
      const folder = new DaemonFolder();
      const { pid, url } = await folder.start();
      const { hubPid } = await both(folder);
      expect(aboutProcess(hubPid)).toMatchObject({ session: pid, folder: '/', umask: '0027' });
      process.kill(hubPid, signal);
      const now = await restarted(folder, 1);
      expect(now).toMatchObject({ pid, restarts: 1, ready: true, url });
      expect(now.lastEnd).toMatch(`process ${hubPid} was killed by ${signal}`);
      expect(now.hubPid).not.toBe(hubPid);
      expect(folder.read('x.log')).toMatch(
        `err process ${hubPid} was killed by ${signal}: it is started again at once`,
      );
      await WsPeer.open(`${url}/ticks`);
      expect(folder.processes().sort()).toEqual([pid, now.hubPid].sort());
    },
  );

  test('of memory that ran out in a worker: the log says so', async () => {
    const folder = new DaemonFolder();
    const url = await startWithHandler(folder);
    const peer = await WsPeer.open(`${url}/crash`);
    peer.ws.send('memory');
    await restarted(folder, 1);
    expect(folder.read('x.log')).toMatch(
      /err process \d+ was killed by SIG\w+ \(FATAL ERROR: .*memory\): it is started/,
    );
    expect(await peer.closed).toMatchObject({ code: 1006 });
    await WsPeer.open(`${url}/crash`);
  });

  test('again and again is given up, with the reason and the remedy in the log', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start('--max-restarts', '2');
    for (let times = 1; times <= 2; times++) {
      process.kill((await both(folder)).hubPid, 'SIGKILL');
      await restarted(folder, times);
    }
    const { hubPid } = await both(folder);
    process.kill(hubPid, 'SIGKILL');
    await ended(pid);
    expect(folder.read('x.log')).toMatch(
      `err process ${hubPid} was killed by SIGKILL: 2 restarts within 60 s did not help, so the daemon ends, with code 7. Mend what is above in this log, then ringcast start\n`,
    );
    expect((await folder.tell('status')).code).toBe(3);
    expect(folder.processes()).toEqual([]);
  });

  test('and cannot come up again: why is told, in the log and by status', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.json'), '{}');
    const { pid } = await folder.start('--config', folder.file('x.json'), '--max-restarts', '100');
    writeFileSync(folder.file('x.json'), '{ "prot": 1 }');
    process.kill((await both(folder)).hubPid, 'SIGKILL');
    await until(
      async () => /ended with code 2/.test((await both(folder)).lastEnd ?? ''),
      'it could not come up',
    );
    const status = await folder.tell('status');
    expect(status).toMatchObject({ code: 5 });
    expect(status.stdout).toMatch(/not ready: restarting after a crash/);
    expect(folder.read('x.log')).toMatch(/ended with code 2 \(.*x\.json has a fault:\)/);
    expect((await folder.tell('reload')).code).toBe(4);
    writeFileSync(folder.file('x.json'), '{}');
    await folder.logs(/is ready after/);
    expect(await both(folder)).toMatchObject({ pid, ready: true });
  });

  test('with --no-supervise stays dead', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start('--no-supervise');
    expect(folder.processes()).toEqual([pid]);
    expect((await folder.status()).launch).toMatchObject({ supervise: false });
    expect((await folder.tell('restart')).code).toBe(0); // as it was started
    const again = (await folder.status()).pid;
    expect(folder.processes()).toEqual([again]);
    process.kill(again, 'SIGKILL');
    await ended(again);
    expect((await folder.tell('status')).code).toBe(3);
  });
});

describe('a supervisor', () => {
  test('that is killed takes its hub process with it, and the next start has the port at once', async () => {
    const folder = new DaemonFolder();
    const { port, free } = await takenPort();
    free();
    for (let round = 0; round < 3; round++) {
      expect((await folder.tell('start', '--port', String(port), '--log-file', folder.log)).code).toBe(0);
      const { pid, hubPid } = await both(folder);
      process.kill(pid, 'SIGKILL');
      expect((await folder.tell('start', '--port', String(port), '--log-file', folder.log)).code).toBe(0);
      expect(lives(hubPid)).toBe(false);
      expect((await folder.tell('stop')).code).toBe(0);
    }
  });

  test('whose hub process is stuck when it is killed: the next start says which process is in the way', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    const { hubPid } = await both(folder);
    process.kill(hubPid, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    const { code, stderr } = await folder.tell('start', '--port', '0', '--log-file', folder.log);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ringcast: A process is left of an earlier daemon, and has not ended within 5 s\.\nIt is stuck: find it with ss -xlp \| grep ringcast-\w+, and kill -9 it\.\n$/,
    );
    expect(lives(hubPid)).toBe(true);
  });

  test('passes signals on: SIGTERM to all of its group ends both in good order', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await folder.start();
    const peer = await WsPeer.open(url);
    process.kill(-pid, 'SIGTERM');
    expect(await peer.closed).toMatchObject({ code: 1001 });
    await ended(pid);
    expect(folder.read('x.log')).toMatch(/notice closing\n.*notice ended\n$/);
  });

  test('does not start again what was told to end by itself, or is done', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    process.kill((await both(folder)).hubPid, 'SIGTERM');
    await ended(pid);
    expect(folder.read('x.log')).toMatch(/notice closing\n.*notice ended\n$/);
    expect(folder.processes()).toEqual([]);
  });

  test('with a stuck hub process ends both at --force', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    const { hubPid } = await both(folder);
    process.kill(hubPid, 'SIGSTOP');
    const { code, stderr } = await folder.tell('stop', '--force', '--timeout', '0.1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: `Ended, by force: process ${pid}.\n` });
    await until(() => folder.processes().length === 0, 'both have ended');
  });

  test('a second signal ends both at once, a stuck hub process too', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    process.kill((await both(folder)).hubPid, 'SIGSTOP');
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGINT');
    await until(() => folder.processes().length === 0, 'both have ended');
    expect(folder.read('x.pid')).toBe('');
  });
});

describe('a program that is a daemon', () => {
  test('is started again, and told what it said when it was ready', async () => {
    const folder = new DaemonFolder();
    expect((await folder.program(DAEMONIZING, ['works']).ended).code).toBe(0);
    const first = await both(folder);
    process.kill(first.hubPid, 'SIGKILL');
    await folder.logs(/restart 1/);
    expect(await both(folder)).toMatchObject({ pid: first.pid, before: { said: 'hello' } });
  });

  test('with supervise: false is one process', async () => {
    const folder = new DaemonFolder();
    expect((await folder.program(DAEMONIZING, ['works', 'alone']).ended).code).toBe(0);
    expect(folder.processes()).toEqual([(await folder.status()).pid]);
  });
});
