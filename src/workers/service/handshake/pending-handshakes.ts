/**
 * Handshakes that wait for an answer about them. After `upgrade` node has no deadline left for a socket, so it is kept here;
 * and a peer that leaves meanwhile leaves nothing behind.
 *
 *     waiting ─▶ answered │ failed │ late │ left │ closing         whichever comes first, and only that
 *
 * No WebSocket exists yet: the socket is only held. What the peer sends meanwhile waits in it, up to what a stream buffers.
 *
 * Thread: the service's.
 */
import type { Duplex } from 'node:stream';
import type { Scheduler } from '../peer-socket';

/** In this time answers that have come already are read. */
const READ_MS = 50;

export type Outcome =
  | { type: 'answered'; answer: unknown }
  | { type: 'failed'; cause: unknown }
  | { type: 'late' }
  | { type: 'left' }
  | { type: 'closing' };

export interface PendingParts {
  scheduler: Scheduler;
  /** Their number is another. */
  changed(count: number): void;
}

export class PendingHandshakes {
  readonly #parts: PendingParts;
  readonly #waiting = new Set<(outcome: Outcome) => void>();

  constructor(parts: PendingParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for the answer.
   *
   * @param ask may throw; its signal is aborted when nobody waits for its answer any more
   */
  wait(socket: Duplex, timeoutMs: number, ask: (signal: AbortSignal) => unknown): Promise<Outcome> {
    return new Promise((resolve) => {
      const abort = new AbortController();
      const left = () => settle({ type: 'left' });
      const settle = (outcome: Outcome): void => {
        if (!this.#waiting.delete(settle)) return;
        stopDeadline();
        socket.off('close', left).off('end', left);
        this.#parts.changed(this.#waiting.size);
        resolve(outcome);
        if (outcome.type !== 'answered' && outcome.type !== 'failed') abort.abort();
      };
      const stopDeadline = this.#deadline(timeoutMs, settle);
      this.#waiting.add(settle);
      this.#parts.changed(this.#waiting.size);
      socket.on('close', left).on('end', left);
      answerOf(() => ask(abort.signal)).then(
        (answer) => settle({ type: 'answered', answer }),
        (cause: unknown) => settle({ type: 'failed', cause }),
      );
    });
  }

  /** The hub closes: none of them can come in any more. */
  endAll(): void {
    for (const settle of [...this.#waiting]) settle({ type: 'closing' });
  }

  /** An answer that is there already, and only not read since this thread was busy, is in time: so it is read before. */
  #deadline(timeoutMs: number, settle: (outcome: Outcome) => void): () => void {
    const { scheduler } = this.#parts;
    let stop = scheduler.every(timeoutMs, () => {
      stop();
      stop = scheduler.every(READ_MS, () => settle({ type: 'late' }));
    });
    return () => stop();
  }
}

async function answerOf(ask: () => unknown): Promise<unknown> {
  return ask();
}
