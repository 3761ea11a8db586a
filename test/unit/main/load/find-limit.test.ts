import fc from 'fast-check';
import { type FindOptions, findLimit, type Trial } from '../../../../src/main/load/find-limit';

/** A server that holds up to `capacity`. */
function options(capacity: number, rest: Partial<FindOptions<Trial>> = {}): FindOptions<Trial> {
  return {
    from: 100,
    lowest: 1,
    highest: 1_000_000,
    precision: 0.05,
    run: async (value) => ({ value, faults: value > capacity ? ['too slow'] : [], generatorLimited: false }),
    ...rest,
  };
}

const values = ({ trials }: { trials: Trial[] }) => trials.map(({ value }) => value);

describe('a search', () => {
  test('doubles while it is good, halves what lies between, and tries the end once more', async () => {
    const found = await findLimit(options(350));
    expect(values(found)).toEqual([100, 200, 400, 300, 350, 375, 363, 350]);
    expect(found).toMatchObject({ best: { value: 350 }, limit: { value: 363 }, confirmed: true });
  });

  test('goes down when the beginning is bad already', async () => {
    const found = await findLimit(options(30));
    expect(values(found).slice(0, 3)).toEqual([100, 50, 25]);
    expect(found).toMatchObject({ best: { value: 30 }, limit: { value: 31 } });
  });

  test('ends at the highest value, if that is good', async () => {
    const found = await findLimit(options(10_000, { highest: 300 }));
    expect(values(found)).toEqual([100, 200, 300, 300]);
    expect(found).toMatchObject({ best: { value: 300 }, limit: undefined, confirmed: true });
  });

  test('says so when even the lowest is bad', async () => {
    const found = await findLimit(options(0));
    expect(found).toMatchObject({ best: undefined, limit: { value: 1 }, confirmed: false });
  });

  test('goes on below an end that does not hold a second time', async () => {
    const weary = {
      run: async (value: number, purpose: string) => ({
        value,
        faults: value > 350 || (value > 345 && purpose === 'confirm') ? ['tired'] : [],
        generatorLimited: false,
      }),
    };
    const found = await findLimit(options(0, weary));
    expect(found.best!.value).toBeLessThanOrEqual(345);
    expect(found).toMatchObject({ confirmed: true, limit: { faults: ['tired'] } });
  });

  test('begins no other run once it is to end', async () => {
    const ending = new AbortController();
    const run = async (value: number) => {
      if (value === 200) ending.abort();
      return { value, faults: [], generatorLimited: false };
    };
    const found = await findLimit(options(0, { run, signal: ending.signal }));
    expect(values(found)).toEqual([100, 200]);
    expect(found.confirmed).toBe(false);
  });

  test('finds any capacity to the precision, wherever it begins', async () => {
    const numbers = fc.record({
      capacity: fc.integer({ min: 1, max: 100_000 }),
      from: fc.integer({ min: 1, max: 100_000 }),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ capacity, from }) => {
        const { best, limit, trials } = await findLimit(options(capacity, { from }));
        expect(best!.value).toBeLessThanOrEqual(capacity);
        expect(limit!.value).toBeGreaterThan(capacity);
        expect(limit!.value - best!.value).toBeLessThanOrEqual(Math.max(1, best!.value * 0.05));
        expect(trials.length).toBeLessThan(45);
      }),
    );
  });
});
