/**
 * Connections that may stay until some time only: that of their token.
 *
 * That time is a point of the calendar, so it is compared with the wall clock, alone of all times here: a clock that is set
 * forward past it ends the connection, one that is set back lets it stay.
 *
 * Thread: the service's.
 */
import { CloseCode } from '../../shared/close-codes';
import type { Connection } from './connection';

export class Expiry {
  readonly #wallNowMs: () => number;
  readonly #ends = new Map<Connection, number>();

  constructor(wallNowMs: () => number) {
    this.#wallNowMs = wallNowMs;
  }

  /** Connections that have an end. */
  get size(): number {
    return this.#ends.size;
  }

  /** The connection ends at this time, in ms since 1970; infinite: it does not. */
  set(connection: Connection, expiresAtMs: number): void {
    if (expiresAtMs === Number.POSITIVE_INFINITY) this.#ends.delete(connection);
    else this.#ends.set(connection, expiresAtMs);
  }

  /** When it ends, if it does. */
  report(connection: Connection): { expiresAtMs?: number } {
    const expiresAtMs = this.#ends.get(connection);
    return expiresAtMs === undefined ? {} : { expiresAtMs };
  }

  forget(connection: Connection): void {
    this.#ends.delete(connection);
  }

  /** Closes those whose time has come. What they have not got yet is not for them any more. */
  sweep(): void {
    if (this.#ends.size === 0) return;
    const nowMs = this.#wallNowMs();
    for (const [connection, expiresAtMs] of this.#ends) {
      if (expiresAtMs > nowMs) continue;
      this.#ends.delete(connection);
      connection.close(CloseCode.UNAUTHORIZED, 'expired');
    }
  }
}
