import type { Link, LinkEvents } from '../../../../src/main/log/syslog-link';
import { MAX_QUEUED_BYTES, SyslogQueue } from '../../../../src/main/log/syslog-queue';

/** A daemon that the test starts, stops and makes slow. */
class Daemon {
  up = true;
  room = Number.POSITIVE_INFINITY;
  got: string[] = [];
  opened = 0;
  away: string[] = [];
  /** Lines are taken, but may come back. */
  holds = false;
  held: Buffer[] = [];
  events: LinkEvents | undefined;
  readonly queue: SyslogQueue;

  constructor() {
    this.queue = new SyslogQueue((events) => this.#open(events), {
      away: ({ message }) => this.away.push(message),
      missing: (dropped) => Buffer.from(`${dropped} missing`),
    });
  }

  #open(events: LinkEvents): Link {
    this.opened++;
    this.events = events;
    const daemon = this;
    return {
      get unsent() {
        return daemon.held.length;
      },
      send: (lines) => this.#take(lines),
      destroy: () => {},
    };
  }

  #take(lines: readonly Buffer[]): number {
    if (!this.up) {
      this.events?.lost(new Error('ECONNREFUSED'), []);
      return 0;
    }
    const taken = lines.slice(0, this.room);
    this.room -= taken.length;
    if (this.holds) this.held.push(...taken);
    else this.got.push(...taken.map(String));
    return taken.length;
  }

  push(...lines: string[]): void {
    for (const line of lines) this.queue.push(Buffer.from(line));
  }

  lose(): void {
    this.events?.lost(new Error('gone'), this.held.splice(0));
  }
}

describe('the queue to syslog', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('hands lines on at once, in order, over one link', () => {
    const daemon = new Daemon();
    daemon.push('a', 'b', 'c');
    expect(daemon).toMatchObject({ got: ['a', 'b', 'c'], opened: 1 });
    expect(daemon.queue).toMatchObject({ sent: 3, dropped: 0, waiting: 0 });
  });

  it('keeps what the link has no room for, until it has', () => {
    const daemon = new Daemon();
    daemon.room = 2;
    daemon.push('a', 'b', 'c', 'd');
    expect(daemon.got).toEqual(['a', 'b']);
    expect(daemon.queue.waiting).toBe(2);
    daemon.room = 10;
    daemon.events?.ready();
    expect(daemon.got).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps lines while the daemon is away, tries ever more rarely, and tells of it once', () => {
    const daemon = new Daemon();
    daemon.up = false;
    daemon.push('a');
    for (let second = 0; second < 100; second++) {
      jest.advanceTimersByTime(1_000);
      daemon.push(`${second}`);
    }
    expect(daemon.away).toEqual(['ECONNREFUSED']);
    expect(daemon.opened).toBeGreaterThan(10); // 100, 200, 400 … 10,000, 10,000 ms
    expect(daemon.opened).toBeLessThan(20);
    daemon.up = true;
    jest.advanceTimersByTime(10_000);
    expect(daemon.got).toEqual(['a', ...Array.from({ length: 100 }, (_, second) => `${second}`)]);
    expect(daemon.queue.dropped).toBe(0);
    daemon.up = false;
    daemon.push('again');
    expect(daemon.away).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(100); // the first wait is short again
    expect(daemon.opened).toBeGreaterThan(12);
  });

  it('sends again what a lost link gave back, before what came later', () => {
    const daemon = new Daemon();
    daemon.holds = true;
    daemon.push('a', 'b');
    daemon.lose();
    daemon.push('c');
    expect(daemon.queue).toMatchObject({ sent: 0, waiting: 3 });
    daemon.holds = false;
    jest.advanceTimersByTime(100);
    expect(daemon.got).toEqual(['a', 'b', 'c']);
  });

  it('does not take it for success that a link took lines which then came back', () => {
    const daemon = new Daemon();
    daemon.holds = true;
    daemon.push('a');
    for (let round = 0; round < 5; round++) {
      daemon.lose();
      jest.advanceTimersByTime(100 * 2 ** round);
    }
    expect(daemon.opened).toBe(6);
    expect(daemon.away).toEqual(['gone']);
  });

  it('drops the newest past its limit, and says how many are missing when the daemon is back', () => {
    const daemon = new Daemon();
    daemon.up = false;
    const line = 'x'.repeat(1024);
    const fit = MAX_QUEUED_BYTES / 1024;
    for (let i = 0; i < fit + 5; i++) daemon.push(line);
    expect(daemon.queue).toMatchObject({ dropped: 5, waiting: fit });
    daemon.up = true;
    jest.advanceTimersByTime(10_000);
    expect(daemon.got.filter((each) => each === line)).toHaveLength(fit);
    expect(daemon.got.filter((each) => each === '5 missing')).toHaveLength(1);
    expect(daemon.got).toHaveLength(fit + 1);
    daemon.push('on');
    expect(daemon.got.at(-1)).toBe('on');
  });

  it('closes once everything is handed over', async () => {
    const daemon = new Daemon();
    daemon.room = 1;
    daemon.push('a', 'b');
    const closed = daemon.queue.close(1_000);
    daemon.room = 1;
    daemon.events?.ready();
    await closed;
    expect(daemon.got).toEqual(['a', 'b']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('closes at its deadline, and counts what was left, and what comes later', async () => {
    const daemon = new Daemon();
    daemon.up = false;
    daemon.push('a', 'b');
    const closed = daemon.queue.close(1_000);
    jest.advanceTimersByTime(1_000);
    await closed;
    daemon.up = true;
    daemon.push('c');
    jest.advanceTimersByTime(60_000);
    expect(daemon.got).toEqual([]);
    expect(daemon.queue).toMatchObject({ dropped: 3, waiting: 0 });
    expect(jest.getTimerCount()).toBe(0);
  });
});
