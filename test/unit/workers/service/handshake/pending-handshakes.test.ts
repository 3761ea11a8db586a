import { PassThrough } from 'node:stream';
import {
  type Outcome,
  PendingHandshakes,
} from '../../../../../src/workers/service/handshake/pending-handshakes';
import { ManualScheduler } from '../../../../support/engine-world';

const TIMEOUT_MS = 5_000;

function world() {
  const scheduler = new ManualScheduler();
  const counts: number[] = [];
  const pending = new PendingHandshakes({ scheduler, changed: (count) => counts.push(count) });
  const socket = new PassThrough();
  return { scheduler, counts, pending, socket };
}

describe('handshakes that wait', () => {
  it('hold a seat until the answer, and leave no timer and no listener', async () => {
    const { scheduler, counts, pending, socket } = world();
    const outcome = await pending.wait(socket, TIMEOUT_MS, async () => 'yes');
    expect(outcome).toEqual({ type: 'answered', answer: 'yes' });
    expect([counts, pending.size, scheduler.timers]).toEqual([[1, 0], 0, 0]);
    expect(socket.listenerCount('close') + socket.listenerCount('end')).toBe(
      new PassThrough().listenerCount('close') + new PassThrough().listenerCount('end'),
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
  ])('fail where the function %s', async (_how, ask) => {
    const { pending, socket } = world();
    expect(await pending.wait(socket, TIMEOUT_MS, ask)).toMatchObject({
      type: 'failed',
      cause: { message: 'x' },
    });
  });

  it.each<[string, (w: ReturnType<typeof world>) => void, Outcome]>([
    [
      'late',
      ({ scheduler }) => {
        scheduler.pass(TIMEOUT_MS + 50);
      },
      { type: 'late' },
    ],
    [
      'left',
      ({ socket }) => {
        socket.destroy();
      },
      { type: 'left' },
    ],
    [
      'closing',
      ({ pending }) => {
        pending.endAll();
      },
      { type: 'closing' },
    ],
  ])(
    'end as %s with the signal aborted, and an answer that comes then is for nobody',
    async (_name, end, expected) => {
      const w = world();
      let signal: AbortSignal | undefined;
      let answer: (value: unknown) => void = () => {};
      const outcome = w.pending.wait(w.socket, TIMEOUT_MS, (given) => {
        signal = given;
        return new Promise((resolve) => {
          answer = resolve;
        });
      });
      await Promise.resolve();
      end(w);
      expect(await outcome).toEqual(expected);
      expect(signal?.aborted).toBe(true);
      answer(true);
      await Promise.resolve();
      expect([w.pending.size, w.counts]).toEqual([0, [1, 0]]);
    },
  );

  it('are not late where the answer is there and was only not read', async () => {
    const { scheduler, pending, socket } = world();
    let answer: (value: unknown) => void = () => {};
    const outcome = pending.wait(
      socket,
      TIMEOUT_MS,
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    scheduler.pass(TIMEOUT_MS);
    answer('in time');
    await new Promise((resolve) => setImmediate(resolve));
    scheduler.pass(50);
    expect(await outcome).toEqual({ type: 'answered', answer: 'in time' });
  });
});
