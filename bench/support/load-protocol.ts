/** What the processes of the generator's benchmark say to each other. */

/** Writes so many messages as one piece to each connection of a path, again and again; 0: nothing any more. */
export interface FrameServerOrder {
  path: string;
  everyMs: number;
  batch: number;
}

/**
 * `sink` and `ws`: a load thread's clients, with all their checks. `bare`: `ws` clients that count, and do nothing else. `floor`:
 * sockets of Node whose bytes are counted, and not looked at.
 */
export const CLIENT_KINDS = ['sink', 'ws', 'bare', 'floor'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** Since the process began. */
export interface ClientReading {
  received: number;
  /** Now. */
  connected: number;
  /** Lost, doubled, late, damaged. */
  faults: number;
  cpuUs: number;
  /** Of it, not in the kernel. */
  userUs: number;
  rssBytes: number;
}
