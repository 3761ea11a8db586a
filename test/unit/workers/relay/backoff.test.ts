import { Backoff } from '../../../../src/workers/relay/backoff';

describe('the wait before another attempt', () => {
  it('is at random up to a limit that doubles, until its highest', () => {
    const always = new Backoff(300, () => 0.5);
    expect(Array.from({ length: 5 }, () => always.nextDelayMs())).toEqual([25, 50, 100, 150, 150]);
    const never = new Backoff(300, () => 0);
    expect(never.nextDelayMs()).toBe(0);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(5_000, () => 0.5);
    for (let attempt = 0; attempt < 10; attempt++) backoff.nextDelayMs();
    backoff.reset();
    expect(backoff.nextDelayMs()).toBe(25);
  });

  it('is never longer than the highest limit, also the first time', () => {
    expect(new Backoff(10, () => 0.999).nextDelayMs()).toBeLessThan(10);
  });
});
