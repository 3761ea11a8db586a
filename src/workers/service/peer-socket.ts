/** What the engine needs of the world outside: a peer's socket, and time. Tests hand in their own. */

/**
 * A mute peer has this long to answer our close frame; and we have it to answer a peer's, with everything that comes before.
 */
export const CLOSE_TIMEOUT_MS = 2_000;

/** The transport of one connection, after the handshake. */
export interface PeerSocket {
  readonly remoteAddress: string;
  /**
   * Hands bytes to the operating system. They must not change before `done` is called, once, when they are all handed
   * over or never will be. The engine has one write at a time.
   */
  write(bytes: Uint8Array, done: (failed: boolean) => void): void;
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
