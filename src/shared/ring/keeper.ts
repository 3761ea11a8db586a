/**
 * The lane keeper: learns of the end of every producer's thread, and gives its lane back once it is drained.
 *
 * A producer thread hands the keeper's thread a MessagePort *before* it takes a lane (`attach.ts`). However that thread
 * ends (close, exit, throw, terminate, out of memory), the port closes here. Nothing is guessed by time-outs.
 *
 * Thread: the service thread of slot 0. One keeper a ring.
 */
import { type MessagePort, threadId } from 'node:worker_threads';
import { closeLane, findLane, reclaimLane } from './lanes';
import { LaneWord, type RingMemory, Word } from './layout';

/** What an attaching thread sends to the keeper's thread by `postMessageToThread`. */
export interface ProducerIntroduction {
  ringcast: 'producer';
  /** Tells apart the rings whose keepers live in one thread. */
  ringId: string;
  tag: number;
  port: MessagePort;
}

export class LaneKeeper {
  readonly #ring: RingMemory;
  readonly #ringId: string;
  readonly #onClosing: () => void;
  readonly #ports = new Map<number, MessagePort>();
  /** Lanes that are closing, with the tag of the owner that is gone. */
  readonly #closing = new Map<number, number>();
  /** Messages for producers whose port has not arrived yet: it travels by way of the main thread. */
  readonly #undelivered = new Map<number, unknown[]>();
  readonly #onWorkerMessage = (message: unknown): void => this.#meet(message);

  /**
   * Starts to listen. Every producer that attaches from now on is known.
   *
   * @param onClosing called when a lane began to close: drain soon, then call `reclaim`
   */
  constructor(ring: RingMemory, ringId: string, onClosing: () => void) {
    this.#ring = ring;
    this.#ringId = ringId;
    this.#onClosing = onClosing;
    process.on('workerMessage', this.#onWorkerMessage);
    localKeepers.set(ringId, this);
    Atomics.store(ring.words, Word.KEEPER_THREAD, threadId + 1); // [model: none] once
  }

  /**
   * Gives back every closing lane that is drained by now. Call it after each drain, and between the bell and the sleep:
   * service threads of other slots ring when they have stored a cursor of such a lane.
   */
  reclaim(): void {
    for (const [lane, tag] of this.#closing) {
      if (!reclaimLane(this.#ring, lane, tag)) continue;
      this.#closing.delete(lane);
      this.#undelivered.delete(tag);
    }
  }

  /**
   * Sends a message to the producer that owns `lane`. If that producer is gone, nobody misses it.
   *
   * Thread: the keeper's, while it drains a record of that lane or later; the tag is looked up by `tagOf`.
   */
  tell(tag: number, message: unknown): void {
    const port = this.#ports.get(tag);
    if (port !== undefined) port.postMessage(message);
    else if (findLane(this.#ring, tag) !== -1) {
      const waiting = this.#undelivered.get(tag);
      if (waiting === undefined) this.#undelivered.set(tag, [message]);
      else waiting.push(message);
    }
  }

  /** The tag of the producer whose record is being drained: its lane cannot change hands before the cursor is stored. */
  tagOf(lane: number): number {
    return Atomics.load(this.#ring.words, this.#ring.laneWord(lane, LaneWord.OWNER)) >>> 2;
  }

  /** Whether this producer may still post, or has records in its lane that are not drained. */
  lives(tag: number): boolean {
    return findLane(this.#ring, tag) !== -1;
  }

  /** Stops listening and lets go of every port. */
  close(): void {
    process.off('workerMessage', this.#onWorkerMessage);
    localKeepers.delete(this.#ringId);
    for (const port of this.#ports.values()) {
      port.removeAllListeners('close'); // it is we who part: their owners live on
      port.close();
    }
    this.#ports.clear();
    this.#undelivered.clear();
  }

  /** A producer is about to take a lane. `workerMessage` brings those of other threads here. */
  #meet(message: unknown): void {
    if (isIntroduction(message) && message.ringId === this.#ringId) this.adopt(message.tag, message.port);
  }

  /** Takes the port whose close tells of the end of the producer `tag`. */
  adopt(tag: number, port: MessagePort): void {
    this.#ports.set(tag, port);
    port.on('close', () => this.#part(tag));
    port.on('message', () => {}); // without a listener the port does not tell of its close
    port.unref();
    for (const waiting of this.#undelivered.get(tag) ?? []) port.postMessage(waiting);
    this.#undelivered.delete(tag);
  }

  /** The producer's thread ended, or it closed: its lane closes, whichever it took. */
  #part(tag: number): void {
    this.#ports.delete(tag);
    this.#undelivered.delete(tag);
    const lane = findLane(this.#ring, tag);
    if (lane === -1) return; // it never took one
    closeLane(this.#ring, lane, tag);
    this.#closing.set(lane, tag);
    this.#onClosing();
  }
}

/** The keepers of this thread: a producer in the keeper's own thread needs no message to reach it. */
const localKeepers = new Map<string, LaneKeeper>();

export function localKeeper(ringId: string): LaneKeeper | undefined {
  return localKeepers.get(ringId);
}

function isIntroduction(message: unknown): message is ProducerIntroduction {
  return (message as Partial<ProducerIntroduction> | null)?.ringcast === 'producer';
}
