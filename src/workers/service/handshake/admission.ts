/**
 * Who may come in at all: counts every accepted socket, those that say nothing too, since each takes a descriptor.
 *
 * Node cannot stop accepting without resetting whoever waits (there is no pause, and to close the listening socket resets
 * its backlog), and at the descriptor limit it closes newcomers with no event. So the limit is never reached: past
 * `capacity.sockets` a peer is answered and its socket closed in the very call that accepted it, before the next is accepted.
 * However many come at once, that takes one descriptor.
 *
 *     up to capacity.sockets   the request is read; a seat, if there is one (`Engine.saturated`), else 503
 *     past it                  503 at once, to the newcomer or to a socket that has been silent for long
 *     silent for too long      408
 *
 * The deadline is kept here and not by node, whose clock goes on while this thread is busy: it answers 408 to peers whose request
 * has lain in our own buffers for seconds. Here only time counts in which the thread attended to its sockets.
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';
import type { Scheduler } from '../peer-socket';
import { AttendedTime } from './attended-time';

/** A peer that is accepted should have sent its request after this time; from then on it gives way to another. */
export const SILENCE_MS = 1_000;
/** How often it is looked for peers that are silent for too long. */
export const LOOK_MS = 250;

/** How many sockets there may be. `CapacityWatch` is one. */
export interface SocketLimit {
  readonly sockets: number;
  /** A peer came: the limit may have to be looked at. */
  lookIfNear(): void;
}

export interface AdmissionParts {
  limit: SocketLimit;
  scheduler: Scheduler;
  /** How long a peer may take until its request is complete. */
  timeoutMs(): number;
  /** Answers that there is no room and destroys the socket, within the call. */
  refuse(socket: Socket): void;
  /** Answers that it took too long. */
  expire(socket: Socket): void;
}

interface Silent {
  socket: Socket;
  /** When it was accepted, by the clock. */
  sinceMs: number;
  /** The same in attended time. */
  attendedMs: number;
}

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #open = new Set<Socket>();
  /** Sockets that have not said what they want, and since when: oldest first. By address: that of a TLS socket is its carrier's. */
  readonly #silent = new Map<string, Silent>();
  readonly #attended = new AttendedTime(LOOK_MS);
  /** Those whose time was over at the last look. */
  #late: Silent[] = [];
  readonly #stopLooking: () => void;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#attended.look(parts.scheduler.nowMs());
    this.#stopLooking = parts.scheduler.every(LOOK_MS, () => this.#look());
  }

  /** Accepted sockets that are not closed. */
  get sockets(): number {
    return this.#open.size;
  }

  /** Those of them whose request is not complete. */
  get silent(): number {
    return this.#silent.size;
  }

  /** A socket was accepted. It stays, or is refused within the call. */
  accepted(socket: Socket): void {
    const { limit, scheduler } = this.#parts;
    limit.lookIfNear();
    if (this.#open.size >= limit.sockets && !this.#makeRoom()) {
      this.#parts.refuse(socket);
      return;
    }
    this.#open.add(socket);
    this.#silent.set(addressOf(socket), {
      socket,
      sinceMs: scheduler.nowMs(),
      attendedMs: this.#attended.ms,
    });
    socket.on('close', () => this.#forget(socket));
  }

  /** A socket that somebody else accepted is ours now. It counts, and there is always room for it: it is open already. */
  joined(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#forget(socket));
  }

  /** A peer has sent its request. */
  spoke(socket: Socket): void {
    this.#silent.delete(addressOf(socket));
  }

  stop(): void {
    this.#stopLooking();
  }

  #look(): void {
    this.#attended.look(this.#parts.scheduler.nowMs());
    const dueMs = this.#attended.ms - this.#parts.timeoutMs();
    // What lies in our buffers is read between two looks: a request among it is in time.
    this.#expire(this.#late);
    this.#late = [...takeWhile(this.#silent.values(), ({ attendedMs }) => attendedMs <= dueMs)];
  }

  #expire(late: Silent[]): void {
    for (const { socket } of late) {
      if (this.#silent.get(addressOf(socket))?.socket !== socket) continue;
      this.#forget(socket);
      this.#parts.expire(socket);
    }
  }

  /** Refuses the socket that has been silent for longest, if that is long. @returns whether there is room now */
  #makeRoom(): boolean {
    for (const { socket, sinceMs } of this.#silent.values()) {
      if (this.#parts.scheduler.nowMs() - sinceMs < SILENCE_MS) return false;
      this.#forget(socket);
      this.#parts.refuse(socket);
      return this.#open.size < this.#parts.limit.sockets;
    }
    return false;
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    if (this.#silent.get(addressOf(socket))?.socket === socket) this.#silent.delete(addressOf(socket));
  }
}

function* takeWhile<T>(items: Iterable<T>, holds: (item: T) => boolean): Generator<T> {
  for (const item of items) {
    if (!holds(item)) return;
    yield item;
  }
}

/** What no other open socket has. The socket remembers it when it is closed. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remotePort} ${remoteAddress}`;
}
