/** What the service thread asks the application's about handshakes, and what comes back, over a port of their own. */
import type { AuthorizeRequest } from './authorization';

export type AuthorizeQuestion =
  | { id: number; request: AuthorizeRequest }
  /** Nobody waits for the answer any more. */
  | { id: number; cancelled: true };

export type AuthorizeReply =
  | { id: number; answer: unknown }
  /** It threw, or its answer cannot travel. */
  | { id: number; failed: string };
