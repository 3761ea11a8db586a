import { LoadOptionsError } from '../../../../src/main/load/faults';
import type { LoadOptions } from '../../../../src/main/load/options';
import { atUrl, type Machine, resolvePlan } from '../../../../src/main/load/resolve-plan';

const URL = 'ws://127.0.0.1:9000/';
const machine: Machine = { cores: 4, descriptorLimit: 20_000 };
const planOf = (options: LoadOptions) => resolvePlan({ url: URL, ...options }, machine);

function faultsOf(options: LoadOptions): string[] {
  try {
    resolvePlan(options, machine);
  } catch (error) {
    expect(error).toBeInstanceOf(LoadOptionsError);
    return (error as LoadOptionsError).faults.map(({ option, message }) => `${option}: ${message}`);
  }
  return [];
}

describe('the plan of a load test', () => {
  it('has a default for everything', () => {
    expect(resolvePlan({ seed: 1 }, machine)).toMatchObject({
      mode: 'broadcast',
      clients: 100,
      publishers: 1,
      workers: 3,
      processes: 1,
      stages: [{ durationMs: 10_000, ratePerSecond: 1_000, ramp: false }],
      warmupMs: 2_000,
      durationMs: 10_000,
      maxMessages: undefined,
      payload: {
        sizes: [{ minBytes: 128, maxBytes: 128, weight: 1 }],
        text: false,
        fill: { kind: 'random' },
      },
      connect: { url: '', adapter: 'raw', client: 'sink', ratePerSecond: 1_000, attempts: 3 },
      checks: ['order', 'loss', 'content'],
      percentiles: [50, 90, 99, 99.9],
    });
  });

  it.each<[string, LoadOptions, string]>([
    [
      'too many clients',
      { clients: 1e9 },
      'clients: must be a whole number from 1 to 1000000, and is 1000000000',
    ],
    ['no clients', { clients: 0 }, 'clients: must be a whole number from 1 to 1000000, and is 0'],
    ['half a client', { clients: 1.5 }, 'clients: must be a whole number from 1 to 1000000, and is 1.5'],
    [
      'a mode that is none',
      { mode: 'shout' as 'echo' },
      'mode: must be one of broadcast, echo, fan-in, idle, connect, reconnect, churn, and is "shout"',
    ],
    [
      'rate 0',
      { ratePerSecond: 0 },
      'ratePerSecond: must not be 0 in mode broadcast: use mode idle to send nothing',
    ],
    [
      'a rate while idle',
      { mode: 'idle', ratePerSecond: 5 },
      'ratePerSecond: must be left out, or 0, in mode idle: nothing is sent',
    ],
    [
      'a rate that is no number',
      { ratePerSecond: Number.NaN },
      'ratePerSecond: must be a number from 0 to 10000000, and is NaN',
    ],
    [
      'publishers of an echo',
      { mode: 'echo', publishers: 2 },
      'publishers: must be left out in mode echo: every client sends',
    ],
    [
      'another scheme',
      { url: 'https://x.example/' },
      'url: must begin with ws:// or wss://, and is "https://x.example/": did you mean wss://x.example/?',
    ],
    [
      'no URL at all',
      { url: 'nowhere' },
      'url: must be a URL such as ws://127.0.0.1:8080/path, and is "nowhere"',
    ],
    [
      'a small message',
      { sizeBytes: 31 },
      'sizeBytes: must be a whole number from 32 to 104857600, and is 31: the stamp that each message carries, and what surrounds it, needs that much',
    ],
    [
      'a small text',
      { sizeBytes: 46, payload: { text: true } },
      'sizeBytes: must be a whole number from 47 to 104857600, and is 46: the stamp that each message carries, and what surrounds it, needs that much',
    ],
    [
      'sizes upside down',
      { sizeBytes: { min: 200, max: 100 } },
      'sizeBytes: must not go from 200 down to 100',
    ],
    [
      'more messages than can be numbered',
      { ratePerSecond: 1_000_000, durationMs: 6_000_000, warmupMs: 0, publishers: 1 },
      'ratePerSecond: comes to 6000000000 messages of one publisher, and they are numbered up to 4294967295: take more publishers, or a shorter test',
    ],
    [
      'a template without a stamp',
      { payload: { template: '{}' } },
      'payload.template: must hold {{stamp}} once, by which messages are measured, and {{fill}} at most once: it has 0 and 0',
    ],
    [
      'a stage too short',
      { stages: [{ durationMs: 1, ratePerSecond: 5 }] },
      'stages[0].durationMs: must be a number from 10 to 604800000, and is 1',
    ],
    [
      'stages and a rate',
      { stages: [{ durationMs: 1_000, ratePerSecond: 5 }], ratePerSecond: 5 },
      'stages: have rates and durations of their own: leave ratePerSecond and durationMs out',
    ],
    ['no stages', { stages: [] }, 'stages: must be a whole number from 1 to 1000, and is 0'],
    [
      'more slow peers than peers',
      { clients: 10, slow: [{ clients: 11, behaviour: { kind: 'never-read' } }] },
      'slow[0]: must be from 1 to 10 of the 10 clients, and is 11',
    ],
    [
      'a slow group of nobody',
      { clients: 10, slow: [{ share: 0.01, behaviour: { kind: 'never-read' } }] },
      'slow[0]: must be from 1 to 10 of the 10 clients, and is 0',
    ],
    [
      'a behaviour that is none',
      { slow: [{ share: 0.1, behaviour: { kind: 'lazy' } as never }] },
      'slow[0].behaviour.kind: must be one of rate, stall, never-read, half-open, cut, and is "lazy"',
    ],
    [
      'a header that smuggles',
      { headers: { 'X-A': 'a\r\nB: c' } },
      'headers: the value of X-A must be text without line ends',
    ],
    [
      'a script that is not there',
      { adapter: '/no/such/file.js' },
      'adapter: must be raw, socket.io or the path of a module; there is no file /no/such/file.js',
    ],
    [
      'a command without its URL',
      { command: { file: 'true', arguments: [] } },
      'command: needs url: where the server will listen once it has started',
    ],
    [
      'a target and a URL',
      { url: URL, target: 'echo' },
      'target: is started by the test, so there can be no url: leave one of them out',
    ],
    [
      'compression of raw peers',
      { compression: true },
      "compression: needs client 'ws': the raw peers speak none",
    ],
    [
      'churn without its mode',
      { churnPerSecond: 5 },
      'churnPerSecond: is for mode churn, and the mode is broadcast',
    ],
    [
      'a percentile of 100',
      { percentiles: [100] },
      'percentiles: must be a number from 0.001 to 99.9999999, and is 100',
    ],
  ])('refuses %s, names the value, the limit and the remedy', (_what, options, fault) => {
    expect(faultsOf(options)).toContain(fault);
  });

  it('tells all faults at once', () => {
    expect(faultsOf({ clients: 0, url: 'x', seed: -1 })).toHaveLength(3);
  });

  it('takes as many processes as the descriptor limit asks for, and shares the cores among them', () => {
    expect(planOf({ clients: 19_800 })).toMatchObject({ processes: 1, workers: 3 });
    expect(planOf({ clients: 19_801 })).toMatchObject({ processes: 2, workers: 1 });
    expect(resolvePlan({ clients: 1_000_000 }, { cores: 1, descriptorLimit: undefined })).toMatchObject({
      processes: 1,
      workers: 1,
    });
  });

  it('spreads clients of loopback over source addresses past what one has ports for', () => {
    expect(planOf({ clients: 20_000 }).connect.sourceAddresses).toEqual([]);
    expect(planOf({ clients: 20_001 }).connect.sourceAddresses).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(resolvePlan({ clients: 20_001, url: 'ws://10.0.0.1/' }, machine).connect.sourceAddresses).toEqual(
      [],
    );
  });

  it('warms up for a fifth of the run, between half a second and five', () => {
    const warmup = (durationMs: number) => planOf({ durationMs }).warmupMs;
    expect([1_000, 10_000, 60_000].map(warmup)).toEqual([500, 2_000, 5_000]);
    expect(planOf({ mode: 'idle' }).warmupMs).toBe(0);
  });

  it('learns the URL of a server that is started for it', () => {
    const plan = atUrl(resolvePlan({ clients: 30_000 }, machine), URL);
    expect(plan.connect).toMatchObject({
      url: URL,
      publishUrl: URL,
      sourceAddresses: ['127.0.0.1', '127.0.0.2'],
    });
  });

  it('counts slow clients from shares', () => {
    const plan = planOf({
      clients: 30,
      slow: [{ share: 0.1, name: '10%:never', behaviour: { kind: 'never-read' } }],
    });
    expect(plan.slow).toEqual([{ name: '10%:never', clients: 3, behaviour: { kind: 'never-read' } }]);
  });
});
