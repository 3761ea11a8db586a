import fc from 'fast-check';
import {
  Acknowledgements,
  LATE_PING_MS,
  PING_BYTES,
} from '../../../../../src/workers/service/life/acknowledgements';
import { ReadProgress } from '../../../../../src/workers/service/life/read-progress';
import { FIRST_GRACE_MS, GRACE_MS } from '../../../../../src/workers/service/life/round-trip';

const SPACING_MS = 1_000;

/** A connection with one stream, of which pings are written as soon as they are due. */
class Rig {
  nowMs = 0;
  readonly acknowledgements = new Acknowledgements(0);
  readonly stream = new ReadProgress();
  readonly pings: Buffer[] = [];

  write(bytes: number, messages = 1): void {
    const asks = this.acknowledgements.isDue(this.nowMs, bytes, SPACING_MS);
    const ping = asks ? this.acknowledgements.ask(this.nowMs) : undefined;
    this.acknowledgements.wrote(this.stream, bytes, messages, this.nowMs);
    if (ping !== undefined) this.pings.push(ping);
    this.acknowledgements.asked(this.nowMs);
  }

  /** Time passes, with a look every 250 ms. */
  pass(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; ) {
      this.nowMs = Math.min(endMs, this.nowMs + 250);
      this.acknowledgements.look(this.nowMs);
      if (!this.acknowledgements.isDue(this.nowMs, 0, SPACING_MS)) continue;
      this.pings.push(this.acknowledgements.ask(this.nowMs));
      this.acknowledgements.asked(this.nowMs);
    }
  }

  answer(ping: Buffer | undefined): boolean {
    if (ping === undefined) throw new Error('there is no such ping');
    return this.acknowledgements.pong(ping, this.nowMs);
  }
}

describe('what a peer has acknowledged', () => {
  it('is everything before the ping that it answers, and nothing behind it', () => {
    const rig = new Rig();
    rig.write(100);
    rig.pass(1_000);
    expect(rig.pings).toHaveLength(1);
    rig.write(50);
    expect(rig.stream.unacknowledgedBytes).toBe(150);
    expect(rig.answer(rig.pings[0])).toBe(true);
    expect(rig.stream).toMatchObject({ acknowledgedBytes: 100, acknowledgedMessages: 1 });
    expect(rig.stream.unacknowledgedBytes).toBe(50);
  });

  it('does not grow by pongs that answer none of our pings, nor by the same pong again', () => {
    const rig = new Rig();
    rig.write(100);
    rig.pass(1_000);
    for (const wrong of [Buffer.alloc(0), Buffer.alloc(6), Buffer.from('123456'), Buffer.alloc(125, 1)])
      expect(rig.answer(wrong)).toBe(false);
    expect(rig.stream.acknowledgedBytes).toBe(0);
    expect(rig.answer(rig.pings[0])).toBe(true);
    rig.write(100);
    expect(rig.answer(rig.pings[0])).toBe(false);
    expect(rig.stream.acknowledgedBytes).toBe(100);
  });

  it('is asked behind every 512 KiB, every second, and never while nothing new was written', () => {
    const rig = new Rig();
    for (let written = 0; written < PING_BYTES - 1; written += 65_536) rig.write(65_536);
    expect(rig.pings).toHaveLength(1);
    rig.answer(rig.pings[0]);
    rig.pass(60_000);
    expect(rig.pings).toHaveLength(1);
    rig.write(1);
    expect(rig.pings).toHaveLength(2); // at once: the last was long ago
    rig.answer(rig.pings[1]);
    rig.write(1);
    rig.pass(750);
    expect(rig.pings).toHaveLength(2);
    rig.pass(250);
    expect(rig.pings).toHaveLength(3);
  });

  it('is told also by a pong that comes before the socket says that the ping is written', () => {
    const acknowledgements = new Acknowledgements(0);
    const stream = new ReadProgress();
    const ping = acknowledgements.ask(5_000);
    expect(acknowledgements.pong(ping, 5_001)).toBe(true);
    acknowledgements.wrote(stream, 100, 2, 5_002);
    acknowledgements.asked(5_002);
    expect([stream.acknowledgedBytes, stream.acknowledgedMessages, acknowledgements.waiting]).toEqual([
      100,
      2,
      false,
    ]);
  });
});

