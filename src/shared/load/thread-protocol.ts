/** What the main thread and a load thread say to each other. What they count goes through shared memory: see `board.ts`. */
import type { BoardHandle } from './board';
import type { Share, Timetable } from './generator';
import type { PaceHandle } from './pace';
import type { LoadPlan } from './plan';
import type { LoadError } from './snapshot';

export interface LoadThreadStart {
  plan: LoadPlan;
  share: Share;
  board: BoardHandle;
  pace: PaceHandle;
  /** Its bell. */
  slot: number;
}

export type LoadOrder =
  | { type: 'connect' }
  | { type: 'begin'; timetable: Timetable }
  | { type: 'stop' }
  /** Counts what is missing as if the test ended now. */
  | { type: 'settle-accounts'; published: Record<number, number> }
  | { type: 'finish'; published: Record<number, number> };

/** Each order is answered by its name when it is carried out. */
export type LoadAnswer =
  | { type: 'ready' }
  | { type: 'done'; order: LoadOrder['type'] }
  /** All errors so far; told when there are new ones, a few times a second. */
  | { type: 'errors'; errors: LoadError[]; samples: string[] };
