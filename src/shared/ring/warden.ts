/**
 * The warden: knows of the end of every producer's thread for as long as the ring lives, whichever thread keeps the lanes.
 *
 * The keeper lives in the service thread, and may die with it. Was a producer killed while there was no keeper, nobody would
 * learn of it, and its lane would stay taken. So each producer hands a second MessagePort to the warden's thread, also
 * *before* it takes a lane: when that port closes, the lane is marked as closing, and the next keeper finds it.
 *
 * Thread: the one that made the ring, and restarts the service thread. It outlives every keeper.
 */
import { type MessagePort, threadId } from 'node:worker_threads';
import { closeLane, findLane } from './lanes';
import { type RingMemory, Word } from './layout';

/** What a producer's thread sends to the warden's thread by `postMessageToThread`. */
export interface WardenIntroduction {
  ringcast: 'producer lives';
  ringId: string;
  tag: number;
  port: MessagePort;
}

export class LaneWarden {
  readonly #ring: RingMemory;
  readonly #ringId: string;
  readonly #ports = new Set<MessagePort>();
  readonly #onWorkerMessage = (message: unknown): void => this.#meet(message);

  /** Call it before the ring is handed out: producers look once whether there is a warden. */
  constructor(ring: RingMemory, ringId: string) {
    this.#ring = ring;
    this.#ringId = ringId;
    process.on('workerMessage', this.#onWorkerMessage);
    Atomics.store(ring.words, Word.WARDEN_THREAD, threadId + 1); // [model: none] once, before there are producers
  }

  /** Lets go of every port. */
  close(): void {
    process.off('workerMessage', this.#onWorkerMessage);
    for (const port of this.#ports) {
      port.removeAllListeners('close'); // it is we who part: their owners live on
      port.close();
    }
    this.#ports.clear();
  }

  #meet(message: unknown): void {
    if (!isIntroduction(message) || message.ringId !== this.#ringId) return;
    const { port, tag } = message;
    this.#ports.add(port);
    port.on('close', () => {
      this.#ports.delete(port);
      const lane = findLane(this.#ring, tag);
      if (lane !== -1) closeLane(this.#ring, lane, tag);
    });
    port.on('message', () => {}); // without a listener the port does not tell of its close
    port.unref();
  }
}

function isIntroduction(message: unknown): message is WardenIntroduction {
  return (message as Partial<WardenIntroduction> | null)?.ringcast === 'producer lives';
}
