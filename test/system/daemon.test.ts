/** Daemons of the built command, seen from outside. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { startTimeOf } from '../../src/main/daemon/process-identity';
import {
  aboutProcess,
  DaemonFolder,
  endDaemons,
  ended,
  lives,
  takenPort,
  withoutNotices,
} from '../support/daemons';
import { endAll, until, whenOver } from '../support/hubs';
import { RINGCAST } from '../support/program';
import { RawPeer, WsPeer } from '../support/ws-peer';

/** `npm run test:kills` has 50 of each. */
const ROUNDS = Number(process.env.RINGCAST_ROUNDS ?? 5);
const DAEMONIZING = path.join(__dirname, 'programs/daemonizing.cjs');

afterEach(async () => {
  await endAll();
  await endDaemons();
});

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);
const left = (folder: DaemonFolder) => readdirSync(folder.path).filter((name) => !name.endsWith('.log'));

describe('ringcast start', () => {
  test('returns when the daemon listens, and says which process it is', async () => {
    const folder = new DaemonFolder();
    const { code, stdout, stderr } = await folder.tell('start', '--port', '0', '--log-file', folder.log);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const [, pid, url] =
      /^Process (\d+) listens on (ws:\S+)\/CHANNEL\. Its log is \S+x\.log\.\n$/.exec(stderr) ?? [];
    expect(lives(Number(pid))).toBe(true);
    await WsPeer.open(`${url}/ticks`);
  });

  test('leaves a session of its own, on /dev/null, in /, with umask 027 and files for nobody else', async () => {
    const folder = new DaemonFolder();
    const { pid, hubPid } = await folder.start();
    expect(aboutProcess(pid)).toEqual({
      processGroup: pid,
      session: pid,
      terminal: 0,
      folder: '/',
      streams: ['/dev/null', '/dev/null', '/dev/null'],
      umask: '0027',
    });
    expect([folder.lock, folder.control, folder.log].map(modeOf)).toEqual(['640', '600', '640']);
    expect(folder.read('x.pid')).toBe(`${pid}\n${startTimeOf(pid)}\n`);
    expect(folder.processes().sort()).toEqual([pid, hubPid].sort()); // whoever started it has ended
  });

  test('keeps the control socket at 600 and the pid file at 640 under any umask', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start('--umask', '000');
    expect(aboutProcess(pid).umask).toBe('0000');
    expect([folder.lock, folder.control].map(modeOf)).toEqual(['640', '600']);
  });

  test('a second time says which process has the lock, and fails with 6', async () => {
    const folder = new DaemonFolder();
    const { pid, hubPid, url } = await folder.start();
    const second = await folder.tell('start', '--port', '0', '--log-file', folder.log);
    expect(second).toMatchObject({ code: 6, stdout: '' });
    expect(second.stderr).toBe(
      `ringcast: Already running: process ${pid} holds the lock ${folder.lock}.\n` +
        `End it with ringcast stop --lock ${folder.lock}, or start another one with another --name or --lock.\n`,
    );
    await WsPeer.open(url);
    expect(folder.processes().sort()).toEqual([pid, hubPid].sort());
  });

  test('the same lock by another path is the same lock', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    const { code, stderr } = await folder.ringcast(
      'start',
      '--lock',
      `../${path.basename(folder.path)}/./x.pid`,
      '--log-file',
      folder.log,
    );
    expect(code).toBe(6);
    expect(stderr).toContain(`process ${pid} holds the lock`);
  });

  test('after kill -9 it starts again at once', async () => {
    const folder = new DaemonFolder();
    const pids = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const { pid, hubPid } = await folder.start();
      pids.add(pid);
      if (round % 2 === 0) process.kill(hubPid, 'SIGKILL'); // else it ends by itself
      process.kill(pid, 'SIGKILL');
      await ended(pid);
      expect(left(folder).sort()).toEqual(['x.pid', 'x.sock']); // what it left blocks nobody
    }
    expect(pids.size).toBe(ROUNDS);
    const { pid } = await folder.start();
    expect(await folder.status()).toMatchObject({ running: true, pid });
  });

  test.each(['garbage', '', '1\n', '99999999\n1\n'])('a pid file with %j blocks nobody', async (content) => {
    const folder = new DaemonFolder();
    writeFileSync(folder.lock, content);
    expect((await folder.tell('status')).code).toBe(3);
    const { pid } = await folder.start();
    expect(folder.read('x.pid')).toMatch(`${pid}\n`);
  });

  test('a pid that is used again fools nobody: it is not taken for the daemon, and not ended', async () => {
    const folder = new DaemonFolder();
    const other = folder.program('-e', ['setInterval(() => {}, 1000)']);
    await once(other.process, 'spawn');
    const pid = other.process.pid as number;
    writeFileSync(folder.lock, `${pid}\n1\n`); // its number, and not its start time
    expect((await folder.tell('status')).code).toBe(3);
    expect((await folder.tell('stop', '--force')).code).toBe(0);
    expect(lives(pid)).toBe(true);
    expect((await folder.start()).pid).not.toBe(pid);
  });

  test('two at once give one daemon', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const folder = new DaemonFolder();
      const starts = await Promise.all(
        Array.from({ length: 2 }, () => folder.tell('start', '--port', '0', '--log-file', folder.log)),
      );
      expect(starts.map(({ code }) => code).sort()).toEqual([0, 6]);
      const { pid, hubPid } = await folder.status();
      await until(() => folder.processes().length === 2, 'only the one that won is left');
      expect(folder.processes().sort()).toEqual([pid, hubPid].sort());
      expect(starts.find(({ code }) => code === 6)?.stderr).toContain(`process ${pid} holds`);
    }
  });

  test('a port that is taken: the caller gets the text and the code, and nothing is left', async () => {
    const folder = new DaemonFolder();
    const { port, free } = await takenPort();
    const { code, stderr } = await folder.tell('start', '--port', String(port), '--log-file', folder.log);
    free();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `ringcast: Cannot listen on 127.0.0.1:${port}: another program has this port.\nChoose another one with --port, or let the system choose with --port 0.\n`,
    });
    await until(() => folder.processes().length === 0, 'the daemon has ended');
    expect(left(folder)).toEqual([]);
  });

  test.each([
    [['--lock', 'none/x.pid'], 1, 'There is no folder', 'Make it'],
    [['--lock', `${'x'.repeat(100)}.pid`], 1, 'a path of', 'a folder with a shorter path'],
    [['--lock', 'taken.pid'], 1, 'where something else lies', 'Move it away'],
    [['--log-file', 'folder'], 1, 'Cannot open the log file', 'Choose another one'],
    [['--config', 'none.yaml'], 2, 'There is no configuration file', 'ringcast config init'],
    [['--umask', '9'], 2, "'9' is invalid", 'octal, such as 027'],
    [['--name', '../x'], 2, "'../x' is invalid", '1 to 64 letters'],
  ])('%j is told with its remedy', async (flags, expected, message, remedy) => {
    const folder = new DaemonFolder();
    mkdirSync(folder.file('folder'));
    writeFileSync(folder.file('taken.sock'), 'precious');
    const lock = flags[0] === '--lock' ? [] : ['--lock', 'x.pid'];
    const log = flags[0] === '--log-file' ? [] : ['--log-file', 'x.log'];
    const { code, stderr } = await folder.ringcast('start', '--port', '0', ...lock, ...log, ...flags);
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
    expect(code).toBe(expected);
    expect(folder.read('taken.sock')).toBe('precious');
  });

  test('--name tells daemons apart, in the folder of the session', async () => {
    const folder = new DaemonFolder();
    const environment = { XDG_RUNTIME_DIR: folder.path };
    const named = (command: string, ...args: string[]) =>
      folder.program(RINGCAST, [command, '--name', 'second', ...args], environment).ended;
    expect((await named('start', '--port', '0', '--log-file', folder.log)).code).toBe(0);
    expect(modeOf(folder.file('ringcast'))).toBe('700');
    expect(readdirSync(folder.file('ringcast')).sort()).toEqual([
      'second.pid',
      'second.producers.sock',
      'second.sock',
    ]);
    expect((await folder.program(RINGCAST, ['status'], environment).ended).code).toBe(3);
    expect((await named('stop')).code).toBe(0);
    expect(readdirSync(folder.file('ringcast'))).toEqual([]);
  });

  test('Ctrl-C while it waits ends the daemon too', async () => {
    const folder = new DaemonFolder();
    const program = folder.program(DAEMONIZING, ['hangs']);
    await until(() => folder.read('x.pid') !== '', 'the daemon has the lock');
    const [daemon] = folder.processes().filter((pid) => pid !== program.process.pid);
    program.process.kill('SIGINT');
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: 'SIGINT: the daemon that was starting is ended too.\n',
    });
    expect(lives(daemon)).toBe(false);
  });
});

