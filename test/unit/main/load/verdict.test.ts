import { emptySnapshot } from '../../../../src/main/load/empty-snapshot';
import { type Evidence, judge, VERDICT_LIMITS } from '../../../../src/main/load/verdict';

const counters = emptySnapshot({ slow: [] }).counters;

/** A run of 10 s in which everything went well. */
function evidence(changes: Partial<Evidence> & { counts?: Partial<Evidence['totals']> } = {}): Evidence {
  const { counts, ...rest } = changes;
  return {
    run: { ended: 'complete' },
    totals: {
      ...counters,
      opened: 10,
      scheduled: 1_000,
      published: 1_000,
      publishedMeasured: 1_000,
      publishedPerSecond: 100,
      targetPerSecond: 100,
      achieved: 1,
      receivedPerSecond: 1_000,
      receivedBytesPerSecond: 128_000,
      ...counts,
    },
    responseP99Ms: 1,
    lagP99Ms: 0.2,
    generator: { threads: [thread()] },
    publisherThreads: undefined,
    server: server(0.4),
    reconciliation: {
      expected: 10_000,
      received: 10_000,
      refused: 0,
      unsent: 0,
      droppedByPolicy: 0,
      droppedAtClose: 0,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      corrupt: 0,
      foreign: 0,
      samples: [],
      addsUp: true,
    },
    measuredMs: 10_000,
    clients: 10,
    publishers: 1,
    failure: undefined,
    clockDoubt: undefined,
    force: false,
    ...rest,
  };
}

function thread(changes: Partial<Evidence['generator']['threads'][number]> = {}) {
  return { name: 'load thread 1', utilization: 0.2, delayP99Ms: 1, delayMaxMs: 2, gcMs: 10, ...changes };
}

function server(cpu: number) {
  return { pid: 1, cpu, rssBytes: 1e8, rssIdleBytes: null, rssPerClientBytes: null, cpuUsPerDelivery: null };
}

