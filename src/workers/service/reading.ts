/**
 * Whether a peer is read: everybody who paused it must have resumed it. And for how long it was not.
 *
 * Thread: the service's.
 */
import type { PeerSocket } from './peer-socket';

/** Who does not want this peer to be read: the application is behind or said so, or a handler said so. */
export type PauseReason = 'credit' | 'application' | 'handler';

export class Reading {
  readonly #socket: PeerSocket;
  readonly #pausedBy = new Set<PauseReason>();
  #pausedMs = 0;
  #totalMs = 0;

  constructor(socket: PeerSocket) {
    this.#socket = socket;
  }

  get paused(): boolean {
    return this.#pausedBy.size > 0;
  }

  pause(by: PauseReason, nowMs: number): void {
    if (!this.paused) {
      this.#pausedMs = nowMs;
      this.#socket.pause();
    }
    this.#pausedBy.add(by);
  }

  resume(by: PauseReason, nowMs: number): void {
    if (!this.#pausedBy.delete(by) || this.paused) return;
    this.#totalMs += Math.max(0, nowMs - this.#pausedMs);
    this.#socket.resume();
  }

  /** For how long in all it was not read, in ms. */
  unreadMs(nowMs: number): number {
    return this.#totalMs + (this.paused ? Math.max(0, nowMs - this.#pausedMs) : 0);
  }
}
