/** Why a process ended, in one line. Pure. */
import type { ProcessEnd } from './hub-process';

/** V8's own words for memory that ran out, and Node's for what it cannot go on with. */
const FATAL = /^(?:FATAL ERROR: |.*Assertion failed: |node: ).*/m;

/** @param failure what it said of itself, if it said something */
export function reasonOf({ how, printed }: ProcessEnd, failure: string | undefined): string {
  const said = failure ?? FATAL.exec(printed)?.[0];
  return said === undefined ? how : `${how} (${said.split('\n', 1)[0]})`;
}
