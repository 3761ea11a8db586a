/**
 * The end of an engine, in order:
 *
 *     drain the ring (closed by the caller) → finish each connection, spread over time → wait until the last is gone
 *
 * To finish a connection is to flush it and then to close it. At the deadline those that are left are cut.
 *
 * Thread: the service's.
 */
import { CloseCode } from '../../shared/close-codes';
import type { ClosePlan } from '../../shared/close-plan';
import type { Connection } from './connection';
import type { Scheduler } from './peer-socket';

/** While close frames are spread, so often some are due. */
const SPREAD_STEP_MS = 20;

export interface ClosingParts {
  scheduler: Pick<Scheduler, 'nowMs' | 'every'>;
  connections: ReadonlyMap<number, Connection>;
  /** Whether the ring holds what is not drained. */
  hasWork(): boolean;
  /** A turn must come: it calls `goOn`. */
  wake(): void;
}

export class Closing {
  /** Resolves when no connection is left, or `abort` was called. */
  readonly done: Promise<void>;
  /** How many connections were cut by the deadline. */
  cut = 0;
  readonly #plan: ClosePlan;
  readonly #parts: ClosingParts;
  readonly #stopDeadline: () => void;
  #stopSteps: () => void = () => {};
  /** Those that were there when the ring was empty for good; undefined: it is not yet. */
  #farewells: Connection[] | undefined;
  #told = 0;
  #drainedMs = 0;
  #over = false;
  #resolve: () => void = () => {};

  constructor(plan: ClosePlan, parts: ClosingParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#stopDeadline = parts.scheduler.every(plan.deadlineMs, () => this.#cut());
    parts.wake();
  }

  /** Once a turn. */
  goOn(): void {
    if (!this.#over) this.#sayGoodbye();
    if (this.#parts.connections.size === 0 && (this.#over || this.#farewells !== undefined)) this.abort();
  }

  /** Nothing is waited for any more. */
  abort(): void {
    this.#over = true;
    this.#stopDeadline();
    this.#stopSteps();
    this.#resolve();
  }

  #sayGoodbye(): void {
    if (this.#farewells === undefined) {
      if (this.#parts.hasWork()) return;
      this.#drained();
    }
    const farewells = this.#farewells as Connection[];
    for (const due = this.#due(farewells.length); this.#told < due; this.#told++)
      this.#finish(farewells[this.#told]);
    if (this.#told < farewells.length) return;
    this.#stopSteps();
    // A handshake that was under way may have been completed meanwhile.
    for (const connection of this.#parts.connections.values()) this.#finish(connection);
  }

  #drained(): void {
    this.#farewells = [...this.#parts.connections.values()];
    this.#drainedMs = this.#parts.scheduler.nowMs();
    if (this.#plan.spreadMs > 0)
      this.#stopSteps = this.#parts.scheduler.every(SPREAD_STEP_MS, () => this.#parts.wake());
  }

  /** How many of so many are told by now: the first at once, the last at the end of the spread. */
  #due(connections: number): number {
    const { spreadMs } = this.#plan;
    if (spreadMs === 0) return connections;
    const passedMs = this.#parts.scheduler.nowMs() - this.#drainedMs;
    return Math.min(connections, 1 + Math.floor(((connections - 1) * passedMs) / spreadMs));
  }

  #finish(connection: Connection): void {
    if (this.#plan.restart) connection.finish(CloseCode.SERVICE_RESTART, 'the hub restarts');
    else connection.finish(CloseCode.GOING_AWAY, 'the hub closes');
  }

  #cut(): void {
    this.#stopDeadline();
    this.#stopSteps();
    this.#over = true;
    this.cut = this.#parts.connections.size;
    for (const connection of this.#parts.connections.values()) connection.terminate();
    this.#parts.wake(); // their ends are told of, as any other
  }
}