describe('other processes', () => {
  test('publish to a daemon by the socket of its name', async () => {
    const folder = new DaemonFolder();
    const { url, socket } = await folder.start('--socket', 'p.sock');
    expect(socket).toBe(folder.file('p.sock'));
    const peer = await WsPeer.open(`${url}/log`);
    const publish = folder.program(RINGCAST, ['publish', '-c', 'log', '--socket', 'p.sock']);
    publish.process.stdin?.end('line\n');
    expect((await publish.ended).code).toBe(0);
    expect(String((await peer.received(1))[0].data)).toBe('line');
    expect((await folder.tell('reload')).stderr).toBe('reloaded, nothing changed.\n');
  });
});

describe('ringcast status, stop, restart', () => {
  test('status tells how it is, to people and as JSON', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await folder.start('--max-connections', '7');
    await WsPeer.open(url);
    const { code, stdout, stderr } = await folder.tell('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(`ringcast is running.\n  process      ${pid}, up `);
    expect(stdout).toMatch(`  address      ${url}\n  connections  1\n`);
    expect(await folder.status()).toMatchObject({
      running: true,
      pid,
      url,
      connections: 1,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptimeSeconds: expect.any(Number),
      config: null,
      lock: folder.lock,
      control: folder.control,
      logFile: folder.log,
      stats: { posted: 0, sent: 0, channels: expect.any(Object) },
    });
  });

  test('without a daemon: status and reload answer 3, stop 0', async () => {
    const folder = new DaemonFolder();
    expect(await folder.tell('status')).toMatchObject({
      code: 3,
      stdout: `ringcast is not running (lock ${folder.lock}).\n`,
    });
    expect(await folder.status()).toEqual({ running: false, lock: folder.lock });
    expect((await folder.tell('reload')).code).toBe(3);
    expect((await folder.tell('stop')).code).toBe(0);
  });

  test('stop closes peers with 1001, waits for the end, and leaves nothing', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await folder.start();
    const peer = await WsPeer.open(url);
    expect(await folder.tell('stop')).toMatchObject({ code: 0, stderr: `Ended: process ${pid}.\n` });
    expect(lives(pid)).toBe(false);
    expect(await peer.closed).toMatchObject({ code: 1001 });
    expect(left(folder)).toEqual([]);
  });

  test('a daemon that does not answer: status says so with 4, stop --force kills it', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    process.kill(pid, 'SIGSTOP');
    const status = await folder.tell('status');
    expect(status).toMatchObject({ code: 4, stdout: '' });
    expect(status.stderr).toContain('does not answer');
    const forced = await folder.tell('stop', '--force', '--timeout', '0.1');
    expect(forced).toMatchObject({ code: 0, stderr: `Ended, by force: process ${pid}.\n` });
    expect(lives(pid)).toBe(false);
    await folder.start();
  });

  test('restart starts it as it was started, from anywhere', async () => {
    const folder = new DaemonFolder();
    const { pid, port } = await folder.start('--max-connections', '1');
    const { code } = await folder.tell('restart', '--quiet');
    expect(code).toBe(0);
    const now = await folder.status();
    expect(now.pid).not.toBe(pid);
    expect(now.port).not.toBe(0);
    await WsPeer.open(now.url);
    await expect(WsPeer.open(now.url)).rejects.toThrow('503');
    expect(lives(pid)).toBe(false);
    expect(port).toBeGreaterThan(0);
  });

  test('restart with faulty settings leaves it running', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    writeFileSync(folder.file('bad.yaml'), 'prot: 1\n');
    const { code, stderr } = await folder.tell('restart', '--config', folder.file('bad.yaml'));
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean port?');
    expect(await folder.status()).toMatchObject({ running: true, pid });
  });

  test('restart starts it, if it does not run', async () => {
    const folder = new DaemonFolder();
    expect((await folder.tell('restart', '--port', '0', '--log-file', folder.log)).code).toBe(0);
    expect(await folder.status()).toMatchObject({ running: true });
  });

  test('the control socket is HTTP: a path that is not there is answered with those that are', async () => {
    const folder = new DaemonFolder();
    await folder.start();
    const asked = request({ socketPath: folder.control, method: 'POST', path: '/nothing' }).end();
    const [response] = await once(asked, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    expect(response.statusCode).toBe(404);
    expect(JSON.parse(text).error.message).toBe(
      'There are GET /status, GET /livez, GET /readyz, POST /stop, POST /reload, POST /dump.',
    );
  });
});

