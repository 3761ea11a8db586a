/**
 * The log in a real syslog daemon, over every way there is, with the daemon restarted in the middle. unix-dgram is built for
 * the test, into a copy of the package: in the repository it is not, as with every install without scripts.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../support/hubs';
import { Program, RINGCAST, ROOT } from '../support/program';
import { Rsyslog } from '../support/rsyslog';

const WRITER = path.join(__dirname, 'programs', 'syslog-writer.cjs');
const IDENT = 'ringcast-test';
/** As the writer's threads name their lines. */
const SOURCES = ['main', 'first', 'second'];

let daemon: Rsyslog;
let built: string;
const programs: Program[] = [];

beforeAll(() => {
  built = mkdtempSync(path.join(tmpdir(), 'ringcast-built-'));
  buildPackage(built);
}, 180_000);
afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(async () => {
  daemon = await Rsyslog.create();
  await daemon.start();
});
afterEach(async () => {
  for (const program of programs.splice(0)) program.process.kill('SIGKILL');
  await daemon.remove();
});

/** The package with its dependencies in `folder`, and unix-dgram built there. */
function buildPackage(folder: string): void {
  const modules = path.join(folder, 'node_modules');
  mkdirSync(modules);
  const native = ['unix-dgram', 'bindings', 'file-uri-to-path', 'nan'];
  for (const name of native)
    cpSync(path.join(ROOT, 'node_modules', name), path.join(modules, name), { recursive: true });
  for (const name of readdirSync(path.join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && !native.includes(name))
      symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  }
  cpSync(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  cpSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  // Node's headers, where they come with it: then nothing is fetched for the build.
  const nodedir = path.resolve(process.execPath, '../..');
  const headers = existsSync(path.join(nodedir, 'include/node/node.h')) ? [`--nodedir=${nodedir}`] : [];
  execFileSync('npm', ['rebuild', 'unix-dgram', '--ignore-scripts=false', ...headers], {
    cwd: folder,
    stdio: 'pipe',
  });
}

async function startWriter(folder: string, address: string): Promise<{ writer: Program; way: string }> {
  const writer = new Program(WRITER, [folder, address]);
  programs.push(writer);
  const [, way] = await writer.prints(/ready, (.*)\n/, 'stdout');
  return { writer, way };
}

/** Every thread logs so many lines more. */
async function log(writer: Program, count: number, sum: number): Promise<void> {
  writer.process.stdin?.write(`${count}\n`);
  await writer.prints(new RegExp(`logged ${sum}\n`), 'stdout');
}

/** The numbers of the lines that came from one of the writer's threads. */
function numbersOf(source: string): number[] {
  return daemon
    .lines(IDENT)
    .map(({ text }) => new RegExp(`(?:^|: )${source} line (\\d+)`).exec(text)?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const firstOfEach = (numbers: number[]) => [...new Set(numbers)];

async function hasCome(count: number): Promise<void> {
  await until(
    () => SOURCES.every((source) => new Set(numbersOf(source)).size >= count),
    `${count} lines of each thread in the daemon's file`,
  );
}

describe('syslog', () => {
  test.each([
    ['unix-dgram', () => built, () => daemon.socket, (way: string) => `${way} by unix-dgram`],
    ['logger', () => ROOT, () => daemon.socket, (way: string) => `${way} by logger`],
    ['a unix stream', () => ROOT, () => `unix-stream:${daemon.streamSocket}`, (way: string) => way],
    ['TCP', () => ROOT, () => `tcp://127.0.0.1:${daemon.port}`, (way: string) => way],
  ])(
    'by %s: every line of every thread, in order, though the daemon is away in between',
    async (_name, folder, address, way) => {
      const { writer, way: chosen } = await startWriter(folder(), address());
      expect(chosen).toBe(way(address()));
      await log(writer, 50, 50);
      await hasCome(50);
      await daemon.stop();
      await log(writer, 50, 100);
      await daemon.start();
      await hasCome(100);
      await log(writer, 50, 150);
      writer.process.stdin?.end();
      const { code, stdout } = await writer.ended;
      await hasCome(150);
      for (const source of SOURCES) expect(firstOfEach(numbersOf(source))).toEqual(upTo(150));
      expect(code).toBe(0);
      const stats = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(stats).toMatchObject({ dropped: 0, waiting: 0, lost: 0, failed: 0 });
      expect(stats.sent).toBe(stats.emitted);
      for (const [source, severity, text] of [
        ['main', 'err', 'main line 150\\nforged'],
        ['first', 'warning', /^producer \d+, connection 150: first line 150 €$/],
      ] as const) {
        const line = daemon.lines(IDENT).find((each) => each.text.includes(`${source} line 150`));
        expect(line).toMatchObject({ facility: 'local3', severity, pid: writer.process.pid });
        if (typeof text === 'string') expect(line?.text).toBe(text);
        else expect(line?.text).toMatch(text);
        expect(Math.abs(Date.now() - Number(line?.time))).toBeLessThan(120_000);
      }
    },
    120_000,
  );

  test('by UDP: lines come, and come again when the daemon is back; what was under way is lost', async () => {
    const { writer } = await startWriter(ROOT, `udp://localhost:${daemon.port}`);
    await log(writer, 20, 20);
    await hasCome(20);
    await daemon.stop();
    await log(writer, 20, 40);
    await daemon.start();
    let sum = 40;
    await until(async () => {
      sum += 1;
      await log(writer, 1, sum);
      return numbersOf('main').some((number) => number > 40);
    }, 'lines come again');
    writer.process.stdin?.end();
    expect((await writer.ended).code).toBe(0);
    for (const source of SOURCES) expect(numbersOf(source)).toEqual(numbersOf(source).sort((a, b) => a - b));
  }, 120_000);

  test.each([
    ['unix-dgram', () => built, () => daemon.socket],
    ['logger', () => ROOT, () => daemon.socket],
    ['TCP', () => ROOT, () => `tcp://127.0.0.1:${daemon.port}`],
  ])(
    'by %s: a daemon that takes nothing for a while blocks nobody, and misses nothing',
    async (_name, folder, address) => {
      const { writer } = await startWriter(folder(), address());
      daemon.pause();
      await log(writer, 500, 500);
      await log(writer, 1, 501);
      daemon.resume();
      await hasCome(501);
      writer.process.stdin?.end();
      expect((await writer.ended).code).toBe(0);
      for (const source of SOURCES) expect(firstOfEach(numbersOf(source))).toEqual(upTo(501));
    },
    120_000,
  );

  test('a daemon that is killed while lines come: nothing blocks, and it is found again', async () => {
    const { writer } = await startWriter(built, daemon.socket);
    await log(writer, 500, 500);
    await daemon.stop('SIGKILL');
    await log(writer, 500, 1_000);
    await daemon.start();
    await until(() => SOURCES.every((source) => numbersOf(source).includes(1_000)), 'the last lines come');
    writer.process.stdin?.end();
    expect((await writer.ended).code).toBe(0);
    for (const source of SOURCES) expect(numbersOf(source).slice(-500)).toEqual(upTo(1_000).slice(500));
  }, 120_000);

  test('the command line: ringcast run --syslog, at the levels of --log-level', async () => {
    const hub = new Program(RINGCAST, [
      'run',
      '--port',
      '0',
      '--log-level',
      'info',
      '--syslog',
      daemon.socket,
    ]);
    programs.push(hub);
    const [, url] = await hub.prints(/Listening on (\S+)\/CHANNEL/, 'stderr');
    const tail = new Program(RINGCAST, ['tail', `${url}/news`]);
    programs.push(tail);
    await tail.prints(/^Connected/, 'stderr');
    hub.process.kill('SIGTERM');
    const { code, stderr } = await hub.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain('info');
    await until(
      () => daemon.lines('ringcast').some(({ text }) => text === 'service: closed'),
      'the last line',
    );
    expect(
      daemon.lines('ringcast').map(({ facility, severity, text }) => [facility, severity, text]),
    ).toEqual([
      ['daemon', 'info', `service: listening on ${url.slice(5)}`],
      ['daemon', 'notice', expect.stringMatching(/^room for \d+ connections: /)],
      ['daemon', 'info', 'service, connection 1: opened by 127.0.0.1 on channel "news"'],
      ['daemon', 'info', expect.stringMatching(/^service, connection 1: closed with 100[01]/)],
      ['daemon', 'info', 'service: closed'],
    ]);
  });

  test('under systemd: lines on standard error with a prefix that its journal reads', async () => {
    // The journal's device and inode, as systemd would give them: those of standard error, whatever that is.
    const shell = 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"';
    const command = ['-c', `(${shell}) 2>&1 >/dev/null`, 'sh', process.execPath, '-e', JOURNAL_PROGRAM];
    const output = execFileSync('sh', command, { cwd: ROOT, encoding: 'utf8' });
    expect(output).toBe('<3>an error\n<5>connection 3: a notice\n');
  });

  test('unix-dgram is not needed: without it the package works, and says which way it takes', () => {
    expect(existsSync(path.join(ROOT, 'node_modules/unix-dgram/build'))).toBe(false);
    const output = execFileSync(
      process.execPath,
      ['-p', `require('./dist/main/index.js').openSyslog({ address: '/nowhere' }).transport`],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(output).toBe('/nowhere by logger\n');
  });
});

const JOURNAL_PROGRAM = `
const { emitSyslog, log, setLogLevel } = require('./dist/main/index.js');
setLogLevel('notice', emitSyslog);
log.err('an error');
log.notice('a notice', { connection: 3 });
`;
