/** How `ringcast bench` ends before its time, by whatever it is, in each of its phases. Short runs of the built program. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { descendantsOf } from '../../src/main/load/target/process-usage';
import { acceptFor } from '../../src/workers/load/upgrade';
import { endAll, until, whenOver } from '../support/hubs';
import { startRudeServer, startWsServer } from '../support/load-peers';
import { describeOnLinux, testOnLinux } from '../support/platform';
import { Program, RINGCAST, ROOT } from '../support/program';
import { untilGone } from '../support/targets';
import { temporaryFolder } from '../support/temporary';

afterEach(endAll);

/** Nobody's settings. */
const ENVIRONMENT = { XDG_CONFIG_HOME: '/nowhere' };

function bench(args: string[], environment: NodeJS.ProcessEnv = {}): Program {
  const all = ['bench', '--json', '-r', '100', '--warmup', '0', '--settle', '0', ...args];
  const program = new Program(RINGCAST, all, { ...ENVIRONMENT, ...environment });
  whenOver(async () => {
    program.process.kill('SIGKILL');
    await program.ended;
  });
  return program;
}

/** What a test needs to stay in a phase for as long as a test of it may take. */
const STAYING: [phase: string, args: string[]][] = [
  ['connect', ['-c', '500', '--connect-rate', '10']],
  ['settle', ['-c', '4', '--settle', '60s']],
  ['warm-up', ['-c', '4', '--warmup', '60s']],
  ['measure', ['-c', '4', '-d', '60s']],
  ['drain', ['-c', '4', '-d', '100ms', '--drain-timeout', '60s']],
  ['finish', ['-c', '4', '-d', '100ms', '--drain-timeout', '0']],
];

