import { SIGHTS, type Sight, simulate } from '../../../support/simulation-run';

/** More of them: `npm run simulate`. */
const SEEDS = 600;
const BATCH = 50;
/** Over all seeds, each sight comes at least so often. */
const OFTEN = 5;

describe('the engine against a naive model', () => {
  const seen = new Map<Sight, number>(SIGHTS.map((sight) => [sight, 0]));

  for (let first = 1; first <= SEEDS; first += BATCH) {
    it(`shows each peer exactly what it must see, seeds ${first} to ${first + BATCH - 1}`, async () => {
      for (let seed = first; seed < first + BATCH; seed++) {
        try {
          for (const sight of await simulate(seed)) seen.set(sight, (seen.get(sight) ?? 0) + 1);
        } catch (error) {
          throw new Error(`seed ${seed}: ${(error as Error).stack}`);
        }
      }
    });
  }

  it('comes by every rare state, so that the above means something', () => {
    expect(SIGHTS.filter((sight) => (seen.get(sight) ?? 0) < OFTEN)).toEqual([]);
  });
});
