import { GroupGenerator } from '../../../../../src/main/load/remote/group-generator';
import type { Generator, Share } from '../../../../../src/shared/load/generator';
import { FakeGenerator } from '../../../../support/fake-generator';
import { loadPlan } from '../../../../support/load-plan';

const SHARE: Share = { clients: { from: 10, to: 15 }, publishers: { from: 0, to: 2 } };
const TIMETABLE = { startNs: 1, measureFromNs: 2, measureToNs: 3 };

function groupOf(...fakes: FakeGenerator[]): GroupGenerator {
  return new GroupGenerator({
    name: 'all',
    form: async (plan, _share, { joins }) => {
      for (const fake of fakes) joins(fake);
      return plan;
    },
  });
}

describe('several generators as one', () => {
  test('share what there is to do, and add up what they did', async () => {
    const [one, other] = [new FakeGenerator(), new FakeGenerator()];
    const group = groupOf(one, other);
    group.setClock(7);
    await group.prepare(loadPlan(), SHARE);
    await group.connect();
    await group.begin(TIMETABLE);
    expect([one.share, other.share]).toEqual([
      { clients: { from: 10, to: 12 }, publishers: { from: 0, to: 1 } },
      { clients: { from: 12, to: 15 }, publishers: { from: 1, to: 2 } },
    ]);
    expect([one.offsetNs, other.timetable]).toEqual([7, TIMETABLE]);
    expect((await group.snapshot({ 0: 5 })).counters).toMatchObject({ received: 6, expected: 10 });
    expect((await group.finish({ 0: 5 })).counters.received).toBe(8);
  });

  test('go on without one that is gone, whose last snapshot counts', async () => {
    const [one, other] = [new FakeGenerator(), new FakeGenerator()];
    const group = groupOf(one, other);
    await group.prepare(loadPlan(), SHARE);
    await group.snapshot();
    other.fail(new Error('unplugged'));
    await expect(group.failed).rejects.toThrow('unplugged');
    await group.stopPublishing();
    expect(other.calls).toEqual(['prepare']);
    expect((await group.finish({ 0: 5 })).counters.received).toBe(4 + 3);
  });

  test('say that they have failed before the call that failed does', async () => {
    const fake = new FakeGenerator();
    const group = groupOf(fake, new FakeGenerator());
    await group.prepare(loadPlan(), SHARE);
    fake.begin = () => Promise.reject(new Error('no answer'));
    const heard: string[] = [];
    group.failed.catch(() => heard.push('failed'));
    await group.begin(TIMETABLE).catch(() => heard.push('begin'));
    expect(heard).toEqual(['failed', 'begin']);
  });

  test('are all aborted, also one that joins when it is too late', async () => {
    const [early, late] = [new FakeGenerator(), new FakeGenerator()];
    let join!: (member: Generator) => void;
    let signal!: AbortSignal;
    const group = new GroupGenerator({
      name: 'all',
      form: (_plan, _share, forming) => {
        ({ joins: join, signal } = forming);
        join(early);
        return new Promise(() => {});
      },
    });
    void group.prepare(loadPlan(), SHARE);
    await group.abort();
    join(late);
    await Promise.all([early.whenAborted, late.whenAborted]);
    expect(signal.aborted).toBe(true);
  });

  test('are not there when one cannot be prepared', async () => {
    const [one, other] = [new FakeGenerator(), new FakeGenerator()];
    const group = groupOf(one, other);
    await expect(group.prepare(loadPlan({ name: 'prepare fails' }), SHARE)).rejects.toThrow('no memory');
    await group.abort();
    expect([one.aborted, other.aborted]).toEqual([true, true]);
  });
});
