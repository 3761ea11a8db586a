import fc from 'fast-check';
import {
  type Capacity,
  type CapacityLimits,
  capacityOf,
  capacityWarnings,
  type DescriptorUse,
  describeCapacity,
  NO_LIMIT,
} from '../../../src/shared/capacity';

const UNLIMITED: CapacityLimits = { maxConnections: NO_LIMIT, maxDescriptors: NO_LIMIT };

describe('the capacity of a hub', () => {
  const cases: [string, DescriptorUse, Partial<CapacityLimits>, Capacity][] = [
    [
      'is what the limit leaves',
      { limit: 1_024, inUse: 25, threadsToCome: 3 },
      {},
      { limit: 1_024, inUse: 25, threads: 15, reserve: 103, connections: 881, sockets: 932 },
    ],
    [
      'keeps at least 8 descriptors in reserve',
      { limit: 50, inUse: 25, threadsToCome: 0 },
      {},
      { limit: 50, inUse: 25, threads: 0, reserve: 8, connections: 17, sockets: 21 },
    ],
    [
      'keeps at most 256 in reserve',
      { limit: 1_048_576, inUse: 25, threadsToCome: 0 },
      {},
      { limit: 1_048_576, inUse: 25, threads: 0, reserve: 256, connections: 1_048_295, sockets: 1_048_423 },
    ],
    [
      'holds at most a quarter of what is free back for threads',
      { limit: 100, inUse: 20, threadsToCome: 64 },
      {},
      { limit: 100, inUse: 20, threads: 20, reserve: 10, connections: 50, sockets: 55 },
    ],
    [
      'is lowered by maxDescriptors',
      { limit: 1_024, inUse: 25, threadsToCome: 0 },
      { maxDescriptors: 100 },
      { limit: 100, inUse: 25, threads: 0, reserve: 10, connections: 65, sockets: 70 },
    ],
    [
      'is lowered by maxConnections, but not the sockets that may be refused',
      { limit: 100, inUse: 25, threadsToCome: 0 },
      { maxConnections: 7 },
      { limit: 100, inUse: 25, threads: 0, reserve: 10, connections: 7, sockets: 70 },
    ],
    [
      'is not raised by either',
      { limit: 100, inUse: 25, threadsToCome: 0 },
      { maxConnections: 5_000, maxDescriptors: 5_000 },
      { limit: 100, inUse: 25, threads: 0, reserve: 10, connections: 65, sockets: 70 },
    ],
    [
      'is nothing, and not less, when everything is in use; some may still be refused with an answer',
      { limit: 100, inUse: 120, threadsToCome: 3 },
      {},
      { limit: 100, inUse: 120, threads: 0, reserve: 10, connections: 0, sockets: 5 },
    ],
    [
      'is maxConnections alone where the limit cannot be known',
      { limit: NO_LIMIT, inUse: 0, threadsToCome: 3 },
      { maxConnections: 7, maxDescriptors: 100 },
      { limit: NO_LIMIT, inUse: 0, threads: 0, reserve: 0, connections: 7, sockets: NO_LIMIT },
    ],
  ];

  it.each(cases)('%s', (_what, use, limits, expected) => {
    expect(capacityOf(use, { ...UNLIMITED, ...limits })).toEqual(expected);
  });

  it('adds up, for any use of descriptors', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.nat(2_000),
        fc.nat(70),
        fc.nat(2_000),
        (limit, inUse, threadsToCome, most) => {
          const limits = { ...UNLIMITED, maxConnections: most };
          const { threads, reserve, connections, sockets } = capacityOf(
            { limit, inUse, threadsToCome },
            limits,
          );
          const room = limit - inUse - threads - reserve;
          expect(connections).toBe(Math.max(0, Math.min(room, most)));
          // Whatever peers do, some of the reserve is left to the program.
          expect(sockets).toBeLessThanOrEqual(Math.max(0, room) + reserve / 2);
          expect(sockets).toBeGreaterThanOrEqual(connections);
        },
      ),
    );
  });
});

describe('what is told of it', () => {
  const use = { limit: 100, inUse: 25, threadsToCome: 3 };
  const tell = (known: DescriptorUse, limits: Partial<CapacityLimits>) => {
    const all = { ...UNLIMITED, ...limits };
    return describeCapacity(capacityOf(known, all), all);
  };

  it('is the arithmetic, and which option has lowered it', () => {
    expect(tell(use, {})).toBe(
      'room for 50 connections: 100 descriptors - 25 in use - 15 for threads - 10 in reserve',
    );
    expect(tell(use, { maxDescriptors: 80 })).toBe(
      'room for 34 connections: 80 descriptors by maxDescriptors - 25 in use - 13 for threads - 8 in reserve',
    );
    expect(tell(use, { maxConnections: 7 })).toBe(
      'room for 7 connections by maxConnections (100 descriptors - 25 in use - 15 for threads - 10 in reserve would leave 50)',
    );
  });

  it('is that the limit cannot be known, where that is so', () => {
    const unknown = { limit: NO_LIMIT, inUse: 0, threadsToCome: 3 };
    const why = 'this system does not tell how many descriptors a process may open';
    expect(tell(unknown, {})).toBe(`room for connections is not known: ${why}; set maxConnections`);
    expect(tell(unknown, { maxConnections: 7 })).toBe(`room for 7 connections by maxConnections: ${why}`);
  });

  const warn = (known: DescriptorUse, limits: Partial<CapacityLimits>) => {
    const all = { ...UNLIMITED, ...limits };
    return capacityWarnings(capacityOf(known, all), all, known.limit);
  };

  it('warns of options that ask for more than there is, with the value, what counts and the remedy', () => {
    const remedy = 'raise the hard limit before the start (ulimit -Hn, or LimitNOFILE of systemd)';
    expect(warn(use, { maxConnections: 51, maxDescriptors: 101 })).toEqual([
      `maxDescriptors is 101, but this process may open 100 descriptors, and that counts: ${remedy}`,
      `maxConnections is 51, but there is room for 50 connections, and that counts: ${remedy}`,
    ]);
    expect(warn({ ...use, inUse: 95 }, {})).toEqual([
      `there is room for no connection, and every peer will get 503: ${remedy}`,
    ]);
  });

  it('warns of nothing when all is as asked for, or not known', () => {
    expect(warn(use, {})).toEqual([]);
    expect(warn(use, { maxConnections: 50, maxDescriptors: 100 })).toEqual([]);
    expect(warn(use, { maxConnections: 0 })).toEqual([]);
    expect(warn({ limit: NO_LIMIT, inUse: 0, threadsToCome: 0 }, { maxConnections: 7 })).toEqual([]);
  });
});
