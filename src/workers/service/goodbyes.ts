/**
 * Peers that have sent their close frame, or something wrong: nothing that they send from then on counts. Each gets our close
 * frame behind everything that is for it: what was published or sent before, and what the application says to its last
 * messages, as far as it says it at once.
 *
 *     last bytes ─▶ the application is through with what the peer sent ─▶ flush ─▶ close frame
 *                   (only if it was told any of it)
 *
 * When there was no progress for the close time-out, or it takes too long altogether, the close frame goes out without the rest.
 *
 * Thread: the service's.
 */
import type { Connection } from './connection';

/** The longest that a peer which goes on reading is waited for, in close time-outs. */
const MOST_TIMEOUTS = 5;

interface Wait {
  /** When it is over, unless there is progress; and when in any case. */
  dueMs: number;
  endMs: number;
  /** What was left at the last look. */
  leftBytes: number;
}

export interface GoodbyeParts {
  nowMs(): number;
  closeTimeoutMs(): number;
  /** Has the application disconnect it, behind what it posts now. @returns false if it need not be asked */
  askApplication(connection: Connection): boolean;
}

export class Goodbyes {
  readonly #parts: GoodbyeParts;
  readonly #waits = new Map<Connection, Wait>();

  constructor(parts: GoodbyeParts) {
    this.#parts = parts;
  }

  /** @param code with which it is to be closed: the peer's own, or that of its fault */
  take(connection: Connection, code: number, reason: string): void {
    if (connection.closing) return;
    connection.farewell = { code, reason };
    connection.life.conclude();
    const nowMs = this.#parts.nowMs();
    const timeoutMs = this.#parts.closeTimeoutMs();
    const endMs = nowMs + MOST_TIMEOUTS * timeoutMs;
    this.#waits.set(connection, { dueMs: nowMs + timeoutMs, endMs, leftBytes: leftOf(connection) });
    if (!this.#parts.askApplication(connection)) connection.finish(code, reason);
  }

  ended(connection: Connection): void {
    this.#waits.delete(connection);
  }

  /** Answers those that have waited for long enough. */
  sweep(nowMs: number): void {
    for (const [connection, wait] of this.#waits) {
      const leftBytes = leftOf(connection);
      if (leftBytes !== wait.leftBytes) wait.dueMs = nowMs + this.#parts.closeTimeoutMs();
      wait.leftBytes = leftBytes;
      if (nowMs < Math.min(wait.dueMs, wait.endMs)) continue;
      this.#waits.delete(connection);
      const { code, reason } = connection.farewell!;
      connection.close(code, reason);
    }
  }
}

/** Bytes that its socket has not taken. */
function leftOf({ lagBytes, socket }: Connection): number {
  return lagBytes + (socket.unsentBytes ?? 0);
}
