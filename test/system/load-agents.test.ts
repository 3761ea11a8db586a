/** Load from several hosts (network and time namespaces of their own) and processes, with the built program. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import type { LoadResult } from '../../src/shared/load/result';
import { endAll, whenOver } from '../support/hubs';
import { testAsRoot } from '../support/platform';
import { type Outcome, Program, RINGCAST } from '../support/program';
import { removeFolders, temporaryFolder } from '../support/temporary';

afterEach(async () => {
  await endAll();
  removeFolders();
});

const TOKEN = 'correct horse battery staple';
/** The network between this namespace and those of the agents: for tests only (RFC 5737). */
const HERE = '198.51.100.1';

/** A network namespace with a link to this one, whose processes have a monotonic clock that is ahead. */
class Host {
  readonly name: string;
  readonly address: string;
  readonly #link: string;
  readonly aheadSeconds: number;

  constructor(number: number, aheadSeconds: number) {
    this.name = `ringcast-${process.pid}-${number}`;
    this.address = `198.51.100.${number * 4 + 2}`;
    this.#link = `rc${process.pid % 100_000}-${number}`;
    this.aheadSeconds = aheadSeconds;
    const here = number === 0 ? HERE : `198.51.100.${number * 4 + 1}`;
    whenOver(() => this.#remove());
    ip('netns', 'add', this.name);
    ip('link', 'add', this.#link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name);
    ip('address', 'add', `${here}/30`, 'dev', this.#link);
    ip('link', 'set', this.#link, 'up');
    for (const device of ['lo', 'eth0']) ip('-n', this.name, 'link', 'set', device, 'up');
    ip('-n', this.name, 'address', 'add', `${this.address}/30`, 'dev', 'eth0');
    ip('-n', this.name, 'route', 'add', 'default', 'via', here);
  }

  async startAgent(tokenFile: string): Promise<{ address: string; kill(): void; unplug(): void }> {
    const child = spawn(
      'ip',
      [
        ...['netns', 'exec', this.name],
        ...['unshare', '--time', '--monotonic', String(this.aheadSeconds), '--fork', '--kill-child'],
        ...[process.execPath, RINGCAST, 'agent', '--listen', `${this.address}:0`],
        ...['--token-file', tokenFile, '--json', '--quiet'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'close');
    whenOver(() => {
      child.kill('SIGKILL');
      return ended;
    });
    const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string];
    const { address } = JSON.parse(line) as { address: string };
    return {
      address,
      kill: () => child.kill('SIGKILL'),
      unplug: () => ip('link', 'set', this.#link, 'down'),
    };
  }

  #remove(): void {
    for (const command of [
      ['link', 'delete', this.#link],
      ['netns', 'delete', this.name],
    ]) {
      try {
        ip(...command);
      } catch {} // it is gone with the other
    }
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Gives each message to everybody. @returns its URL */
async function startServer(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: HERE, perMessageDeflate: false });
  await once(server, 'listening');
  whenOver(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  server.on('connection', (client) => {
    client.on('error', () => {});
    client.on('message', (data, binary) => {
      for (const other of server.clients) other.send(data, { binary });
    });
  });
  return `ws://${HERE}:${(server.address() as AddressInfo).port}/`;
}

class Rig {
  readonly folder = temporaryFolder();
  readonly tokenFile = path.join(this.folder, 'token');
  readonly resultFile = path.join(this.folder, 'result.json');
  readonly agents: Awaited<ReturnType<Host['startAgent']>>[] = [];
  url = '';

  static async start(aheads: number[]): Promise<Rig> {
    const rig = new Rig();
    writeFileSync(rig.tokenFile, TOKEN, { mode: 0o600 });
    for (const [number, ahead] of aheads.entries()) {
      rig.agents.push(await new Host(number, ahead).startAgent(rig.tokenFile));
    }
    rig.url = await startServer();
    return rig;
  }

  bench(...flags: string[]): Program {
    const agents = this.agents.map(({ address }) => address).join(',');
    const program = new Program(RINGCAST, [
      ...['bench', this.url, '--agents', agents, '--agent-token-file', this.tokenFile],
      ...['-o', this.resultFile, '--json', ...flags],
    ]);
    whenOver(() => program.process.kill('SIGKILL'));
    return program;
  }

  result(): LoadResult {
    return JSON.parse(readFileSync(this.resultFile, 'utf8')) as LoadResult;
  }
}

/** Whether a test is right does not depend on how fast this machine is: figures of an overloaded one are right, too. */
function ended({ code, stderr }: Outcome): void {
  if (code !== 0 && code !== 3) throw new Error(`it ended with ${code}: ${stderr}`);
}

describe('agents on other hosts', () => {
  testAsRoot(
    'whose clocks are hours apart measure latencies from one to the other, all positive',
    async () => {
      const rig = await Rig.start([5_000, 20_000]);
      ended(await rig.bench('-c', '10', '-r', '100', '-d', '2s', '--warmup', '100ms', '--force').ended);
      const { generator, reconciliation, totals, latency } = rig.result();
      expect(reconciliation).toMatchObject({ lost: 0, duplicated: 0, addsUp: true });
      expect(reconciliation.received).toBe(totals.published * 10);
      expect(totals.negative).toBe(0);
      expect(latency.response.count).toBe(200 * 10);
      expect(latency.response.maxMs).toBeLessThan(60_000); // far less than what the clocks are apart
      const offsets = [-5_000e9, -20_000e9];
      for (const [at, { address }] of rig.agents.entries()) {
        const clock = generator.clocks.find((known) => known.generator === address)!;
        expect(Math.abs(clock.offsetNs - offsets[at]!)).toBeLessThanOrEqual(clock.uncertaintyNs);
        expect(clock.uncertaintyNs).toBeGreaterThan(0);
      }
    },
  );

  testAsRoot('in mode echo need no clock', async () => {
    const rig = await Rig.start([5_000]);
    ended(await rig.bench('-c', '1', '--mode', 'echo', '-r', '100', '-d', '1s').ended);
    const { verdict, latency, reconciliation } = rig.result();
    expect(reconciliation).toMatchObject({ lost: 0, received: reconciliation.expected });
    expect(latency.response.count).toBe(100);
    expect(verdict.reasons.join()).not.toMatch(/clocks/);
  });

  const ways: [string, (agent: Rig['agents'][number]) => void][] = [
    ['is killed', (agent) => agent.kill()],
    ['is unplugged', (agent) => agent.unplug()],
  ];
  for (const [how, spoil] of ways) {
    testAsRoot(`of which one ${how}: the test ends, with what the others have, not valid`, async () => {
      const rig = await Rig.start([0, 0]);
      const program = rig.bench('-c', '10', '-r', '100', '-d', '60s', '--warmup', '100ms');
      await program.prints(/"second"/, 'stdout');
      spoil(rig.agents[1]!);
      const { code } = await program.ended;
      expect(code).toBe(3);
      const { run, verdict, totals } = rig.result();
      expect(run.ended).toBe('failed');
      expect(verdict.valid).toBe(false);
      expect(verdict.reasons.join()).toContain(rig.agents[1]!.address);
      expect(totals.received).toBeGreaterThan(0);
    });
  }
});

describe('several processes of one host', () => {
  test('have every message come to each of 3,000 peers of a hub', async () => {
    const rig = new Rig();
    const program = new Program(RINGCAST, [
      ...['bench', '-c', '3000', '--processes', '2', '--connect-rate', '3000', '-r', '2', '-d', '2s'],
      ...['--warmup', '500ms', '--drain-timeout', '20s', '-q', '-o', rig.resultFile],
    ]);
    whenOver(() => program.process.kill('SIGKILL'));
    ended(await program.ended);
    const { totals, reconciliation, generator } = rig.result();
    expect(generator.processes).toBe(2);
    expect(totals).toMatchObject({ opened: 3_000, connectFailed: 0, lostConnections: 0 });
    expect(totals.published).toBeGreaterThanOrEqual(4);
    expect(reconciliation).toMatchObject({ received: totals.published * 3_000, lost: 0, addsUp: true });
  });

  test('end the run when nobody can connect, however long it was to be', async () => {
    const program = new Program(RINGCAST, ['bench', 'ws://127.0.0.1:1/', '-c', '20', '-d', '1h', '-q']);
    whenOver(() => program.process.kill('SIGKILL'));
    const { code, stdout } = await program.ended;
    expect(code).toBe(4);
    expect(stdout).toContain('none of 20 clients could connect');
  });
});
