import fc from 'fast-check';
import type { SlowGroup } from '../../../../src/shared/load/plan';
import { partOf, slowGroupOf } from '../../../../src/shared/load/shares';

const group = (clients: number): SlowGroup => ({
  name: `${clients}`,
  clients,
  behaviour: { kind: 'never-read' },
});

describe('shares', () => {
  it('are all of a range, without gaps, and differ by one at most', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.integer({ min: 1, max: 20 }), (from, size, parts) => {
        const shares = Array.from({ length: parts }, (_, at) => partOf({ from, to: from + size }, at, parts));
        expect([shares[0]!.from, shares.at(-1)!.to]).toEqual([from, from + size]);
        for (let at = 1; at < parts; at++) expect(shares[at]!.from).toBe(shares[at - 1]!.to);
        const sizes = shares.map((share) => share.to - share.from);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('spread slow clients evenly: as many as each group is to have, and as many in each half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 3 }),
        fc.nat(500),
        (sizes, others) => {
          const slow = sizes.map(group);
          const all = sizes.reduce((sum, size) => sum + size, 0);
          const clients = Math.max(1, all + others);
          const groups = Array.from({ length: clients }, (_, client) => slowGroupOf(slow, clients, client));
          for (const [index, size] of sizes.entries())
            expect(groups.filter((found) => found === index)).toHaveLength(size);
          const half = groups.slice(0, Math.floor(clients / 2)).filter((found) => found >= 0).length;
          expect(Math.abs(half - all / 2)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
