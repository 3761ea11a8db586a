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
 *
 * Thread: the service's.
 */
import type { Socket } from 'node:net';

/** A peer that is accepted should have sent its request after this time; from then on it gives way to another. */
export const SILENCE_MS = 1_000;

/** How many sockets there may be. `CapacityWatch` is one. */
export interface SocketLimit {
  readonly sockets: number;
  /** A peer came: the limit may have to be looked at. */
  lookIfNear(): void;
}

export class Admission {
  readonly #limit: SocketLimit;
  readonly #nowMs: () => number;
  readonly #refuse: (socket: Socket) => void;
  readonly #open = new Set<Socket>();
  /** Sockets that have not said what they want, and since when: oldest first. By address: that of a TLS socket is its carrier's. */
  readonly #silent = new Map<string, { socket: Socket; sinceMs: number }>();

  /** @param refuse answers and destroys a socket within the call */
  constructor(limit: SocketLimit, nowMs: () => number, refuse: (socket: Socket) => void) {
    this.#limit = limit;
    this.#nowMs = nowMs;
    this.#refuse = refuse;
  }

  /** Accepted sockets that are not closed. */
  get sockets(): number {
    return this.#open.size;
  }

  /** A socket was accepted. It stays, or is refused within the call. */
  accepted(socket: Socket): void {
    this.#limit.lookIfNear();
    if (this.#open.size >= this.#limit.sockets && !this.#makeRoom()) {
      this.#refuse(socket);
      return;
    }
    this.#open.add(socket);
    this.#silent.set(addressOf(socket), { socket, sinceMs: this.#nowMs() });
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

  /** Refuses the socket that has been silent for longest, if that is long. @returns whether there is room now */
  #makeRoom(): boolean {
    for (const { socket, sinceMs } of this.#silent.values()) {
      if (this.#nowMs() - sinceMs < SILENCE_MS) return false;
      this.#forget(socket);
      this.#refuse(socket);
      return this.#open.size < this.#limit.sockets;
    }
    return false;
  }

  #forget(socket: Socket): void {
    this.#open.delete(socket);
    this.#silent.delete(addressOf(socket));
  }
}

/** What no other open socket has. The socket remembers it when it is closed. */
function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remotePort} ${remoteAddress}`;
}