describe('a late pong', () => {
  it('makes all behind its ping known to be unread, and nothing before it', () => {
    const rig = new Rig();
    rig.pass(1_000);
    rig.write(1_000, 10);
    rig.write(500, 5);
    rig.pass(FIRST_GRACE_MS);
    expect(rig.acknowledgements.late).toBe(false);
    rig.pass(250);
    expect(rig.acknowledgements.late).toBe(true);
    expect([rig.stream.unansweredBytes, rig.stream.unansweredMessages]).toEqual([500, 5]);
  });

  it('is one that takes a second longer than the fastest: a long way is no fault', () => {
    const rig = new Rig();
    rig.pass(1_000);
    rig.write(100);
    rig.pass(2_000);
    rig.answer(rig.pings[0]);
    expect(rig.acknowledgements.roundTrip).toMatchObject({ lastMs: 2_000, minMs: 2_000 });
    for (let second = 1; second <= 10; second++) {
      rig.write(10_000_000);
      rig.pass(2_000 + GRACE_MS);
      expect(rig.acknowledgements.late).toBe(false);
      rig.answer(rig.pings.at(-1));
    }
  });

  it('is followed by a ping a second, so that the place of a slow reader is known to a second', () => {
    const rig = new Rig();
    rig.pass(1_000);
    for (let second = 0; second < 12; second++) {
      rig.write(1_000);
      rig.pass(1_000);
    }
    const asked = rig.pings.length;
    expect(asked).toBeGreaterThan(6);
    expect(asked).toBeLessThanOrEqual(12_000 / LATE_PING_MS);
    rig.answer(rig.pings[asked - 5]); // RFC 6455 section 5.5.3: the newest that was read may be answered for all
    expect(rig.stream.unacknowledgedBytes).toBeLessThanOrEqual(6_000);
    expect(rig.acknowledgements.late).toBe(true);
    expect(rig.acknowledgements.unreadSinceMs).toBeGreaterThan(rig.nowMs - 6_000);
  });

  it('is not forgiven to a peer that was slow from its first ping on: no way takes so long', () => {
    const rig = new Rig();
    rig.pass(1_000);
    rig.write(100);
    rig.pass(9_000);
    rig.answer(rig.pings[0]);
    rig.write(100);
    rig.pass(3_250);
    expect(rig.acknowledgements.late).toBe(true);
  });

  it('is excused while we do not read', () => {
    const rig = new Rig();
    rig.pass(1_000);
    rig.write(100);
    rig.pass(10_000);
    expect(rig.acknowledgements.late).toBe(true);
    rig.acknowledgements.excuse(rig.nowMs);
    rig.pass(FIRST_GRACE_MS);
    expect(rig.acknowledgements.late).toBe(false);
    rig.answer(rig.pings[0]);
    expect(rig.acknowledgements.roundTrip.lastMs).toBeUndefined(); // nobody knows how long it took
  });
});

it('what is known of a peer never goes beyond what it read, whatever it answers', () => {
  const action = fc.record({
    what: fc.constantFrom('write', 'write', 'read', 'pass', 'forge'),
    size: fc.integer({ min: 1, max: 300_000 }),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
      const rig = new Rig();
      /** Where each ping stands in the bytes that are written, and how far the peer has read. */
      const places: number[] = [];
      let read = 0;
      let answered = 0;
      for (const { what, size } of actions) {
        if (what === 'write') rig.write(size);
        else if (what === 'pass') rig.pass(size % 4_000);
        else if (what === 'forge') rig.answer(Buffer.alloc(6, size));
        else read = Math.min(rig.stream.writtenBytes, read + size);
        while (places.length < rig.pings.length) places.push(rig.stream.writtenBytes);
        for (; answered < places.length && what === 'read' && places[answered] <= read; answered++)
          rig.answer(rig.pings[answered]);
        const { acknowledgedBytes, askedBytes, writtenBytes, unansweredBytes } = rig.stream;
        expect(acknowledgedBytes).toBeLessThanOrEqual(read);
        expect(acknowledgedBytes).toBeLessThanOrEqual(askedBytes);
        expect(askedBytes).toBeLessThanOrEqual(writtenBytes);
        // Counted as lag only what the peer has not read, indeed.
        if (rig.acknowledgements.late) expect(unansweredBytes).toBeLessThanOrEqual(writtenBytes - read);
      }
    }),
    { numRuns: 500 },
  );
});
