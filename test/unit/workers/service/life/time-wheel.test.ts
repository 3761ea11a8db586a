import fc from 'fast-check';
import { TimeWheel, type WheelItem } from '../../../../../src/workers/service/life/time-wheel';

class Item implements WheelItem {
  dueMs = Number.POSITIVE_INFINITY;
  slot = 0;
  index = 0;
}

const SLOT_MS = 50;
/** A go finds an item at the latest when the slot behind its time is over. */
const LATENESS_MS = SLOT_MS;

describe('the time wheel', () => {
  it('gives out each item once when it is due, also after more than a round', () => {
    const wheel = new TimeWheel<Item>(SLOT_MS, 0);
    const item = new Item();
    wheel.schedule(item, 100_000);
    const given: number[] = [];
    for (let nowMs = 0; nowMs <= 110_000; nowMs += 250) wheel.go(nowMs, () => given.push(nowMs));
    expect(given).toEqual([100_000]);
    expect([wheel.size, item.dueMs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it('finds all that is due when nobody looked for many rounds', () => {
    const wheel = new TimeWheel<Item>(SLOT_MS, 0);
    for (let number = 0; number < 1_000; number++) wheel.schedule(new Item(), number * 37);
    let given = 0;
    wheel.go(1_000_000, () => given++);
    expect([given, wheel.size]).toEqual([1_000, 0]);
  });

  it('lets an item be put in again, and others be taken out, by whoever is called', () => {
    const wheel = new TimeWheel<Item>(SLOT_MS, 0);
    const [again, other] = [new Item(), new Item()];
    wheel.schedule(again, 60);
    wheel.schedule(other, 60);
    const given: Item[] = [];
    wheel.go(200, (item) => {
      given.push(item);
      wheel.remove(item === again ? other : again);
      wheel.schedule(item, 500);
    });
    expect([given.length, wheel.size]).toEqual([1, 1]);
  });

  it('agrees with a list, whatever is put in, moved and taken out', () => {
    const action = fc.record({
      item: fc.nat(9),
      what: fc.constantFrom('schedule', 'remove', 'go'),
      ms: fc.nat(60_000),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const wheel = new TimeWheel<Item>(SLOT_MS, 0);
        const items = Array.from({ length: 10 }, () => new Item());
        const due = new Map<Item, number>();
        let nowMs = 0;
        for (const { item: number, what, ms } of actions) {
          const item = items[number];
          if (what === 'schedule') {
            wheel.schedule(item, nowMs + ms);
            due.set(item, nowMs + ms);
          } else if (what === 'remove') {
            wheel.remove(item);
            due.delete(item);
          } else {
            nowMs += ms;
            wheel.go(nowMs, (given) => {
              expect(due.get(given)).toBeLessThanOrEqual(nowMs);
              due.delete(given);
            });
            for (const dueMs of due.values()) expect(dueMs).toBeGreaterThan(nowMs - LATENESS_MS);
          }
          expect(wheel.size).toBe(due.size);
        }
      }),
    );
  });
});
