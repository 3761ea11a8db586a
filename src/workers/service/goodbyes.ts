/**
 * Peers that have sent their close frame. Each is answered behind everything that is for it: what was published or sent before,
 * and what the application says to its last messages, as far as it says it at once.
 *
 *     close frame ─▶ the application is through with what the peer sent ─▶ flush ─▶ close frame
 *                    (only if it was told any of it)
 *
 * All of it within the close time-out: then the answer goes out with whatever is missing.
 *
 * Thread: the service's.
 */
import type { Connection } from './connection';

export interface GoodbyeParts {
  nowMs(): number;
  closeTimeoutMs(): number;
  /** Has the application disconnect it, behind what it posts now. @returns false if it need not be asked */
  askApplication(connection: Connection): boolean;
}

export class Goodbyes {
  readonly #parts: GoodbyeParts;
  /** When each must be answered. */
  readonly #dueMs = new Map<Connection, number>();

  constructor(parts: GoodbyeParts) {
    this.#parts = parts;
  }

  /** A close frame came, and was not the answer to ours. */
  take(connection: Connection, code: number, reason: string): void {
    if (connection.closing) return;
    connection.peerClosed = { code, reason };
    this.#dueMs.set(connection, this.#parts.nowMs() + this.#parts.closeTimeoutMs());
    if (!this.#parts.askApplication(connection)) connection.finish(code, reason);
  }

  ended(connection: Connection): void {
    this.#dueMs.delete(connection);
  }

  /** Answers those that have waited for long enough. */
  sweep(nowMs: number): void {
    for (const [connection, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) continue;
      this.#dueMs.delete(connection);
      const { code, reason } = connection.peerClosed!;
      connection.close(code, reason);
    }
  }
}
