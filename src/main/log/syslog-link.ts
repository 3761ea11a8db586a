/** What carries lines to a syslog daemon, as the queue sees it. One link is one connection, or its like; a lost one is replaced. */

export interface LinkEvents {
  /** It takes lines, again or for the first time. */
  ready(): void;
  /** It is over. `unsent` were taken and did not go out, as far as can be known: they are for the next link. */
  lost(reason: Error, unsent: readonly Buffer[]): void;
}

export interface Link {
  /** Takes lines from the front. Never blocks, never throws. @returns how many it took; fewer: it calls `ready` when there is room */
  send(lines: readonly Buffer[]): number;
  /** Lines that it took and that may come back. */
  readonly unsent: number;
  /** The process ends now: hands over what it can. Only where that takes a moment and cannot be left to the system. */
  sendLast?(lines: readonly Buffer[]): void;
  /** Lets go of everything, at once. It calls nothing any more. */
  destroy(): void;
}

export type OpenLink = (events: LinkEvents) => Link;
