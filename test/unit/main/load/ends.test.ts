import { AbortOnFail } from '../../../../src/main/load/abort-on-fail';
import { emptySnapshot } from '../../../../src/main/load/empty-snapshot';
import { Interrupted, Interruption } from '../../../../src/main/load/interruption';
import { parseThreshold } from '../../../../src/main/load/thresholds';

describe('an interruption', () => {
  it('is heard by whoever waits, now or later, and the first one counts', async () => {
    const interruption = new Interruption();
    const waiting = interruption.orElse(new Promise(() => {}));
    const asleep = interruption.sleep(3_600_000);
    interruption.interrupt('threshold', 'too slow');
    interruption.interrupt('failed', 'and then it died');
    await expect(waiting).rejects.toMatchObject({ ended: 'threshold', message: 'too slow' });
    await expect(asleep).rejects.toBeInstanceOf(Interrupted);
    await expect(interruption.orElse(Promise.resolve('done already'))).rejects.toBe(interruption.why);
  });

  it('hears a signal, until it is told not to', () => {
    const interruption = new Interruption();
    const controller = new AbortController();
    interruption.listenTo(controller.signal)();
    controller.abort();
    expect(interruption.why).toBeUndefined();
    interruption.listenTo(controller.signal);
    expect(interruption.why).toMatchObject({ ended: 'interrupted' });
  });

  it('leaves alone what is done before', async () => {
    const interruption = new Interruption();
    await expect(interruption.orElse(Promise.resolve(7))).resolves.toBe(7);
    await expect(interruption.sleep(0)).resolves.toBeUndefined();
  });
});

describe('a threshold that ends the test', () => {
  const lost = (count: number) => {
    const snapshot = emptySnapshot({ slow: [] });
    snapshot.counters.lost = count;
    return snapshot;
  };
  const from = 1_000;

  it('must fail without a break for so long, within the measure window', () => {
    const abort = new AbortOnFail([parseThreshold('lost == 0')], 2_000);
    expect(abort.failing(lost(1), 0, from)).toBeUndefined();
    expect(abort.failing(lost(1), 2_000, from)).toBeUndefined();
    expect(abort.failing(lost(0), 3_000, from)).toBeUndefined();
    expect(abort.failing(lost(1), 4_000, from)).toBeUndefined();
    expect(abort.failing(lost(1), 5_999, from)).toBeUndefined();
    expect(abort.failing(lost(1), 6_000, from)).toBe('lost == 0');
  });

  it('ends nothing where that is not asked for', () => {
    const abort = new AbortOnFail([parseThreshold('lost == 0')], undefined);
    expect(abort.failing(lost(1), 9_000, from)).toBeUndefined();
  });
});