describe('signals to a daemon', () => {
  test('SIGTERM closes peers with 1001 and removes its files', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await folder.start();
    const peer = await WsPeer.open(url);
    process.kill(pid, 'SIGTERM');
    expect(await peer.closed).toMatchObject({ code: 1001 });
    await ended(pid);
    expect(left(folder)).toEqual([]);
    expect(folder.read('x.log')).toMatch(/notice closing\n.*notice ended\n$/);
  });

  test('a second one ends it at once', async () => {
    const folder = new DaemonFolder();
    const { pid, port } = await folder.start();
    const mute = await RawPeer.open(port);
    mute.socket.pause(); // so it answers no close frame, and closing takes its time
    process.kill(pid, 'SIGTERM');
    await folder.logs('notice closing');
    process.kill(pid, 'SIGINT');
    await ended(pid);
    expect(left(folder)).toEqual([]);
    expect(folder.read('x.log')).not.toContain('notice ended');
  });

  test('SIGUSR2 writes its state to the log', async () => {
    const folder = new DaemonFolder();
    const { pid, url } = await folder.start();
    await WsPeer.open(`${url}/ticks`);
    process.kill(pid, 'SIGUSR2');
    await folder.logs(/state of connection: \{"id":1,"channel":"ticks"/);
    expect(folder.read('x.log')).toMatch(/state of process: \{"pid":\d+,.*"rss":\d+/);
    expect(folder.read('x.log')).toMatch(/state of hub: \{"url":"ws:.*"connections":1,/);
    expect(folder.read('x.log')).toMatch(/state of channel: \{"name":"ticks",/);
  });

  test('what goes wrong at the start is told to the caller too, what is only good to know is not', async () => {
    const folder = new DaemonFolder();
    const { code, stderr } = await folder.program(RINGCAST, [
      ...['start', '--lock', 'x.pid', '--log-file', 'x.log', '--port', '0', '--max-connections', '999999999'],
    ]).ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^\S+ warn maxConnections is 999999999, but there is room for \d+ connections.*\nProcess /,
    );
    expect(folder.read('x.log')).toMatch(/notice room for \d+ connections/);
    expect(folder.read('x.log')).toMatch(/warn maxConnections is 999999999/);
  });

  test('its log may go to syslog; what it prints and dies of goes to its file', async () => {
    const folder = new DaemonFolder();
    const received: string[] = [];
    const server = dgram.createSocket('udp4').on('message', (line) => received.push(String(line)));
    whenOver(() => server.close());
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const { pid, hubPid } = await folder.start('--syslog', `udp://127.0.0.1:${server.address().port}`);
    process.kill(pid, 'SIGUSR2');
    await until(() => received.some((line) => line.includes('state of hub:')), 'the state came by syslog');
    expect(received.find((line) => line.includes('state of hub:'))).toMatch(`ringcast ${hubPid} `);
    expect((await folder.tell('stop')).code).toBe(0);
    await until(() => received.some((line) => line.endsWith('ended')), 'the last line came');
    expect(folder.read('x.log')).toBe('');
  });

  test('SIGHUP opens the log file anew', async () => {
    const folder = new DaemonFolder();
    const { pid } = await folder.start();
    renameSync(folder.log, folder.file('old.log'));
    process.kill(pid, 'SIGHUP');
    await folder.logs('reloaded, nothing changed');
    expect(folder.read('old.log')).not.toContain('reloaded');
  });
});

describe('reload', () => {
  test('changes what may change while it runs, and says what needs a restart', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 1\n');
    const { pid, url } = await folder.start('--config', folder.file('x.yaml'));
    await WsPeer.open(url);
    await expect(WsPeer.open(url)).rejects.toThrow('503');
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 2\nmaxChannels: 5\n');
    expect(await folder.tell('reload')).toMatchObject({
      code: 0,
      stderr: 'reloaded, changed: maxConnections; needs a restart: maxChannels.\n',
    });
    await WsPeer.open(url);
    writeFileSync(folder.file('x.yaml'), '{ "maxConnections": 3 }');
    process.kill(pid, 'SIGHUP');
    await folder.logs(/reloaded, changed: maxConnections\n/);
    await WsPeer.open(url);
    expect((await folder.status()).connections).toBe(3);
  });

  test('refuses faulty settings, tells them all, and keeps the old', async () => {
    const folder = new DaemonFolder();
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 1\n');
    const { pid, url } = await folder.start('--config', folder.file('x.yaml'));
    writeFileSync(folder.file('x.yaml'), 'maxConnections: 2\nport: http\nchanels: {}\n');
    const { code, stderr } = await folder.tell('reload');
    expect(code).toBe(1);
    expect(stderr).toContain('line 2: port is "http": it must be a whole number from 0 to 65535');
    expect(stderr).toContain('line 3: chanels is not known');
    expect(stderr).toContain('Did you mean channels?');
    process.kill(pid, 'SIGHUP');
    await until(() => folder.read('x.log').match(/reload refused/g)?.length === 2, 'refused twice');
    await WsPeer.open(url);
    await expect(WsPeer.open(url)).rejects.toThrow('503');
  });
});

describe('daemonize in a program', () => {
  test('works in CommonJS, and its status and stop are at hand', async () => {
    const folder = new DaemonFolder();
    expect(withoutNotices(await folder.program(DAEMONIZING, ['works']).ended)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const { pid } = await folder.status();
    expect(aboutProcess(pid)).toMatchObject({ session: pid, folder: '/', umask: '0027' });
    expect((await folder.program(DAEMONIZING, ['works']).ended).code).toBe(6);
    expect((await folder.tell('stop')).code).toBe(0);
    expect(left(folder)).toEqual([]);
  });

  test.each([
    ['throws', 1, /Error: it broke\n {4}at /],
    ['fails', 42, /^no database\n$/],
    ['exits', 7, /^last words\nThe daemon ended with code 7 before it was ready\.\n/],
    ['dies', 1, /^The daemon was killed by SIGKILL before it was ready\.\n/],
    ['hangs', 1, /^The daemon was not ready within 2 s, and was ended\.\nGive it longer/],
  ])('one that %s before it is ready: its caller ends with %d and says why', async (way, code, said) => {
    const folder = new DaemonFolder();
    const outcome = withoutNotices(await folder.program(DAEMONIZING, [way]).ended);
    expect(outcome.stderr).toMatch(said);
    expect(outcome.code).toBe(code);
    await until(() => folder.processes().length === 0, 'the daemon has ended');
    expect((await folder.tell('status')).code).toBe(3);
  });

  test('in a worker thread says what to do instead', async () => {
    const folder = new DaemonFolder();
    const { stdout } = await folder.program(DAEMONIZING, ['in a worker']).ended;
    expect(stdout).toBe(
      'RINGCAST_E_DAEMON_UNSUPPORTED a worker thread cannot become a daemon, a process can: call daemonize in the main thread, before it starts others\n',
    );
  });
});
