/** How a hub is to end: what its thread asks of the service. Plain data. */
export interface ClosePlan {
  /** Connections that are not flushed and closed by then are cut. */
  deadlineMs: number;
  /** Close frames are spread evenly over this time, so that peers do not all come back in the same moment; 0: all at once. */
  spreadMs: number;
  /** Peers are told that it comes back: 1012 in the place of 1001. */
  restart: boolean;
}