/** Takes everything and gives nothing: whoever waits for messages waits on. `deaf`: nor does it answer a close, which takes its time. */
async function silentServer({ deaf }: { deaf: boolean }): Promise<{ url: string; open: () => number }> {
  if (!deaf) {
    const { url, server } = await startWsServer((ws) => ws.resume());
    return { url, open: () => server.clients.size };
  }
  const open = new Set<Socket>();
  const { url } = await startRudeServer((socket, head) => {
    open.add(socket.resume());
    socket.once('close', () => open.delete(socket));
    const key = /^sec-websocket-key: (.*)\r$/im.exec(head)![1];
    socket.write(
      `HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
    );
  });
  return { url, open: () => open.size };
}

const serverFor = (phase: string) => silentServer({ deaf: phase === 'finish' });

const reached = (program: Program, phase: string) =>
  program.prints(new RegExp(`"event":"phase","name":"${phase}"`), 'stdout');

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1)!);

/** Waits until a program has so many processes below it. */
async function descendantsOnce(program: Program, count: number): Promise<number[]> {
  const pid = program.process.pid!;
  await until(() => descendantsOf(pid).length === count, `it has ${count} processes`);
  return descendantsOf(pid);
}

const LISTENING = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
const DEAF = [process.execPath, '-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'];

describeOnLinux('killed, it leaves no process behind', () => {
  test.each([['prepare', ['-c', '4']] as (typeof STAYING)[number], ...STAYING])(
    'in %s',
    async (phase, args) => {
      const { url } = await serverFor(phase);
      const program = bench([url, '--processes', '2', ...args]);
      await reached(program, 'prepare');
      const children = await descendantsOnce(program, 2);
      await reached(program, phase);
      program.process.kill('SIGKILL');
      await untilGone(...children);
    },
  );

  test.each<[what: string, args: string[], processes: number]>([
    ['a hub', ['-d', '60s'], 1],
    ['a command, with its guard', ['ws://127.0.0.1:1', '--on-port', '--', ...LISTENING], 2],
  ])('that is %s', async (_what, args, processes) => {
    const program = bench(args);
    const children = await descendantsOnce(program, processes);
    program.process.kill('SIGKILL');
    await untilGone(...children);
  });
});

describe('interrupted, it ends with 130 and what it has', () => {
  test.each(STAYING)('in %s', async (phase, args) => {
    const { url, open } = await serverFor(phase);
    const program = bench([url, ...args]);
    await reached(program, phase);
    program.process.kill('SIGINT');
    const { code, stdout, stderr } = await program.ended;
    const { event, result } = lastLine(stdout);
    expect({ code, event }).toEqual({ code: 130, event: 'result' });
    expect(stderr).toMatch(/^Ending, with what was measured until now\. .*\n$/);
    expect(result.run.ended).toBe('interrupted');
    expect(result.run.phases.at(-1).name).toBe('finish');
    expect(result.reconciliation.addsUp).toBe(true);
    await until(() => open() === 0, 'every connection is closed');
  });

  testOnLinux('a second time, while its server does not end: at once', async () => {
    const program = bench(['ws://127.0.0.1:1', '--on-port', '--', ...DEAF]);
    const children = await descendantsOnce(program, 2);
    program.process.kill('SIGINT');
    await program.prints(/^Ending,/, 'stderr');
    program.process.kill('SIGINT');
    expect((await program.ended).code).toBe(130);
    await untilGone(...children);
  });
});

describe('failed, it ends with 3 and what it has', () => {
  test('when a load thread dies', async () => {
    const { url, open } = await silentServer({ deaf: false });
    const script = path.join(temporaryFolder(), 'deadly.cjs');
    writeFileSync(
      script,
      `let opened = 0;
       exports.adapter = { name: 'deadly', open() { if (++opened === 4) setTimeout(() => { throw new Error('boom') }, 300); } };`,
    );
    const { code, stdout } = await bench([url, '-c', '4', '-w', '1', '-d', '60s', '--script', script]).ended;
    const { result } = lastLine(stdout);
    expect([code, result.run.ended, result.totals.opened]).toEqual([3, 'failed', 4]);
    expect(result.verdict.reasons.join()).toContain('boom');
    await until(() => open() === 0, 'every connection is closed');
  });

  testOnLinux('when one of its processes is killed', async () => {
    const { url, open } = await silentServer({ deaf: false });
    const program = bench([url, '-c', '4', '-d', '60s', '--processes', '2']);
    await program.prints(/"event":"second"/, 'stdout');
    const children = await descendantsOnce(program, 2);
    process.kill(children[0], 'SIGKILL');
    const { code, stdout } = await program.ended;
    const { result } = lastLine(stdout);
    expect([code, result.run.ended, result.totals.opened]).toEqual([3, 'failed', 4]);
    expect(result.verdict.reasons.join()).toContain('ended by SIGKILL');
    await untilGone(...children);
    await until(() => open() === 0, 'every connection is closed');
  });
});

test('a fault of its own is 70, and asks to be reported', async () => {
  const fault = path.join(temporaryFolder(), 'fault.cjs');
  writeFileSync(fault, `require('node:crypto').randomUUID = () => { throw new TypeError('no luck') };`);
  const { url } = await silentServer({ deaf: false });
  const args = [url, '-c', '2', '-d', '100ms', '--drain-timeout', '0'];
  const { code, stderr } = await bench(args, { NODE_OPTIONS: `--require=${fault}` }).ended;
  expect([code, stderr]).toEqual([70, 'ringcast: no luck\nWith --debug it tells more. Please report it.\n']);
});

test('whoever reads it has seen enough: it ends early, and says nothing', async () => {
  const { url, open } = await silentServer({ deaf: false });
  const program = bench([url, '-c', '4', '-d', '60s']);
  await program.prints(/"event":"run"/, 'stdout');
  program.process.stdout!.destroy();
  const { code, stderr } = await program.ended;
  expect([code, stderr]).toEqual([0, '']);
  await until(() => open() === 0, 'every connection is closed');
});

test('--cert and --key let it in where a server demands them; without, nobody is let in', async () => {
  const support = (name: string) => path.join(ROOT, 'test/support', name);
  const pem = (name: string) => readFileSync(support(name), 'utf8');
  const trusted = { ca: pem('second-cert.pem'), requestCert: true, rejectUnauthorized: true };
  const tls = { key: pem('test-key.pem'), cert: pem('test-cert.pem'), ...trusted };
  const { url } = await startWsServer((ws) => ws.on('message', (data) => ws.send(data)), {}, tls);
  const args = [url, '--mode', 'echo', '-c', '2', '-d', '200ms', '--cacert', support('test-cert.pem')];
  const own = ['--cert', support('second-cert.pem'), '--key', support('second-key.pem')];
  const good = lastLine((await bench([...args, ...own]).ended).stdout).result;
  expect([good.totals.opened, good.totals.connectFailed, good.reconciliation.lost]).toEqual([2, 0, 0]);
  const { code, stdout } = await bench([...args, '--connect-attempts', '1']).ended;
  expect([code, lastLine(stdout).result.totals.connectFailed]).toEqual([4, 2]);
  expect(stdout).toContain('CERTIFICATE_REQUIRED');
});
