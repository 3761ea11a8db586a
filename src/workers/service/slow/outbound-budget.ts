/**
 * What all connections together may hold in memory. Past it, those that hold most go first.
 *
 * Thread: the service's.
 */
import type { Connection } from '../connection';
import type { SlabPool } from '../log-slab';

/** Once past the budget, room is made down to this fraction of it: not for every message anew. */
const BUDGET_KEPT_TO = 0.9;

export interface OutboundBudgetParts {
  pool: SlabPool;
  connections: ReadonlyMap<number, Connection>;
  /** It may change while the hub runs. */
  maxOutboundBytes: () => number;
  /** Makes a connection hold less, or none: it is one of those that hold most. */
  relieve(connection: Connection, pinnedBytes: number): void;
}

export class OutboundBudget {
  readonly #parts: OutboundBudgetParts;
  /** Bytes of private messages that wait, over all connections. */
  privateBytes = 0;

  constructor(parts: OutboundBudgetParts) {
    this.#parts = parts;
  }

  get #held(): number {
    const { pool } = this.#parts;
    return pool.behindBytes + pool.conflatedBytes + this.privateBytes;
  }

  /** One pass over the connections makes room for all: their order does not change by it. */
  keep(): void {
    const max = this.#parts.maxOutboundBytes();
    if (this.#held <= max) return;
    const held: { connection: Connection; pinnedBytes: number }[] = [];
    for (const connection of this.#parts.connections.values()) {
      if (connection.closing) continue;
      const { pinnedBytes } = connection;
      if (pinnedBytes > 0) held.push({ connection, pinnedBytes });
    }
    held.sort((one, other) => other.pinnedBytes - one.pinnedBytes);
    for (const { connection, pinnedBytes } of held) {
      this.#parts.relieve(connection, pinnedBytes);
      if (this.#held <= max * BUDGET_KEPT_TO) return;
    }
  }
}
