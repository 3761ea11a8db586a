/**
 * Keeps the capacity true while the program opens and closes other things: looks again every 250 ms, and near capacity also
 * when a peer comes. The result is on the board for everybody.
 *
 * Thread: the service's.
 */
import type { Board } from '../../shared/board';
import { type Capacity, type CapacityLimits, capacityOf, NO_LIMIT } from '../../shared/capacity';
import { type Descriptors, SpareDescriptors } from './descriptors';
import type { Scheduler } from './peer-socket';

/** How often it is looked, whether peers come or not. */
const LOOK_MS = 250;
/** When many peers come near capacity, it is looked this often at most … */
const LEAST_LOOK_MS = 10;
/** … and so that looks take 1 % of the time at most: where descriptors must be listed, 10,000 of them take 7 ms. */
const LOOK_COST_FACTOR = 100;
/** From this share of the sockets on that there may be, a peer that comes is reason to look. */
const NEAR = 3 / 4;

export interface CapacityParts {
  descriptors: Descriptors;
  board: Board;
  limits: CapacityLimits;
  /** Accepted sockets that are not closed: they are not among what others use. */
  sockets: () => number;
  /** Threads that are expected and not there yet. */
  threadsToCome: () => number;
  scheduler: Scheduler;
}

export class CapacityWatch {
  readonly #parts: CapacityParts;
  readonly #spares = new SpareDescriptors();
  #capacity: Capacity;
  #stopLooking = (): void => {};
  #limit = NO_LIMIT;
  #nextLookMs = Number.NEGATIVE_INFINITY;

  /** Knows `maxConnections` only, until the first look. */
  constructor(parts: CapacityParts) {
    this.#parts = parts;
    this.#capacity = capacityOf({ limit: NO_LIMIT, inUse: 0, threadsToCome: 0 }, parts.limits);
  }

  /** How many connections may be open. */
  get connections(): number {
    return this.#capacity.connections;
  }

  /** How many accepted sockets there may be. */
  get sockets(): number {
    return this.#capacity.sockets;
  }

  /** Looks again, unless looks would take too much of the time. */
  look(): void {
    const { scheduler } = this.#parts;
    const begun = scheduler.nowMs();
    if (begun < this.#nextLookMs) return;
    const { limit, open } = this.#ask();
    const ended = scheduler.nowMs();
    this.#nextLookMs = ended + Math.max(LEAST_LOOK_MS, LOOK_COST_FACTOR * (ended - begun));
    this.#take(limit, limit === NO_LIMIT ? 0 : this.#inUse(open, limit));
  }

  /** A peer came. */
  lookIfNear(): void {
    if (this.#parts.sockets() >= this.#capacity.sockets * NEAR) this.look();
  }

  /** The limits changed: they hold from now on. */
  reconfigured(): void {
    this.#nextLookMs = Number.NEGATIVE_INFINITY;
    this.look();
  }

  /** Looks for the first time, and from then on again and again. */
  begin(): void {
    this.look();
    this.#stopLooking = this.#parts.scheduler.every(LOOK_MS, () => this.look());
  }

  /** The hub closes: what is held is given back. */
  close(): void {
    this.#stopLooking();
    this.#spares.release();
  }

  /** To ask takes a descriptor: when the last is taken, that itself is the answer. */
  #ask(): { limit: number; open: number } {
    const { descriptors } = this.#parts;
    try {
      const open = descriptors.open();
      this.#limit = open === undefined ? NO_LIMIT : descriptors.limit();
      return { limit: this.#limit, open: open ?? 0 };
    } catch {
      return { limit: this.#limit, open: this.#limit };
    }
  }

  #take(limit: number, inUse: number): void {
    const { board, limits, threadsToCome } = this.#parts;
    this.#capacity = capacityOf({ limit, inUse, threadsToCome: threadsToCome() }, limits);
    board.setCapacity({ ...this.#capacity, processLimit: limit });
  }

  /** What is open but for peers and spares; and keeps spares while there is room for them. */
  #inUse(open: number, limit: number): number {
    const { held } = this.#spares;
    const free = limit - open;
    if (free <= 0) this.#spares.release();
    else if (free > SpareDescriptors.COUNT) this.#spares.hold();
    return Math.max(0, open - held - this.#parts.sockets());
  }
}
