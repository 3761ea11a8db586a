/**
 * A producer's line to the lane keeper: answers come over it, and the end of this thread shows at its other end.
 *
 * A keeper may die with its service thread while the producer lives on. Then the line is made anew: as soon as another
 * keeper has taken over, the producer introduces itself again, and learns how far the dead one had come in its lane.
 *
 * Thread: the producer's.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { introduce, type RingAttachment } from './attach';
import { isRingClosed } from './close';
import type { TakenOver } from './keeper';
import { type RingMemory, Word } from './layout';

/** How often a producer without a keeper looks for the next one. A service thread needs some ten times as long to start. */
const LOOK_MS = 5;

export interface KeeperLineEvents {
  /** The keeper says something. */
  message(message: unknown): void;
  /** Another keeper has taken over: what became of the records before `position` nobody will tell. Null: there are none. */
  takenOver(position: number | null): void;
  /** There is no keeper any more, and there will be none. */
  gone(): void;
}

export class KeeperLine {
  readonly #ring: RingMemory;
  readonly #ringId: string;
  readonly #attachment: RingAttachment;
  readonly #events: KeeperLineEvents;
  #port: MessagePort;
  /** The keeper that the present port was given to. */
  #keeper: number;
  #timer: NodeJS.Timeout | undefined;
  #expecting = false;
  #closed = false;

  constructor(ring: RingMemory, ringId: string, attachment: RingAttachment, events: KeeperLineEvents) {
    this.#ring = ring;
    this.#ringId = ringId;
    this.#attachment = attachment;
    this.#events = events;
    this.#port = attachment.port;
    this.#keeper = attachment.keeper;
    attachment.lost.then(() => this.#lost(this.#attachment.port));
    this.#listen();
  }

  /** An answer is due: this thread is kept alive for it. */
  ref(): void {
    this.#expecting = true;
    this.#port.ref();
    this.#timer?.ref();
  }

  unref(): void {
    this.#expecting = false;
    this.#port.unref();
    this.#timer?.unref();
  }

  /** Parts for good. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#port.close();
    this.#attachment.life?.close();
  }

  #listen(): void {
    const port = this.#port;
    port.on('message', (message: unknown) => {
      if (isTakenOver(message)) this.#events.takenOver(message.takenTo);
      else this.#events.message(message);
    });
    port.on('close', () => this.#lost(port));
    if (!this.#expecting) port.unref();
  }

  /** The keeper is gone, or was gone before it could take the port. */
  #lost(port: MessagePort): void {
    if (this.#closed || port !== this.#port || this.#timer !== undefined) return;
    if (this.#introduceAgain()) return;
    this.#timer = setInterval(() => {
      if (this.#introduceAgain()) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }, LOOK_MS);
    if (!this.#expecting) this.#timer.unref();
  }

  /** @returns false as long as there may be another keeper, but is none yet */
  #introduceAgain(): boolean {
    const keeper = Atomics.load(this.#ring.words, Word.KEEPER_THREAD); // [model: none] who keeps the lanes is not modelled
    if (isRingClosed(this.#ring) || this.#attachment.life === undefined) {
      this.#events.gone();
      return true;
    }
    if (keeper === this.#keeper) return false;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#keeper = keeper;
    this.#listen();
    const { tag } = this.#attachment.producer;
    introduce(keeper, { ringcast: 'producer', ringId: this.#ringId, tag, port: port2, again: true }, () =>
      setImmediate(() => this.#lost(port1)),
    );
    return true;
  }
}

function isTakenOver(message: unknown): message is TakenOver {
  return (message as Partial<TakenOver> | null)?.takenTo !== undefined;
}
