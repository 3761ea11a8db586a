/** What the engine needs of the world outside: a peer's socket, and time. Tests hand in their own. */

/** The transport of one connection, after the handshake. */
export interface PeerSocket {
  readonly remoteAddress: string;
  /**
   * Hands bytes to the operating system. They must not change before `done` is called, once, when they are all handed
   * over or never will be. The engine has one write at a time.
   *
   * @param behind a frame that goes with them, in one call of the system
   */
  write(bytes: Uint8Array, done: (failed: boolean) => void, behind?: Uint8Array): void;
  /** Bytes of the write under way that the operating system has not taken yet; undefined where that cannot be known. */
  readonly unsentBytes: number | undefined;
  /** Starts the closing handshake, behind everything written. The end is told by `Connection.ended`. */
  close(code: number, reason: string): void;
  /** As `close`, and nothing that the peer sends is looked at any more: it may send a flood. */
  expel(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
  /** Stops reading from the peer. */
  pause(): void;
  resume(): void;
  /** What it has read of the peer and not handed out waits until the loop has gone round. */
  giveWay(): void;
}

/** Time, as the engine sees it. Monotonic. */
export interface Scheduler {
  /** Turns come when the application's loop says so, and nothing may be set in that loop. */
  readonly driven?: boolean;
  nowMs(): number;
  /** Runs `turn` after pending I/O. */
  soon(turn: () => void): void;
  /** Runs `sweep` every `periodMs`, without keeping the process alive. @returns a function that ends it */
  every(periodMs: number, sweep: () => void): () => void;
}

export const realScheduler: Scheduler = {
  nowMs: () => performance.now(),
  soon: (turn) => {
    setImmediate(turn);
  },
  every: (periodMs, sweep) => {
    const timer = setInterval(sweep, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
