/**
 * What a coordinator and a generator that is not in its process say to each other: over a pipe to a child process, or over
 * TCP to an agent. Frames are those of `shared/foreign/protocol`; no socket lives here.
 *
 *     coordinator → generator                           generator → coordinator
 *       REQUEST   JSON of `Request`                       ANSWER   JSON of `Answer`, one for each request
 *       PING      number (u32) · when sent (f64)          PONG     number (u32) · when received, when answered (f64)
 *                                                         FAILED   JSON of `PlainError`: it broke down on its own
 *
 * - JSON, not `v8.deserialize`: an agent reads from the network, and that one is not made for bytes of strangers.
 * - Times are nanoseconds of the speaker's own monotonic clock. A ping is a sample for the clocks and a sign of life at once.
 * - Over TCP a greeting comes first (`greeting.ts`), and then every frame carries a seal (`seal.ts`).
 * - A connection that ends ends the generator: it aborts, and leaves nothing.
 */
import type { Share, Timetable } from '../../../shared/load/generator';
import type { LoadPlan } from '../../../shared/load/plan';

/** Both sides must speak the same. Grows with every change of the above, of the plan or of the snapshot. */
export const PROTOCOL_VERSION = 1;

export const Kind = {
  REQUEST: 1,
  ANSWER: 2,
  FAILED: 3,
  PING: 4,
  PONG: 5,
  HELLO: 0x20,
  CHALLENGE: 0x21,
  PROOF: 0x22,
  WELCOME: 0x23,
  REFUSED: 0x24,
} as const;

/** The longest frame between two that know each other: a snapshot of 100,000 publishing clients has 3 MB, a plan its lines. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** What each call carries. */
export interface Calls {
  prepare: { plan: LoadPlan; share: Share };
  setClock: { offsetNs: number };
  connect: null;
  begin: { timetable: Timetable };
  stopPublishing: null;
  snapshot: { published: Record<number, number> | null };
  finish: { published: Record<number, number> };
}
export type CallName = keyof Calls;
export const CALL_NAMES: readonly CallName[] = [
  'prepare',
  'setClock',
  'connect',
  'begin',
  'stopPublishing',
  'snapshot',
  'finish',
];

export interface Request<Name extends CallName = CallName> {
  id: number;
  call: Name;
  with: Calls[Name];
}

export type Answer = { id: number; value: unknown } | { id: number; error: PlainError };

/** An error as it travels. */
export interface PlainError {
  message: string;
  code?: string;
}

export function plainError(error: unknown): PlainError {
  const { message, code } = error as NodeJS.ErrnoException;
  return { message: message ?? String(error), ...(typeof code === 'string' && { code }) };
}
