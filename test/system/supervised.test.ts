/** `ringcast run` under those who look after it: systemd, whose place a datagram listener takes, and `ringcast status`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DaemonFolder, endDaemons, lives } from '../support/daemons';
import { endAll, until, whenOver } from '../support/hubs';
import { type Program, RINGCAST } from '../support/program';
import { WsPeer } from '../support/ws-peer';

const LISTENER = path.join(__dirname, '../support/notify-socket.py');

afterEach(async () => {
  await endAll();
  await endDaemons();
});

/** What a service told the datagram socket that stands for systemd. */
class FakeSystemd {
  readonly messages: string[] = [];
  readonly socket: string;
  readonly #process: ChildProcess;

  private constructor(socket: string) {
    this.socket = socket;
    this.#process = spawn('python3', ['-u', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const message: string = JSON.parse(line);
      if (message !== 'BARRIER=1') this.messages.push(message); // only systemd-notify's own business
    });
    whenOver(() => this.#process.kill('SIGKILL'));
  }

  static async open(folder: DaemonFolder): Promise<FakeSystemd> {
    const systemd = new FakeSystemd(folder.file('notify'));
    await systemd.hears('bound');
    return systemd;
  }

  hears(beginning: string, times = 1): Promise<void> {
    const heard = () => this.messages.filter((message) => message.startsWith(beginning)).length;
    return until(() => heard() >= times, `${times} × ${beginning}`);
  }
}

/** A hub in the foreground, as a service manager starts it: without a terminal. */
async function run(folder: DaemonFolder, args: string[], environment: NodeJS.ProcessEnv = {}) {
  const program: Program = folder.program(RINGCAST, ['run', '--port', '0', '--json', ...args], environment);
  const [line] = await program.prints(/.*\n/, 'stdout');
  return { program, url: JSON.parse(line).url as string, pid: program.process.pid as number };
}

describe('under systemd', () => {
  test('ringcast run says that it is ready, reloads, and stops', async () => {
    const folder = new DaemonFolder();
    const systemd = await FakeSystemd.open(folder);
    const { program, url } = await run(folder, [], { NOTIFY_SOCKET: systemd.socket });
    await systemd.hears('READY=1');
    program.process.kill('SIGHUP');
    await systemd.hears('READY=1', 2);
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
    await systemd.hears('STOPPING=1');
    expect(systemd.messages).toEqual([
      'bound',
      `READY=1\nSTATUS=listening on ${url}`,
      expect.stringMatching(/^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading$/),
      `READY=1\nSTATUS=listening on ${url}`,
      'STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=closing',
    ]);
  });

  test('signs of life go out only while the service thread answers', async () => {
    const folder = new DaemonFolder();
    const systemd = await FakeSystemd.open(folder);
    const handler = path.join(__dirname, 'programs/blocking-handler.cjs');
    writeFileSync(folder.file('x.json'), JSON.stringify({ channels: { busy: { handler } } }));
    const { program, url } = await run(folder, ['--config', 'x.json'], {
      NOTIFY_SOCKET: systemd.socket,
      WATCHDOG_USEC: '400000',
    });
    await systemd.hears('WATCHDOG=1', 2);
    const peer = await WsPeer.open(`${url}/busy`);
    peer.ws.send('3000');
    await program.prints(
      /no sign of life for systemd: the service thread did not answer heartbeat/,
      'stderr',
    );
    const before = systemd.messages.length;
    await program.prints(/(no sign of life[\s\S]*){3}/, 'stderr');
    expect(systemd.messages.length).toBe(before);
    await systemd.hears('WATCHDOG=1', before); // the service thread answers again
  });

  test('sends no signs of life where another process is watched', async () => {
    const folder = new DaemonFolder();
    const systemd = await FakeSystemd.open(folder);
    const { program } = await run(folder, [], {
      NOTIFY_SOCKET: systemd.socket,
      WATCHDOG_USEC: '1000',
      WATCHDOG_PID: '1',
    });
    await systemd.hears('READY=1');
    program.process.kill('SIGTERM');
    await systemd.hears('STOPPING=1');
    expect(systemd.messages.filter((message) => message.startsWith('WATCHDOG'))).toEqual([]);
  });

  test('a socket that is not there is told once, and stops nothing', async () => {
    const folder = new DaemonFolder();
    const { program } = await run(folder, [], { NOTIFY_SOCKET: folder.file('none') });
    await program.prints(/cannot tell systemd how it stands/, 'stderr');
    program.process.kill('SIGTERM');
    const { code, stderr } = await program.ended;
    expect(code).toBe(0);
    expect(stderr.match(/cannot tell systemd/g)).toHaveLength(1);
  });
});

describe('ringcast run --lock', () => {
  test('can be asked, reloaded and stopped like a daemon, and keeps others out', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 5\n');
    const { program, pid } = await run(folder, ['--lock', 'x.pid', '--config', 'x.yaml']);
    expect(await folder.status()).toMatchObject({ running: true, pid, config: folder.file('x.yaml') });
    const second = await folder.ringcast('run', '--port', '0', '--lock', 'x.pid');
    expect(second).toMatchObject({ code: 6 });
    expect(second.stderr).toContain(`process ${pid} holds the lock`);
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 6\n');
    expect((await folder.tell('reload')).stderr).toBe('reloaded, changed: maxConnections.\n');
    expect(await folder.tell('stop')).toMatchObject({ code: 0, stderr: `Ended: process ${pid}.\n` });
    expect((await program.ended).code).toBe(0);
    expect(folder.read('x.pid')).toBe('');
  });

  test('SIGHUP reads the settings again and opens the log file anew; faulty ones are refused', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.yaml'), 'log: {levels: notice}\n');
    const { program, url } = await run(folder, ['--config', 'x.yaml', '--log-file', 'x.log']);
    renameSync(folder.log, folder.file('old.log'));
    writeFileSync(folder.file('x.yaml'), 'log: {levels: info}\n');
    program.process.kill('SIGHUP');
    await folder.logs('reloaded, changed: logLevel');
    await WsPeer.open(url);
    await folder.logs(/info service, connection 1: opened/);
    writeFileSync(folder.file('x.yaml'), 'prot: 1\n');
    program.process.kill('SIGHUP');
    await folder.logs(
      /err reload refused, everything stays as it was: \S+x\.yaml has a fault:; line 1: prot is not known/,
    );
    expect(folder.read('old.log')).toMatch(/^\S+ notice room for \d+ connections/);
    program.process.kill('SIGTERM');
    expect((await program.ended).code).toBe(0);
  });

  test('a handler that throws costs its connection, not the hub', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('bad.cjs'), 'exports.onMessage = () => { throw new Error("oh"); };');
    writeFileSync(folder.file('x.yaml'), 'channels: { bad: { handler: ./bad.cjs }, good: }\n');
    const { program, url, pid } = await run(folder, ['--config', 'x.yaml']);
    const peer = await WsPeer.open(`${url}/bad`);
    peer.ws.send('x');
    expect((await peer.closed).code).toBe(1011);
    await program.prints(/err the handler of channel "bad" threw: oh/, 'stderr');
    await WsPeer.open(`${url}/good`);
    expect(lives(pid)).toBe(true);
  });
});
