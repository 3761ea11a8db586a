/**
 * The lane keeper: learns of the end of every producer's thread, and gives its lane back once it is drained.
 *
 * A producer thread hands the keeper's thread a MessagePort *before* it takes a lane (`attach.ts`). However that thread
 * ends (close, exit, throw, terminate, out of memory), the port closes here. Nothing is guessed by time-outs.
 *
 * Which lanes are closing stands in the ring, not here: so a keeper that takes over from one that died finds them, and the
 * producers that live introduce themselves again (`keeper-line.ts`). Who died in between is known to the warden.
 *
 * Thread: the service thread of slot 0. One keeper a ring at a time.
 */
import { type MessagePort, threadId } from 'node:worker_threads';
import { closeLane, closeLanesOfThread, closingLanes, findLane, reclaimLane } from './lanes';
import { LaneWord, type RingMemory, Word } from './layout';

/** What a producer's thread sends to the keeper's thread by `postMessageToThread`. */
export interface ProducerIntroduction {
  ringcast: 'producer';
  /** Tells apart the rings whose keepers live in one thread. */
  ringId: string;
  tag: number;
  port: MessagePort;
  /** It had another port, or thought it had, whose keeper is gone: it wants to know how far that one came. */
  again?: boolean;
}

/** What a keeper first says to a producer that introduced itself again. */
export interface TakenOver {
  /**
   * The records before this position of its lane were taken by keepers that are gone: what became of them is not known.
   * Null: there are none.
   */
  takenTo: number | null;
}

/** A keeper that follows one that died. */
export interface KeeperSuccession {
  /** The thread of the one that died: lanes that it had itself are closed. */
  predecessor: number;
  /** Up to which position a lane was read when this keeper took over. */
  takenTo(lane: number): number;
}

export class LaneKeeper {
  readonly #ring: RingMemory;
  readonly #ringId: string;
  readonly #onClosing: () => void;
  readonly #ports = new Map<number, MessagePort>();
  readonly #succession: KeeperSuccession | undefined;
  /** Lanes that are closing, with the tag of the owner that is gone: those seen when `LANES_CLOSED` was `#closedSeen`. */
  readonly #closing = new Map<number, number>();
  #closedSeen: number | undefined;
  /** Messages for producers whose port has not arrived yet: it travels by way of the main thread. */
  readonly #undelivered = new Map<number, unknown[]>();
  readonly #onWorkerMessage = (message: unknown): void => this.#meet(message);

  /**
   * Starts to listen. Every producer that attaches from now on is known.
   *
   * @param onClosing called when a lane began to close: drain soon, then call `reclaim`
   * @param succession if there was a keeper before, whose thread has ended
   */
  constructor(ring: RingMemory, ringId: string, onClosing: () => void, succession?: KeeperSuccession) {
    this.#ring = ring;
    this.#ringId = ringId;
    this.#onClosing = onClosing;
    this.#succession = succession;
    if (succession !== undefined) closeLanesOfThread(ring, succession.predecessor);
    process.on('workerMessage', this.#onWorkerMessage);
    localKeepers.set(ringId, this);
    Atomics.store(ring.words, Word.KEEPER_THREAD, threadId + 1); // [model: none] once for each keeper
  }

  /**
   * Gives back every closing lane that is drained by now. Call it after each drain, and between the bell and the sleep:
   * service threads of other slots ring when they have stored a cursor of such a lane.
   */
  reclaim(): void {
    this.#lookForClosing();
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

  /** A producer is about to take a lane, or has one. `workerMessage` brings those of other threads here. */
  #meet(message: unknown): void {
    if (isIntroduction(message) && message.ringId === this.#ringId) this.adopt(message);
  }

  /** Takes the port whose close tells of the end of the producer `tag`. */
  adopt({ tag, port, again }: Pick<ProducerIntroduction, 'tag' | 'port' | 'again'>): void {
    if (again === true) port.postMessage({ takenTo: this.#takenTo(tag) } satisfies TakenOver);
    this.#ports.set(tag, port);
    port.on('close', () => this.#part(tag, port));
    port.on('message', () => {}); // without a listener the port does not tell of its close
    port.unref();
    for (const waiting of this.#undelivered.get(tag) ?? []) port.postMessage(waiting);
    this.#undelivered.delete(tag);
  }

  /** The producer's thread ended, or it closed: its lane closes, whichever it took. */
  #part(tag: number, port: MessagePort): void {
    if (this.#ports.get(tag) !== port) return; // it has introduced itself anew since
    this.#ports.delete(tag);
    this.#undelivered.delete(tag);
    const lane = findLane(this.#ring, tag);
    if (lane === -1) return; // it never took one
    closeLane(this.#ring, lane, tag);
    this.#onClosing();
  }

  /** Looks through the lanes, if one has closed since it was last done. */
  #lookForClosing(): void {
    const closed = Atomics.load(this.#ring.words, Word.LANES_CLOSED); // [model: none] the keeper there looks always
    if (closed === this.#closedSeen) return;
    this.#closedSeen = closed; // before the look: what closes meanwhile is looked for again
    for (const { lane, tag } of closingLanes(this.#ring)) this.#closing.set(lane, tag);
  }

  /** How far keepers before this one came with the producer's lane; if it has none yet, they took nothing of it. */
  #takenTo(tag: number): number | null {
    const lane = findLane(this.#ring, tag);
    if (lane === -1 || this.#succession === undefined) return null;
    return this.#succession.takenTo(lane);
  }
}

/** The thread of the keeper that the ring has, or had last; undefined: it never had one. Any thread. */
export function lastKeeper(ring: RingMemory): number | undefined {
  const keeper = Atomics.load(ring.words, Word.KEEPER_THREAD); // [model: none] who keeps the lanes is not modelled
  return keeper === 0 ? undefined : keeper - 1;
}

/** The keepers of this thread: a producer in the keeper's own thread needs no message to reach it. */
const localKeepers = new Map<string, LaneKeeper>();

export function localKeeper(ringId: string): LaneKeeper | undefined {
  return localKeepers.get(ringId);
}

function isIntroduction(message: unknown): message is ProducerIntroduction {
  return (message as Partial<ProducerIntroduction> | null)?.ringcast === 'producer';
}
