import { InboundSlice } from '../../../../src/workers/service/inbound-slice';
import { ManualScheduler } from '../../../support/engine-world';

/** Works off frames that take so long each, until the slice is over. */
function framesUntilOver(
  slice: InboundSlice,
  scheduler: ManualScheduler,
  eachMs: number,
  most = 1_000,
): number {
  for (let frames = 1; frames <= most; frames++) {
    scheduler.jump(eachMs);
    if (slice.spent()) return frames;
  }
  return most;
}

describe('a slice of what peers send', () => {
  test('is over after 4 ms, and stays so until the loop has gone round', () => {
    const scheduler = new ManualScheduler();
    const slice = new InboundSlice(scheduler);
    expect(framesUntilOver(slice, scheduler, 0.5)).toBe(16);
    expect([slice.spent(), slice.spent()]).toEqual([true, true]);
    scheduler.runTurns();
    expect(framesUntilOver(slice, scheduler, 0.5)).toBe(16);
  });

  test('begins anew with every round, however many there are', () => {
    const scheduler = new ManualScheduler();
    const slice = new InboundSlice(scheduler);
    for (let round = 0; round < 100; round++) {
      expect(framesUntilOver(slice, scheduler, 0.1, 20)).toBe(20);
      scheduler.runTurns();
    }
  });

  test('asks for one turn a round', () => {
    const scheduler = new ManualScheduler();
    const soon = jest.spyOn(scheduler, 'soon');
    const slice = new InboundSlice(scheduler);
    for (let frame = 0; frame < 100; frame++) slice.spent();
    expect(soon).toHaveBeenCalledTimes(1);
  });
});
