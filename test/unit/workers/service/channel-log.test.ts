import fc from 'fast-check';
import { ChannelLog } from '../../../../src/workers/service/channel-log';
import { encodeFrame, Opcode } from '../../../../src/workers/service/frame';
import type { LogReader } from '../../../../src/workers/service/log-reader';
import { SLAB_BYTES, SlabPool } from '../../../../src/workers/service/log-slab';
import { readFrames } from '../../../support/frames';
import { Random } from '../../../support/random';

interface Message {
  frame: Buffer;
  position: number;
  appendedMs: number;
}

interface ModelReader {
  reader: LogReader;
  /** Number of the first message that it has not written. */
  next: number;
  /** The write under way: what it must have, as it was when it was taken. */
  writing: { view: Buffer; copy: Buffer; count: number } | undefined;
  closed: boolean;
}

/** A log beside a plain list of messages. */
class LogAndModel {
  readonly pool = new SlabPool();
  readonly log = new ChannelLog(this.pool);
  readonly messages: Message[] = [];
  readonly readers: ModelReader[] = [];
  /** Views of readers that closed while writing: a socket may read them for ever. */
  readonly orphans: { view: Buffer; copy: Buffer }[] = [];
  readonly random = new Random(7);
  nowMs = 0;
  head = 0;

  get open(): ModelReader[] {
    return this.readers.filter(({ closed }) => !closed);
  }

  append(length: number): void {
    if (this.open.length === 0) return; // the log asks for this
    const payload = this.random.bytes(length);
    const source = Buffer.concat([Buffer.from([1, 2, 3]), payload, Buffer.from([4])]);
    const opcode = length % 2 === 0 ? Opcode.TEXT : Opcode.BINARY;
    this.log.append(opcode, source, 3, length, this.nowMs);
    source.fill(0xaa);
    const frame = encodeFrame(opcode, payload);
    this.messages.push({ frame, position: this.head, appendedMs: this.nowMs });
    this.head += frame.length;
  }

  openReader(): void {
    const reader = this.log.open(this.nowMs);
    this.readers.push({ reader, next: this.messages.length, writing: undefined, closed: false });
  }

  take(at: number, limited: number | undefined): void {
    const model = this.open[at % Math.max(1, this.open.length)];
    if (model === undefined || model.writing !== undefined) return;
    const behind = this.messages.length - model.next;
    const limit = limited === undefined ? this.messages.length : model.next + (limited % (behind + 1));
    const view =
      limited === undefined
        ? model.reader.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
        : model.reader.take(this.messages[limit]?.position ?? this.head, limit);
    if (limit === model.next) {
      expect(view).toBeUndefined();
      return;
    }
    // Whole frames, the next ones, at most to the limit, and not beyond what one slab holds.
    expect(view).toBeDefined();
    const count = readFrames(view!).length;
    const expected = this.messages.slice(model.next, model.next + count).map(({ frame }) => frame);
    expect(Buffer.concat(expected).equals(view!)).toBe(true);
    expect(count).toBeGreaterThan(0);
    expect(model.next + count).toBeLessThanOrEqual(limit);
    expect(view!.length <= SLAB_BYTES || count === 1).toBe(true);
    model.writing = { view: view!, copy: Buffer.from(view!), count };
  }

  written(at: number): void {
    const model = this.open[at % Math.max(1, this.open.length)];
    if (model?.writing === undefined) return;
    expect(model.reader.written()).toBe(model.writing.count);
    model.next += model.writing.count;
    model.writing = undefined;
  }

  close(at: number): void {
    const model = this.open[at % Math.max(1, this.open.length)];
    if (model === undefined) return;
    model.reader.close();
    model.closed = true;
    if (model.writing !== undefined) this.orphans.push(model.writing);
  }

