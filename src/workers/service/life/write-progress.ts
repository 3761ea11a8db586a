/**
 * Whether the write under way makes progress. There is one at a time.
 *
 * Thread: the service's.
 */
import type { PeerSocket } from '../peer-socket';

export class WriteProgress {
  readonly #socket: PeerSocket;
  #underway = false;
  #sinceMs = 0;
  #unsent: number | undefined;

  constructor(socket: PeerSocket) {
    this.#socket = socket;
  }

  get underway(): boolean {
    return this.#underway;
  }

  begin(nowMs: number): void {
    this.#underway = true;
    this.#sinceMs = nowMs;
    this.#unsent = undefined;
  }

  end(): void {
    this.#underway = false;
  }

  /**
   * For how long the write has made no progress, in ms; 0 if none is under way. Call it at intervals: it notes what it sees.
   *
   * @param moved is called if the peer has taken some since the last look
   */
  stalledMs(nowMs: number, moved: () => void): number {
    if (!this.#underway) return 0;
    const unsent = this.#socket.unsentBytes;
    if (unsent !== this.#unsent) {
      if (this.#unsent !== undefined) moved();
      this.#unsent = unsent;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs;
  }
}
