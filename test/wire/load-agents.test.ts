/** Generators that are not in the coordinator's process: in one of their own, and at an agent. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';
import { Agent, type AgentEvent, type AgentOptions, MAX_STRANGERS } from '../../src/main/load/remote/agent';
import { AgentGenerator, type AgentGeneratorOptions } from '../../src/main/load/remote/agent-generator';
import { ProcessGenerator } from '../../src/main/load/remote/process-generator';
import { Kind } from '../../src/main/load/remote/protocol';
import { frameOf } from '../../src/shared/foreign/protocol';
import { monotonicNs } from '../../src/shared/load/monotonic';
import type { LoadPlan } from '../../src/shared/load/plan';
import { FakeGenerator } from '../support/fake-generator';
import { endAll, until, whenOver } from '../support/hubs';
import { loadPlan } from '../support/load-plan';

afterEach(endAll);

const TOKEN = 'correct horse battery staple';
const VERSION = '1.2.3';
const SHARE = { clients: { from: 0, to: 2 }, publishers: { from: 0, to: 1 } };
const TIMETABLE = { startNs: 1, measureFromNs: 2.5, measureToNs: 9_007_199_254_740_991 };
const named = (name: string): LoadPlan => loadPlan({ name });

const pem = (file: string): string => readFileSync(path.join(__dirname, '../support', file), 'utf8');

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function startProcess(): ProcessGenerator {
  const entry = path.join(__dirname, 'processes/fake-generator.ts');
  const generator = ProcessGenerator.start({ name: 'process 2', entry });
  whenOver(() => generator.abort());
  return generator;
}

describe('a generator in a process of its own', () => {
  test('does what the one inside does, and is gone when it has finished', async () => {
    const generator = startProcess();
    await generator.prepare(named('a test'), SHARE);
    generator.setClock(5);
    await generator.connect();
    await generator.begin(TIMETABLE);
    const { generator: name, counters, histograms, published } = await generator.snapshot();
    expect({ name, received: counters.received, count: histograms.response.count, published }).toEqual({
      name: 'process 2',
      received: 3,
      count: 3,
      published: { 0: 17, 5: 3 },
    });
    expect((await generator.snapshot({ 0: 9 })).counters.expected).toBe(9);
    await generator.stopPublishing();
    const last = await generator.finish({ 0: 20 });
    expect(last).toMatchObject({ counters: { received: 4 }, published: { 0: 20 } });
    expect(isAlive(generator.pid!)).toBe(false);
  });

  test('tells what a call failed with', async () => {
    const failing = startProcess().prepare(named('prepare fails'), SHARE);
    await expect(failing).rejects.toMatchObject({
      code: 'RINGCAST_E_GENERATOR_FAILED',
      message: 'process 2: no memory',
      cause: { code: 'ENOMEM' },
    });
  });

  test('tells that it broke down, and lives until it is aborted', async () => {
    const generator = startProcess();
    await generator.prepare(named('breaks down'), SHARE);
    await expect(generator.failed).rejects.toThrow('process 2: a load thread died');
    expect(isAlive(generator.pid!)).toBe(true);
    await generator.abort();
    expect(isAlive(generator.pid!)).toBe(false);
  });

  test.each([
    ['dies', 'process 2: its process ended by SIGKILL'],
    ['throws', /^process 2: its process ended with exit code 1: .*a fault of ours/s],
  ])('that %s ends whatever waits for it, and says how it ended', async (name, message) => {
    const generator = startProcess();
    const prepared = generator.prepare(named(name), SHARE).then(() => generator.connect());
    await expect(generator.failed).rejects.toThrow(message);
    await prepared.catch((error) => expect(error.message).toMatch(message));
    await expect(generator.snapshot()).rejects.toMatchObject({ code: 'RINGCAST_E_GENERATOR_GONE' });
  });

  test('is aborted in the middle of a call, any number of times', async () => {
    const generator = startProcess();
    await generator.prepare(named('never connects'), SHARE);
    const connecting = generator.connect();
    connecting.catch(() => {});
    await Promise.all([generator.abort(), generator.abort()]);
    await expect(connecting).rejects.toMatchObject({ code: 'RINGCAST_E_GENERATOR_GONE' });
    expect(isAlive(generator.pid!)).toBe(false);
    await generator.abort();
  });
});

class Rig {
  readonly generators: FakeGenerator[] = [];
  readonly events: AgentEvent[] = [];
  agent!: Agent;

  static async start(options: Partial<AgentOptions> = {}): Promise<Rig> {
    const rig = new Rig();
    rig.agent = await Agent.listen({
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      version: VERSION,
      newGenerator: () => {
        const generator = new FakeGenerator();
        rig.generators.push(generator);
        return generator;
      },
      onEvent: (event) => rig.events.push(event),
      ...options,
    });
    whenOver(() => rig.agent.close());
    return rig;
  }

  get address(): string {
    return `127.0.0.1:${this.agent.port}`;
  }

  async connect(options: Partial<AgentGeneratorOptions> = {}): Promise<AgentGenerator> {
    const generator = await AgentGenerator.connect({
      address: this.address,
      token: TOKEN,
      version: VERSION,
      ...options,
    });
    whenOver(() => generator.abort());
    return generator;
  }

  /** A connection of somebody who knows nothing. */
  async stranger(): Promise<Socket> {
    const socket = net.connect(this.agent.port, '127.0.0.1');
    socket.on('error', () => {});
    whenOver(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  async told(type: AgentEvent['type']): Promise<AgentEvent> {
    await until(() => this.events.some((event) => event.type === type), `the agent tells: ${type}`);
    return this.events.find((event) => event.type === type)!;
  }
}

describe('an agent', () => {
  test('works for a coordinator that has its token, and is free for the next one at once', async () => {
    const rig = await Rig.start();
    for (let run = 0; run < 3; run++) {
      const generator = await rig.connect();
      await generator.prepare(named(`run ${run}`), SHARE);
      await generator.connect();
      await generator.begin(TIMETABLE);
      expect((await generator.snapshot()).generator).toBe(rig.address);
      expect((await generator.finish({ 0: run })).published).toEqual({ 0: run });
      const fake = rig.generators[run]!;
      expect(fake.calls).toEqual(['prepare', 'connect', 'begin', 'finish']);
      expect(fake).toMatchObject({ share: SHARE, timetable: TIMETABLE, plan: { name: `run ${run}` } });
    }
  });

  test('has the clock of its host: on one host there is nothing to compare', async () => {
    const rig = await Rig.start();
    const generator = await rig.connect();
    expect(generator.clock()).toEqual({ generator: rig.address, offsetNs: 0, uncertaintyNs: 0, driftPpm: 0 });
  });

  test('has the coordinator compare the clocks, where they are two', async () => {
    const AHEAD_NS = 5_000e9;
    const rig = await Rig.start({ clock: { identity: 'another', nowNs: () => monotonicNs() + AHEAD_NS } });
    const generator = await rig.connect();
    await generator.prepare(named('clocks'), SHARE);
    await generator.connect();
    await generator.begin(TIMETABLE);
    const { offsetNs, uncertaintyNs, driftPpm } = generator.clock();
    expect(Math.abs(offsetNs + AHEAD_NS)).toBeLessThanOrEqual(uncertaintyNs);
    expect(uncertaintyNs).toBeLessThan(100_000_000);
    expect(Math.abs(driftPpm)).toBeLessThanOrEqual(100);
    await generator.snapshot(); // whatever was told of the clock is there now
    expect(Math.abs(rig.generators[0]!.offsetNs! + AHEAD_NS)).toBeLessThanOrEqual(100_000_000);
  });

  test('speaks TLS, with a certificate that the coordinator checks', async () => {
    const [cert, key] = [pem('test-cert.pem'), pem('test-key.pem')];
    const rig = await Rig.start({ tls: { cert, key } });
    const address = `localhost:${rig.agent.port}`;
    const generator = await rig.connect({ address, tls: { ca: cert } });
    expect((await generator.snapshot()).counters.received).toBe(3);
    await generator.abort();
    await expect(rig.connect({ address, tls: {} })).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_UNREACHABLE',
      message: expect.stringContaining('SELF_SIGNED'),
    });
    await expect(rig.connect({ address, timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_UNREACHABLE',
    });
    expect((await rig.connect({ address, tls: { ca: cert } })).name).toBe(address);
  });

  test.each<[string, Partial<AgentGeneratorOptions>, RegExp]>([
    ['another token', { token: 'correct horse battery stable' }, /refuses: the tokens differ/],
    ['another version', { version: '1.2.4' }, /refuses: it is ringcast 1\.2\.3, the coordinator 1\.2\.4/],
  ])('refuses a coordinator with %s', async (_, options, message) => {
    const rig = await Rig.start();
    await expect(rig.connect(options)).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_REFUSED',
      message: expect.stringMatching(message),
    });
    expect(rig.generators).toEqual([]);
    expect(await rig.told('refused')).toMatchObject({ from: expect.stringContaining('127.0.0.1:') });
  });

  test('works for one at a time, and says since when', async () => {
    const rig = await Rig.start();
    const first = await rig.connect();
    await expect(rig.connect()).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_REFUSED',
      message: expect.stringMatching(/refuses: it works for 127\.0\.0\.1:\d+ since \d+ s/),
    });
    expect((await first.snapshot()).counters.received).toBe(3);
    await first.abort();
    expect((await (await rig.connect()).snapshot()).counters.received).toBe(3);
  });

  test('aborts its generator when the coordinator is gone', async () => {
    const rig = await Rig.start();
    const generator = await rig.connect();
    await generator.prepare(named('a test'), SHARE);
    await generator.abort();
    await rig.generators[0]!.whenAborted;
    expect(await rig.told('left')).toMatchObject({ why: expect.stringContaining('ended the connection') });
  });

  test('aborts its generator when the coordinator says nothing any more', async () => {
    const rig = await Rig.start({ silenceMs: 100 });
    const generator = await rig.connect();
    generator.keepSilent();
    await rig.generators[0]!.whenAborted;
    expect(await rig.told('left')).toMatchObject({ why: expect.stringContaining('silent for too long') });
    await expect(generator.failed).rejects.toMatchObject({ code: 'RINGCAST_E_GENERATOR_GONE' });
  });

  test('that is closed ends the test that runs', async () => {
    const rig = await Rig.start();
    const generator = await rig.connect();
    await rig.agent.close();
    await expect(generator.failed).rejects.toMatchObject({
      code: 'RINGCAST_E_GENERATOR_GONE',
      message: expect.stringContaining(`agent ${rig.address}`),
    });
    expect(rig.generators[0]!.aborted).toBe(true);
  });

  test('that nobody started is an error with its address', async () => {
    const rig = await Rig.start();
    await rig.agent.close();
    await expect(rig.connect({ address: '127.0.0.1:1' })).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_UNREACHABLE',
      message: 'agent 127.0.0.1:1 cannot be reached: ECONNREFUSED',
    });
  });

  test('has a token that cannot be found by trying', async () => {
    await expect(Rig.start({ token: 'short' })).rejects.toThrow(/5 bytes: at least 16 are needed/);
  });
});