  check(): void {
    const { log } = this;
    expect([log.head, log.sequence]).toEqual([this.head, this.messages.length]);
    for (const { reader, next, writing } of this.open) {
      const first = this.messages[next];
      expect([reader.position, reader.sequence]).toEqual([first?.position ?? this.head, next]);
      expect([reader.lagBytes, reader.lagMessages]).toEqual([
        this.head - (first?.position ?? this.head),
        this.messages.length - next,
      ]);
      expect(reader.lagBytes).toBeLessThanOrEqual(log.heldSpan);
      expect(reader.lagMessages).toBeLessThanOrEqual(log.heldMessages);
      const age = reader.lagMs(this.nowMs);
      if (first === undefined) expect(age).toBe(0);
      else {
        // Ages are known to ten milliseconds, and the hint that the log gives is never too young.
        expect(Math.abs(age - (this.nowMs - first.appendedMs))).toBeLessThanOrEqual(10);
        expect(log.heldSinceMs).toBeLessThanOrEqual(this.nowMs - age);
      }
      if (writing !== undefined) expect(writing.view.equals(writing.copy)).toBe(true);
    }
    for (const { view, copy } of this.orphans) expect(view.equals(copy)).toBe(true);
    if (this.open.length === 0) {
      expect([this.pool.heldBytes, log.heldSpan, log.heldMessages, log.heldSinceMs]).toEqual([
        0,
        0,
        0,
        Number.POSITIVE_INFINITY,
      ]);
    }
  }
}

const sizes = fc.oneof(
  { weight: 8, arbitrary: fc.nat(300) },
  { weight: 2, arbitrary: fc.constantFrom(0, 125, 126, 4_094, 4_096, 65_535, 65_536) },
  { weight: 1, arbitrary: fc.constantFrom(100_000, SLAB_BYTES - 10, SLAB_BYTES, SLAB_BYTES + 1, 400_000) },
);
const action = fc.oneof(
  { weight: 8, arbitrary: sizes.map((length) => (world: LogAndModel) => world.append(length)) },
  { weight: 2, arbitrary: fc.constant((world: LogAndModel) => world.openReader()) },
  {
    weight: 6,
    arbitrary: fc.record({ at: fc.nat(20), limit: fc.option(fc.nat(50), { nil: undefined }) }).map(
      ({ at, limit }) =>
        (world: LogAndModel) =>
          world.take(at, limit),
    ),
  },
  { weight: 6, arbitrary: fc.nat(20).map((at) => (world: LogAndModel) => world.written(at)) },
  { weight: 1, arbitrary: fc.nat(20).map((at) => (world: LogAndModel) => world.close(at)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1, 9, 10, 11, 300, 2_000).map((ms) => (world: LogAndModel) => {
      world.nowMs += ms;
    }),
  },
);

describe('a channel log', () => {
  it('shows every reader whole frames in order, holds them still, and holds nothing without readers', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 150 }), (actions) => {
        const world = new LogAndModel();
        world.openReader();
        for (const [at, act] of actions.entries()) {
          act(world);
          if (at % 4 === 0) world.check();
        }
        world.check();
        for (let at = 0; at < world.readers.length; at++) world.written(at);
        world.check();
        while (world.open.length > 0) world.close(0);
        world.check();
        // It can be used again, and the slabs that closed readers were still writing are not.
        world.openReader();
        for (let number = 0; number < 20; number++) world.append(30_000);
        world.check();
        world.close(0);
        world.check();
      }),
      { numRuns: 200 },
    );
  });

  it('gives readers at one place one and the same view', () => {
    const log = new ChannelLog(new SlabPool());
    const readers = [log.open(0), log.open(0)];
    log.append(Opcode.TEXT, Buffer.from('hello'), 0, 5, 0);
    const [first, second] = readers.map((reader) =>
      reader.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
    );
    expect(first).toBe(second);
  });

  it('gives slabs back as soon as the last reader has left them, and uses full-size ones again', () => {
    const pool = new SlabPool();
    const log = new ChannelLog(pool);
    const reader = log.open(0);
    const payload = Buffer.alloc(100_000);
    let most = 0;
    for (let number = 0; number < 200; number++) {
      log.append(Opcode.BINARY, payload, 0, payload.length, number);
      most = Math.max(most, pool.heldBytes);
      while (reader.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY) !== undefined) reader.written();
    }
    expect(most).toBeLessThanOrEqual(3 * SLAB_BYTES);
    reader.close();
    expect(pool.heldBytes).toBe(0);
  });

  it('knows when a message was appended, however long the log', () => {
    const log = new ChannelLog(new SlabPool());
    const reader = log.open(0);
    const positions: number[] = [];
    for (let nowMs = 0; nowMs < 5_000; nowMs += 7) {
      positions.push(log.head);
      log.append(Opcode.TEXT, Buffer.from('x'), 0, 1, nowMs);
    }
    for (const [at, position] of positions.entries()) {
      expect(Math.abs(log.timeAt(position) - at * 7)).toBeLessThanOrEqual(10);
    }
    reader.close();
    expect(log.timeAt(0)).toBe(Number.POSITIVE_INFINITY);
  });
});
