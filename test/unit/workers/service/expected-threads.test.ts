import { availableParallelism } from 'node:os';
import { RingMemory, RingProducer, takeTag } from '../../../../src/shared/ring';
import { ExpectedThreads } from '../../../../src/workers/service/expected-threads';

describe('the threads that are expected', () => {
  it('are what a pool starts by itself, at most one for each producer that there may be', () => {
    const ring = RingMemory.create({ laneBytes: 4_096, maxProducers: 8 });
    expect(new ExpectedThreads(ring, 1_000).toCome).toBe(Math.ceil(1.5 * availableParallelism()));
    expect(new ExpectedThreads(ring, 1).toCome).toBe(1);
  });

  it('are fewer once threads have a lane: each counts once, and the thread of the application does not', () => {
    const ring = RingMemory.create({ laneBytes: 4_096, maxProducers: 8 });
    const expected = new ExpectedThreads(ring, 2);
    const attach = (threadId: number) => RingProducer.attach(ring, takeTag(ring), threadId);
    attach(0);
    expect(expected.toCome).toBe(2);
    attach(7);
    attach(7);
    expect(expected.toCome).toBe(1);
    attach(8);
    attach(9);
    expect(expected.toCome).toBe(0);
  });
});
