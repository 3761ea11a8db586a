import fc from 'fast-check';
import { emptySnapshot } from '../../../../src/main/load/empty-snapshot';
import { reconcile } from '../../../../src/main/load/reconciliation';
import { Histogram } from '../../../../src/shared/histogram';
import type { LoadCounters } from '../../../../src/shared/load/snapshot';
import type { TargetReport } from '../../../../src/shared/load/target';

const none = emptySnapshot({ slow: [] }).counters;

function hub(changes: Partial<TargetReport>): TargetReport {
  const empty = new Histogram();
  return {
    addressed: 0,
    sent: 0,
    skipped: 0,
    conflated: 0,
    abandoned: 0,
    pending: 0,
    refused: 0,
    disconnectedSlow: 0,
    stages: { ringWait: empty, drain: empty, fanOut: empty, write: empty },
    ...changes,
  };
}

function accounts(counters: Partial<LoadCounters>, report?: TargetReport) {
  return reconcile({
    counters: { ...none, ...counters },
    refused: 0,
    samples: [],
    hub: report,
    sink: undefined,
  });
}

describe('the reconciliation', () => {
  it('explains what a hub gave up, then what lost connections missed, and calls the rest lost', () => {
    const counters = { expected: 100, received: 60, lost: 40, lostDisconnected: 10 };
    expect(accounts(counters, hub({ skipped: 20, conflated: 5 }))).toMatchObject({
      droppedAtClose: 10,
      droppedByPolicy: 25,
      lost: 5,
      addsUp: true,
    });
    expect(accounts(counters)).toMatchObject({
      droppedAtClose: 10,
      droppedByPolicy: 0,
      lost: 30,
      addsUp: true,
    });
  });

  it('never explains more than is missing', () => {
    const counters = { expected: 100, received: 98, lost: 2, lostDisconnected: 0 };
    expect(accounts(counters, hub({ skipped: 50 }))).toMatchObject({
      droppedByPolicy: 2,
      lost: 0,
      addsUp: true,
    });
  });

  it('counts a damaged message as damaged, not as lost', () => {
    expect(accounts({ expected: 10, received: 9, corrupt: 1 })).toMatchObject({
      lost: 0,
      corrupt: 1,
      addsUp: true,
    });
  });

  it('adds up where more came damaged than is missing, and not where less did', () => {
    expect(accounts({ expected: 10, received: 9, corrupt: 3 }).addsUp).toBe(true);
    expect(accounts({ expected: 10, received: 10, corrupt: 3 }).addsUp).toBe(true);
    expect(accounts({ expected: 10, received: 5, corrupt: 3 }).addsUp).toBe(false);
  });

  it('says that it does not add up where it does not', () => {
    expect(accounts({ expected: 10, received: 9 }).addsUp).toBe(false);
    expect(accounts({ expected: 10, received: 11 }).addsUp).toBe(false);
  });

  it('takes the word of a server that only takes', () => {
    const empty = new Histogram();
    const sink = {
      received: 7,
      lost: 3,
      duplicated: 0,
      reordered: 1,
      corrupt: 0,
      stale: 2,
      response: empty,
      delivery: empty,
    };
    const counters = { ...none, published: 10 };
    expect(reconcile({ counters, refused: 0, samples: [], hub: undefined, sink })).toMatchObject({
      expected: 10,
      received: 7,
      lost: 3,
      reordered: 1,
      foreign: 2,
      addsUp: true,
    });
  });

  it('adds up whenever what is received and lost is what was expected', () => {
    const few = fc.nat(1_000);
    fc.assert(
      fc.property(few, few, few, few, few, (received, lost, disconnected, skipped, corrupt) => {
        const counters = {
          expected: received + lost + corrupt,
          received,
          lost,
          lostDisconnected: Math.min(lost, disconnected),
          corrupt,
        };
        const result = accounts(counters, hub({ skipped }));
        expect(result.addsUp).toBe(true);
        expect(Math.min(result.lost, result.droppedByPolicy, result.droppedAtClose)).toBeGreaterThanOrEqual(
          0,
        );
      }),
    );
  });
});
