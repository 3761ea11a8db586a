/** What a load thread keeps of a client, as long as the test runs: its connections come and go. */
import type { Account } from './account';
import type { Peer } from './peer';

export interface ClientState {
  readonly number: number;
  /** Index into the plan's, or -1. */
  readonly slowGroup: number;
  readonly account: Account;
  /** Its connection, while it is open. */
  peer: Peer | undefined;
  /** We are ending its connection. */
  leaving: boolean;
}
