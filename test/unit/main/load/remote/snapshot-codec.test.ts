import { mergeSnapshots } from '../../../../../src/main/load/remote/merge-snapshots';
import { decodeSnapshot, encodeSnapshot } from '../../../../../src/main/load/remote/snapshot-codec';
import type { GeneratorSnapshot } from '../../../../../src/shared/load/snapshot';
import { snapshotOf } from '../../../../support/fake-generator';

/** Histograms by what they hold. */
function plain(snapshot: GeneratorSnapshot): unknown {
  return encodeSnapshot(snapshot);
}

function travelled(snapshot: GeneratorSnapshot): GeneratorSnapshot {
  return decodeSnapshot(JSON.parse(JSON.stringify(encodeSnapshot(snapshot))), snapshot.generator);
}

describe('a snapshot on its way', () => {
  test('arrives as it was', () => {
    const snapshot = snapshotOf('process 1', { received: 3, lost: 1 }, [1_000, 64_000_000, 5_000]);
    expect(plain(travelled(snapshot))).toEqual(plain(snapshot));
    expect(travelled(snapshot).histograms.response.maxNs).toBe(64_000_000);
  });

  test('is named by who asked for it, not by who sent it', () => {
    const sent = encodeSnapshot(snapshotOf('a name of its own', {}));
    expect(decodeSnapshot(sent, '10.0.0.7:7070').generator).toBe('10.0.0.7:7070');
  });

  test.each([
    ['nothing', (_: never) => null],
    ['a counter that is no number', (s: Record<string, never>) => Object.assign(s.counters, { lost: 'x' })],
    [
      'a counter that is missing',
      (s: Record<string, never>) => void delete (s.counters as never as object)['lost' as never],
    ],
    ['a negative counter', (s: Record<string, never>) => Object.assign(s.counters, { lost: -1 })],
    [
      'a bucket that there is not',
      (s: Record<string, never>) => Object.assign(s.histograms, { response: { counts: [9e9, 1] } }),
    ],
    ['an error of no phase', (s: Record<string, never>) => Object.assign(s, { errors: [{ phase: 'x' }] })],
    ['threads that are no list', (s: Record<string, never>) => Object.assign(s, { threads: {} })],
    ['a stream that is no number', (s: Record<string, never>) => Object.assign(s, { published: { x: 1 } })],
  ])('is refused with %s', (_, spoil) => {
    const sent = JSON.parse(JSON.stringify(encodeSnapshot(snapshotOf('process 1', {}, [5_000]))));
    const spoilt = spoil(sent as never);
    expect(() => decodeSnapshot(spoilt === null ? null : sent, 'process 1')).toThrow(RangeError);
  });
});

describe('snapshots of several processes', () => {
  test('add up to one', () => {
    const one = snapshotOf('process 1', { received: 3, connected: 10 }, [1_000, 2_000_000]);
    const other = {
      ...snapshotOf('process 2', { received: 4, connected: 5 }, [8_000_000]),
      published: { 7: 2 },
    };
    const all = mergeSnapshots('10.0.0.7:7070', [one, other]);
    expect(all.counters).toMatchObject({ received: 7, connected: 15, lost: 0 });
    expect(all.histograms.response.count).toBe(3);
    expect(all.histograms.response.maxNs).toBe(8_000_000);
    expect(all.published).toEqual({ 0: 17, 5: 3, 7: 2 });
    expect(all.threads.map(({ name }) => name)).toEqual(['process 1 load 1', 'process 2 load 1']);
    expect(all.errors).toEqual([expect.objectContaining({ code: 'ECONNREFUSED', count: 4 })]);
    expect(all.slow).toEqual([expect.objectContaining({ received: 4, lost: 2 })]);
    expect(all).toMatchObject({ generator: '10.0.0.7:7070', cpuMs: 240, rssBytes: 100_000_000 });
  });
});