describe('a stranger at the port of an agent', () => {
  const hello = (words: object) => frameOf(Kind.HELLO, Buffer.from(JSON.stringify(words)));
  const nonce = 'ab'.repeat(32);

  test.each<[string, Buffer]>([
    ['speaks HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['sends a frame of 4 GiB', Buffer.from('ffffffff20000000', 'hex')],
    ['sends no JSON', frameOf(Kind.HELLO, Buffer.from('hello'))],
    ['sends JSON that is no greeting', frameOf(Kind.HELLO, Buffer.from('null'))],
    ['sends a random number that is none', hello({ protocol: 1, nonce: 'x'.repeat(64) })],
    ['speaks another version', hello({ protocol: 99, nonce })],
    ['begins with a request', frameOf(Kind.REQUEST, Buffer.from('{"id":1,"call":"snapshot","with":null}'))],
    [
      'proves nothing',
      Buffer.concat([hello({ protocol: 1, nonce }), frameOf(Kind.PROOF, Buffer.from('{"proof":"00"}'))]),
    ],
  ])('that %s is shown out, and spoils nothing', async (_, bytes) => {
    const rig = await Rig.start();
    const socket = await rig.stranger();
    socket.resume();
    socket.write(bytes);
    await once(socket, 'close');
    expect(rig.generators).toEqual([]);
    expect((await (await rig.connect()).snapshot()).counters.received).toBe(3);
  });

  test('that says nothing is shown out after a while', async () => {
    const rig = await Rig.start({ greetingMs: 50 });
    const socket = await rig.stranger();
    socket.resume();
    await once(socket, 'close');
    expect(await rig.told('refused')).toBeDefined();
  });

  test('leaves room for few others', async () => {
    const rig = await Rig.start();
    for (let i = 0; i < MAX_STRANGERS; i++) await rig.stranger();
    const oneMore = await rig.stranger();
    oneMore.resume();
    await once(oneMore, 'close');
    expect(await rig.told('refused')).toMatchObject({ why: `${MAX_STRANGERS} others are greeting` });
  });

  test('cannot answer in the place of the agent', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.write(frameOf(Kind.CHALLENGE, Buffer.from(JSON.stringify({ protocol: 1, nonce }))));
      socket.write(frameOf(Kind.WELCOME, Buffer.from(JSON.stringify({ proof: '00'.repeat(32) }))));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    whenOver(() => server.close());
    const { port } = server.address() as net.AddressInfo;
    const rig = await Rig.start();
    await expect(rig.connect({ address: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'RINGCAST_E_AGENT_REFUSED',
      message: expect.stringContaining('it has another token'),
    });
  });

  test('on the way can change nothing', async () => {
    const rig = await Rig.start();
    let spoil = false;
    const proxy = net.createServer((here) => {
      const there = net.connect(rig.agent.port, '127.0.0.1');
      for (const socket of [here, there]) socket.on('error', () => {});
      here.on('data', (piece) => {
        if (spoil) piece[piece.length - 1]! ^= 1;
        there.write(piece);
      });
      there.pipe(here);
      here.on('close', () => there.destroy());
      there.on('close', () => here.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    whenOver(() => proxy.close());
    const { port } = proxy.address() as net.AddressInfo;
    const generator = await rig.connect({ address: `127.0.0.1:${port}` });
    await generator.prepare(named('a test'), SHARE);
    spoil = true;
    generator.stopPublishing().catch(() => {});
    expect(await rig.told('left')).toMatchObject({
      why: expect.stringContaining('a frame without the right seal'),
    });
    expect(rig.generators[0]!.calls).toEqual(['prepare']);
  });
});
