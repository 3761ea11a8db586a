/** What a load thread keeps of a client, as long as the test runs: its connections come and go. */
import type { Peer } from './peer';

export interface ClientState {
  readonly number: number;
  /** Its place in the thread: what it is called by the checker. */
  readonly slot: number;
  /** Index into the plan's, or -1. */
  readonly slowGroup: number;
  /** Its connection, while it is open. */
  peer: Peer | undefined;
  /** Messages are expected: it is there, or its connection was lost. */
  present: boolean;
}
