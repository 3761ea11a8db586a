import { Doorbell, RingConsumer } from '../../../../src/shared/ring';
import { ringEveryBell } from '../../../../src/shared/ring/doorbell';
import { Word } from '../../../../src/shared/ring/layout';
import { attach, drainAll, post, startRing } from '../../../support/ring';
import { countSteps, killBefore, withSteps } from '../../../support/steps';

function setUp() {
  const ring = startRing({ laneBytes: 256, maxProducers: 2 });
  const consumer = RingConsumer.join(ring, 0);
  const woken = { times: 0, promise: Promise.resolve(), resolve: () => {} };
  const expectWakeUp = () => {
    woken.promise = new Promise((resolve) => {
      woken.resolve = resolve;
    });
    return woken.promise;
  };
  const doorbell = new Doorbell(ring, 0, () => {
    woken.times++;
    woken.resolve();
  });
  const arm = () => doorbell.arm(() => consumer.hasWork());
  return { ring, consumer, producer: attach(ring), doorbell, arm, woken, expectWakeUp };
}

describe('the doorbell', () => {
  it('wakes a service thread that sleeps, and shows in the mask of sleepers meanwhile', async () => {
    const { ring, producer, doorbell, arm, expectWakeUp } = setUp();
    const wakeUp = expectWakeUp();
    expect(arm()).toBe(true);
    expect([doorbell.armed, ring.words[Word.SLEEPERS]]).toEqual([true, 1]);
    post(producer, 'wake up');
    await wakeUp;
    doorbell.disarm();
    expect([doorbell.armed, ring.words[Word.SLEEPERS]]).toEqual([false, 0]);
  });

  it('refuses to sleep while there is work', () => {
    const { ring, producer, doorbell, arm } = setUp();
    post(producer, 'work');
    expect(arm()).toBe(false);
    expect([doorbell.armed, ring.words[Word.SLEEPERS]]).toEqual([false, 0]);
  });

  it('is not rung by a producer while nobody sleeps', () => {
    const { ring, producer } = setUp();
    const names: string[] = [];
    withSteps(
      () => post(producer, 'x'),
      (_, name) => names.push(name),
    );
    expect(names).not.toContain('notify');
    expect(ring.words[Word.SLEEPERS]).toBe(0);
  });

  it('misses no post that falls between any two steps of falling asleep', async () => {
    const { arm: measured } = setUp();
    const steps = countSteps(measured);
    for (let step = 1; step <= steps; step++) {
      const { consumer, producer, doorbell, arm, expectWakeUp } = setUp();
      const wakeUp = expectWakeUp();
      const { value: asleep } = withSteps(arm, (now) => {
        if (now === step) post(producer, 'x');
      });
      if (asleep) await wakeUp;
      doorbell.disarm();
      expect(drainAll(consumer)).toHaveLength(1);
    }
  });

  it('is rung for everybody by the next producer, if one died or is paused before its ring', async () => {
    const { producer: measuredProducer, arm: measuredArm } = setUp();
    measuredArm();
    const steps = countSteps(() => post(measuredProducer, 'x'));
    for (let step = 1; step <= steps; step++) {
      const { ring, producer, arm, expectWakeUp, consumer } = setUp();
      const other = attach(ring);
      const wakeUp = expectWakeUp();
      expect(arm()).toBe(true);
      killBefore(step, () => post(producer, 'x'));
      post(other, 'y');
      await wakeUp;
      expect(drainAll(consumer).at(-1)?.payload.toString()).toBe('y');
    }
  });

  it('wakes a thread that woke for another reason and sleeps again, over the wait that was left', async () => {
    const { consumer, producer, doorbell, arm, woken, expectWakeUp } = setUp();
    for (let round = 0; round < 100; round++) {
      const wakeUp = expectWakeUp();
      expect(arm()).toBe(true);
      for (let other = round % 3; other > 0; other--) {
        doorbell.disarm();
        expect(arm()).toBe(true);
      }
      post(producer, 'x');
      await wakeUp;
      doorbell.disarm();
      expect(drainAll(consumer)).toHaveLength(1);
    }
    expect(woken.times).toBe(100);
  });

  it('wakes all the service threads that sleep, and only those', () => {
    const ring = startRing({ laneBytes: 256, maxProducers: 1 });
    for (const slot of [0, 1, 5, 7]) RingConsumer.join(ring, slot);
    const bells = () => Array.from({ length: 8 }, (_, slot) => ring.words[ring.bellWord(slot)]);
    for (let slot = 0; slot < 8; slot++) Atomics.store(ring.words, ring.bellWord(slot), 1);
    Atomics.store(ring.words, Word.SLEEPERS, 0b1010_0001);
    post(attach(ring), 'x');
    expect(bells()).toEqual([0, 1, 1, 1, 1, 0, 1, 0]);
    ringEveryBell(ring);
    expect(bells()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