describe('the verdict', () => {
  it('is good where nothing reached its limit', () => {
    expect(judge(evidence())).toEqual({ limitedBy: 'none', valid: true, reasons: [], warnings: [] });
  });

  it('says nothing of load threads in a test that ended before it measured', () => {
    const busy = { generator: { threads: [thread({ utilization: 1 })] }, measuredMs: 0 };
    const { limitedBy, reasons } = judge(evidence({ ...busy, failure: 'none of 2 clients could connect' }));
    expect({ limitedBy, reasons }).toEqual({
      limitedBy: 'none',
      reasons: ['none of 2 clients could connect'],
    });
  });

  it.each([
    ['complete', 0.98, false],
    ['threshold', 0.98, true],
    ['interrupted', 0.98, true],
    ['interrupted', 0.9, false],
  ] as const)(
    'may miss what was under way when it was cut: %s, %d published, valid: %s',
    (ended, achieved, valid) => {
      const counts = { achieved, targetPerSecond: 100 };
      expect(judge(evidence({ run: { ended }, measuredMs: 500, counts })).valid).toBe(valid);
    },
  );

  it.each<[string, Parameters<typeof evidence>[0], string, boolean, string]>([
    [
      'a busy load thread',
      { generator: { threads: [thread({ utilization: 0.95 })] } },
      'client',
      false,
      'generator: load thread 1 was busy 95.0 % of the time (limit 90.0 %)',
    ],
    [
      'a late event loop',
      { generator: { threads: [thread({ delayP99Ms: 25 })] } },
      'client',
      false,
      'generator: load thread 1 was late by 25 ms at the 99th percentile (limit 20 ms)',
    ],
    [
      'a collector at work',
      { generator: { threads: [thread({ gcMs: 600 })] } },
      'client',
      false,
      'generator: load thread 1 collected garbage 6.0 % of the time (limit 5.0 %)',
    ],
    [
      'messages that went late',
      { lagP99Ms: 3 },
      'client',
      false,
      'messages went 3.00 ms late at the 99th percentile (limit 2.00 ms)',
    ],
    [
      'a rate that was not reached',
      { counts: { achieved: 0.98 } },
      'client',
      false,
      'only 98.0 % of the scheduled messages were published (limit 99.0 %)',
    ],
    [
      'sockets that were full',
      { counts: { achieved: 0.9, unsent: 100 }, server: server(0.8) },
      'server',
      false,
      'only 90.0 % of the scheduled messages were published (limit 99.0 %)',
    ],
    [
      'a few messages that could not go',
      { counts: { achieved: 0.995, unsent: 5 }, server: server(0.8) },
      'server',
      false,
      '5 messages could not be sent (limit 0.1 %): no connection, or its socket was full',
    ],
    [
      'full sockets of a server with time to spare',
      { counts: { achieved: 0.9, unsent: 100 } },
      'network',
      false,
      'only 90.0 % of the scheduled messages were published (limit 99.0 %)',
    ],
    [
      'a server that uses a core',
      { server: server(0.99) },
      'server',
      true,
      'the server used 0.99 cores (limit 0.95): a thread of it is probably busy all the time',
    ],
    [
      'a hub that refuses',
      { counts: { refused: 100, achieved: 0.9 } },
      'server',
      true,
      'the hub refused 10.0 % of the posts (limit 0.1 %): its ring was full',
    ],
    [
      'nobody who could connect',
      { counts: { opened: 0, connectFailed: 10 } },
      'none',
      false,
      'none of 10 clients could connect',
    ],
    [
      'a failure',
      { failure: 'the server under test failed: exit code 1' },
      'none',
      false,
      'the server under test failed: exit code 1',
    ],
    [
      'clocks that disagree',
      { clockDoubt: 'the clocks are known to 5 ms' },
      'none',
      false,
      'the clocks are known to 5 ms',
    ],
  ])('%s', (_what, changes, limitedBy, valid, reason) => {
    expect(judge(evidence(changes))).toMatchObject({ limitedBy, valid, reasons: [reason] });
  });

  it.each<[string, number, number, string, string]>([
    [
      'the generator where a publisher is busy itself',
      0.95,
      1,
      'client',
      '; publisher 0 was busy 95.0 % of the time',
    ],
    ['the server where its hub leaves them no time', 0.1, 1, 'server', ''],
    ['the generator where nobody is busy', 0.1, 0.3, 'client', ''],
  ])(
    "says that publisher threads in the hub's process were late, and names %s",
    (_, busy, cpu, limitedBy, why) => {
      const publisherThreads = [thread({ name: 'publisher 0', utilization: busy })];
      const late = judge(evidence({ publisherThreads, lagP99Ms: 3, server: server(cpu) }));
      expect(late).toMatchObject({ limitedBy, valid: false });
      expect(late.reasons).toContain(
        `publisher threads in the hub's process: messages went 3.00 ms late at the 99th percentile (limit 2.00 ms)${why}`,
      );
      const few = judge(evidence({ publisherThreads, counts: { achieved: 0.9 }, server: server(cpu) }));
      expect(few).toMatchObject({ limitedBy, valid: false });
      expect(few.reasons.at(-1)).toBe(
        `publisher threads in the hub's process: only 90.0 % of the scheduled messages were published (limit 99.0 %)${why}`,
      );
    },
  );

  it('names the generator where both are at their end: what it says of the server is not known', () => {
    const both = evidence({ generator: { threads: [thread({ utilization: 1 })] }, server: server(1) });
    expect(judge(both)).toMatchObject({ limitedBy: 'client', valid: false });
    expect(judge(both).reasons).toHaveLength(2);
  });

  it('allows a lag that does not matter beside the response', () => {
    const lagP99Ms = 40;
    expect(judge(evidence({ lagP99Ms, responseP99Ms: 100 })).valid).toBe(true);
    expect(judge(evidence({ lagP99Ms, responseP99Ms: lagP99Ms / VERDICT_LIMITS.lagShare - 1 })).valid).toBe(
      false,
    );
  });

  it('warns of what does not spoil a run', () => {
    const { valid, warnings } = judge(
      evidence({
        run: { ended: 'interrupted' },
        counts: { connectFailed: 1, lostConnections: 2, negative: 3 },
        generator: { threads: [thread({ utilization: 0.8 })] },
        reconciliation: { ...evidence().reconciliation, received: 9_999, addsUp: false },
      }),
    );
    expect(valid).toBe(true);
    expect(warnings).toEqual([
      'generator: load thread 1 was busy 80.0 % of the time, near the limit of 90.0 %',
      '1 clients could not connect, after all their attempts',
      '2 connections ended without our doing',
      '3 latencies came out negative and are left out: clocks disagree',
      'the messages do not add up: 10000 were expected, and 9999 are accounted for',
      'the test did not run to its end: interrupted',
    ]);
  });
});
