/**
 * How a line gets from the thread that logged it to the one that owns the emitter: through a ring of its own, a lane for
 * each thread, like the messages.
 *
 *     log.info(…) in any thread ──▶ lane ──drain──▶ the home thread's emitter
 *
 * So the lines of all threads come in the one order of their stamps (a call that returned before another began comes before
 * it), a thread that is terminated loses nothing of what it had logged, nobody waits for anybody, and a flood fills its own
 * lane and no more. A ring and no MessagePort: what was posted to a port is lost with a thread that is terminated, and has
 * no order with what other threads posted.
 */
import { randomUUID } from 'node:crypto';
import {
  attachToRing,
  CHANNEL_BY_NAME,
  Doorbell,
  KEEPER_SLOT,
  LaneKeeper,
  LaneWord,
  RecordKind,
  type RingAttachment,
  RingConsumer,
  RingMemory,
  type RingRecord,
  sumLanes,
} from '../ring';
import type { LogRecord } from './record';

/** Room for the lines of one thread that the home thread has not taken: a thousand or more. */
export const LOG_LANE_BYTES = 256 * 1024;
/** Threads that may have a lane at once: those that have logged something. One that was never taken costs no memory. */
export const MAX_LOGGING_THREADS = 128;
/** What one turn of the home thread takes. An emitter may be slow, and the thread has other things to do. */
const TURN_BUDGET = { records: 256, payloadBytes: 64 * 1024 };
/** A thread that found no free lane looks again after this time. */
const ATTACH_AGAIN_MS = 1_000;

/**
 * Never blocks a log call. That the home thread could not be told of this one is no reason to complain: at worst its lane
 * stays taken. (It happens where test runners run code with a `process` of their own.)
 */
const ATTACHING = { laneWaitMs: 0, onUnknown: () => {} };

/** What a thread needs to send its lines home: plain data. */
export interface LogHandle {
  /** Version of the handle. */
  readonly ringcastLog: 1;
  readonly ringId: string;
  readonly ring: SharedArrayBuffer;
  /** One word: the mask of the levels that are logged, in every thread. */
  readonly levels: SharedArrayBuffer;
}

/** The reader's side. Thread: the home thread, which made it; it stays for the life of that thread. */
export class LogReader {
  readonly handle: LogHandle;
  readonly #ring: RingMemory;
  readonly #consumer: RingConsumer;
  readonly #keeper: LaneKeeper;
  readonly #doorbell: Doorbell;
  readonly #bytes: Buffer;
  readonly #take: (record: LogRecord) => void;
  readonly #afterTurn: () => void;
  #scheduled = false;
  #draining = false;
  #unreadable = 0;

  /**
   * @param take gets each line, in order; it must not throw
   * @param afterTurn called when a turn is done
   */
  constructor(levels: SharedArrayBuffer, take: (record: LogRecord) => void, afterTurn: () => void) {
    this.#ring = RingMemory.create({ laneBytes: LOG_LANE_BYTES, maxProducers: MAX_LOGGING_THREADS });
    this.handle = { ringcastLog: 1, ringId: randomUUID(), ring: this.#ring.buffer, levels };
    this.#bytes = Buffer.from(this.#ring.buffer as unknown as ArrayBuffer);
    this.#take = take;
    this.#afterTurn = afterTurn;
    this.#keeper = new LaneKeeper(this.#ring, this.handle.ringId, () => this.#wake());
    this.#consumer = RingConsumer.join(this.#ring, KEEPER_SLOT);
    this.#doorbell = new Doorbell(this.#ring, KEEPER_SLOT, () => this.#wake());
    this.#wake();
  }

  /** Lines that found no room in their thread's lane, or could not be read. */
  get lost(): number {
    return sumLanes(this.#ring, LaneWord.REFUSED) + this.#unreadable;
  }

  /** Takes everything that was logged before this call. */
  drain(): void {
    this.#drain();
  }

  #drain(budget?: typeof TURN_BUDGET): number {
    if (this.#draining) return 0; // an emitter that logs: what it says does not wait for what it is called with
    this.#draining = true;
    try {
      return this.#consumer.drain((record) => this.#read(record), budget);
    } finally {
      this.#draining = false;
    }
  }

  #wake(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    this.#doorbell.disarm();
    const records = this.#drain(TURN_BUDGET);
    this.#keeper.reclaim();
    this.#afterTurn();
    if (records > 0 || !this.#doorbell.arm(() => this.#consumer.hasWork())) this.#wake();
  }

  #read({ payloadOffset, payloadBytes }: RingRecord): void {
    let record: LogRecord;
    try {
      record = JSON.parse(this.#bytes.toString('utf8', payloadOffset, payloadOffset + payloadBytes));
    } catch {
      this.#unreadable++;
      return;
    }
    this.#take(record);
  }
}

/** The writer's side. Thread: the one that made it. The lane is taken with the first line: silent threads need none. */
export class LogWriter {
  readonly #ring: RingMemory;
  readonly #ringId: string;
  #attachment: RingAttachment | undefined;
  #attachAgainMs = 0;

  /** @throws {TypeError} if the handle is of another version of the library */
  constructor(handle: LogHandle) {
    this.#ring = new RingMemory(handle.ring);
    this.#ringId = handle.ringId;
  }

  /**
   * Sends a line home. Never blocks. Without room in the lane the line is lost, and counted.
   *
   * @returns false if this thread has no lane: there are `MAX_LOGGING_THREADS` that have one
   */
  send(record: LogRecord): boolean {
    const producer = (this.#attachment ?? this.#attach())?.producer;
    if (producer === undefined) return false;
    const result = producer.tryPost(RecordKind.TEXT, CHANNEL_BY_NAME, JSON.stringify(record));
    if (result === 'full') producer.countRefusal();
    return true;
  }

  /** Gives the lane back; what it holds still goes home. */
  close(): void {
    this.#attachment?.producer.close();
    this.#attachment?.port.close();
  }

  #attach(): RingAttachment | undefined {
    const nowMs = performance.now();
    if (nowMs < this.#attachAgainMs) return undefined;
    this.#attachAgainMs = nowMs + ATTACH_AGAIN_MS;
    try {
      this.#attachment = attachToRing(this.#ring, this.#ringId, ATTACHING);
      this.#attachment?.port.unref();
    } catch {} // no free lane
    return this.#attachment;
  }
}
