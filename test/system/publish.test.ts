/** `ringcast publish`, and the socket of `ringcast run`, as they are built, in processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Program, RINGCAST } from '../support/program';

const folder = mkdtempSync(path.join(tmpdir(), 'ringcast-publish-'));
const environment = { XDG_RUNTIME_DIR: folder };
const socket = path.join(folder, 'ringcast', 'default.producers.sock');
const programs: Program[] = [];

function ringcast(...args: string[]): Program {
  const program = new Program(RINGCAST, args, environment);
  programs.push(program);
  return program;
}

async function hub(...args: string[]): Promise<{ program: Program; url: string; socket?: string }> {
  const program = ringcast('run', '--port', '0', '--json', ...args);
  await program.prints(/\n/, 'stdout');
  return { program, ...JSON.parse(program.stdout.split('\n')[0]) };
}

async function tail(url: string, ...args: string[]): Promise<Program> {
  const program = ringcast('tail', url, ...args);
  await program.prints(/^Connected/, 'stderr');
  return program;
}

function publish(input: string | Buffer | undefined, ...args: string[]): Program {
  const program = ringcast('publish', ...args);
  if (input !== undefined) program.process.stdin?.end(input);
  return program;
}

const events = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

afterEach(async () => {
  for (const program of programs) program.process.kill('SIGKILL');
  await Promise.all(programs.splice(0).map(({ ended }) => ended));
  rmSync(path.join(folder, 'ringcast'), { recursive: true, force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('ringcast publish', () => {
  test('finds the hub of ringcast run by itself, and posts each line', async () => {
    const { url, socket: told } = await hub();
    expect(told).toBe(socket);
    expect(statSync(socket).mode & 0o7777).toBe(0o600);
    expect(statSync(path.dirname(socket)).mode & 0o7777).toBe(0o700);
    const reader = await tail(`${url}/log`, '--count', '4');
    const { code, stdout, stderr } = await publish('one\r\n\ngrün\nlast', '-c', 'log').ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toBe(`Connected to ${socket}. Ctrl-C ends it.\n4 lines posted.\n`);
    expect((await reader.ended).stdout).toBe('one\n\ngrün\nlast\n');
  });

  test('200,000 lines from several publishers all arrive, whoever is slow', async () => {
    const { url } = await hub('--slow', 'wait');
    const reader = await tail(`${url}/log`, '--count', '200000', '--json');
    const input = (name: string) => Array.from({ length: 50_000 }, (_, at) => `${name} ${at}\n`).join('');
    const names = ['a', 'b', 'c', 'd'];
    const ends = await Promise.all(names.map((name) => publish(input(name), '-c', 'log', '-q').ended));
    for (const end of ends) expect(end).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const { code, stdout } = await reader.ended;
    expect(code).toBe(0);
    const texts = events(stdout).map(({ text }) => text as string);
    for (const name of names)
      expect(texts.filter((text) => text.startsWith(`${name} `)).join('\n')).toBe(input(name).trimEnd());
  });

  test('frames are binary messages, with --text text', async () => {
    const { url } = await hub();
    const reader = await tail(`${url}/raw`, '--count', '4', '--json');
    const frames = Buffer.concat([
      Buffer.from([0, 0, 0, 3, 0, 10, 255]),
      Buffer.from([0, 0, 0, 0]),
      Buffer.from([0, 0, 0, 5]),
      Buffer.from('a\nb\nc'),
    ]);
    const { code, stderr } = await publish(frames, '-c', 'raw', '--frames').ended;
    expect(code).toBe(0);
    expect(stderr).toContain('3 frames posted.');
    await publish(frames.subarray(11), '-c', 'raw', '--frames', '--text').ended;
    const { stdout } = await reader.ended;
    expect(events(stdout).map(({ text, base64 }) => text ?? base64)).toEqual([
      'AAr/',
      '',
      'YQpiCmM=',
      'a\nb\nc',
    ]);
  });

  test('a frame that does not end is a failure; what came before it is posted', async () => {
    const { url } = await hub();
    const reader = await tail(`${url}/raw`, '--count', '1');
    const { code, stderr } = await publish(
      Buffer.from([0, 0, 0, 1, 65, 0, 0, 0, 9, 66]),
      '-c',
      'raw',
      '--frames',
    ).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      'ringcast: Standard input ended inside a frame, after 1 of 9 bytes of a message.',
    );
    expect((await reader.ended).code).toBe(0);
  });

  test('follows a file that grows: tail -f FILE | ringcast publish', async () => {
    const { url } = await hub();
    const reader = await tail(`${url}/log`);
    const file = path.join(folder, 'app.log');
    writeFileSync(file, 'first\n');
    const follower = spawn('tail', ['-n', '+1', '-f', file], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const publisher = publish(undefined, '-c', 'log');
      follower.stdout.pipe(publisher.process.stdin!);
      await reader.prints(/first\n/, 'stdout');
      writeFileSync(file, 'second\n', { flag: 'a' });
      await reader.prints(/second\n/, 'stdout');
      publisher.process.kill('SIGINT');
      expect(await publisher.ended).toMatchObject({
        code: 130,
        stderr: expect.stringContaining('2 lines posted.'),
      });
    } finally {
      follower.kill();
      await once(follower, 'exit');
    }
  });

  test('lives through a restart of the hub; with --json it tells', async () => {
    const first = await hub();
    const publisher = publish(undefined, '-c', 'log', '--json');
    await publisher.prints(/connected/, 'stdout');
    publisher.process.stdin?.write('one\n');
    first.program.process.kill('SIGTERM');
    await first.program.ended;
    await publisher.prints(/disconnected/, 'stdout');
    const second = await hub();
    await publisher.prints(/disconnected[\s\S]*"connected"/, 'stdout');
    const reader = await tail(`${second.url}/log`, '--count', '1');
    publisher.process.stdin?.end('two\n');
    expect((await reader.ended).stdout).toBe('two\n');
    const { code, stdout } = await publisher.ended;
    expect(code).toBe(0);
    expect(events(stdout)).toEqual([
      { event: 'connected', socket, pid: publisher.process.pid },
      { event: 'disconnected', reason: `the hub at ${socket} closed` },
      { event: 'connected' },
      { event: 'done', posted: 2, skipped: 0, repaired: 0, acknowledged: 2, lost: 0 },
    ]);
  });

  test('with --no-reconnect it fails when the hub closes before the input ends', async () => {
    const { program } = await hub();
    const publisher = publish(undefined, '-c', 'log', '--no-reconnect');
    await publisher.prints(/^Connected/, 'stderr');
    program.process.kill('SIGTERM');
    const { code, stderr } = await publisher.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      `ringcast: The rest of standard input was not read: the hub at ${socket} closed.\n`,
    );
  });

  test('waits for a hub with --wait, and says without it that there is none', async () => {
    const { code, stderr } = await publish('x\n', '-c', 'log').ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ringcast: cannot connect to a hub at .*: there is no socket: .*\nStart a hub with ringcast run/,
    );
    const publisher = publish('x\n', '-c', 'log', '--wait', '30');
    await hub();
    expect(await publisher.ended).toMatchObject({ code: 0 });
    const late = await publish(
      'x\n',
      '-c',
      'log',
      '--wait',
      '0.2',
      '--socket',
      path.join(folder, 'none.sock'),
    ).ended;
    expect(late.code).toBe(1);
  });

  test.each([
    [[], "required option '-c, --channel <NAME>' not specified"],
    [['-c', ''], "A channel's name has 1 to 255 bytes"],
    [['-c', 'log', '--wait', 'x'], 'a number of seconds above 0'],
    [['-c', 'log', '--text'], '--text needs --frames: lines are text anyway.'],
    [['-c', 'log', 'more'], 'too many arguments'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await publish('', ...args).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('a line that is too long is skipped, and counted', async () => {
    await hub('--lane-bytes', '4KiB');
    const { code, stderr } = await publish(`ok\n${'x'.repeat(5_000)}\nok\n`, '-c', 'log').ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(/line 2 is skipped: it has 5000 bytes, the longest message is 1506 /);
    expect(stderr).toContain('2 lines posted.\nwarning: 1 skipped: too long.\n');
  });
});

describe('the socket of ringcast run', () => {
  test('another hub that runs already keeps it: the second says so, and serves without', async () => {
    await hub();
    const { program, socket: second } = await hub();
    expect(second).toBeUndefined();
    expect(program.stderr).toMatch(
      /^Other processes cannot post to this hub: .*another hub listens on .*--socket\.\n/,
    );
  });

  test('lies where --socket says; if it cannot be had there, nothing is started', async () => {
    const own = path.join(folder, 'own.sock');
    const { program, socket: told } = await hub('--socket', own);
    expect(told).toBe(own);
    await program.prints(/Other processes post by ringcast publish --socket \/.*own\.sock\n/, 'stderr');
    const { code, stderr } = await ringcast('run', '--port', '0', '--socket', own).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^ringcast: Cannot open the socket for producers: another hub .*\.\nChoose another path/,
    );
    program.process.kill('SIGTERM');
    await program.ended;
    expect(existsSync(own)).toBe(false);
  });

  test('with --no-socket there is none', async () => {
    const { socket: none } = await hub('--no-socket');
    expect(none).toBeUndefined();
    expect(existsSync(socket)).toBe(false);
  });
});
