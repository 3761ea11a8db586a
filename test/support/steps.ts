/**
 * Stops the ring's own code between any two of its steps, in one thread: every `Atomics` call, and every copy of a
 * payload into the ring, is a step. What happens there is up to the test: somebody else's turn, or death.
 */

const HOOKED = [
  'load',
  'store',
  'add',
  'and',
  'or',
  'compareExchange',
  'notify',
  'wait',
  'waitAsync',
] as const;

type AnyFunction = (...args: never[]) => unknown;

/** Thrown in place of a step: the thread that ran it is gone. */
export class Killed extends Error {}

/**
 * Runs `act`, calling `before` ahead of each step with its number (from 1) and name. Steps of `before` itself are not
 * counted.
 *
 * @returns what `act` returned, and the number of steps it took
 */
export function withSteps<T>(
  act: () => T,
  before: (step: number, name: string) => void,
): { value: T; steps: number } {
  let steps = 0;
  let inside = false;
  const undo: (() => void)[] = [];
  const hook = (object: object, key: string) => {
    const table = object as Record<string, AnyFunction>;
    const original = table[key];
    table[key] = function (this: unknown, ...args: never[]) {
      if (!inside) {
        steps++;
        inside = true;
        try {
          before(steps, key);
        } finally {
          inside = false;
        }
      }
      return original.apply(this, args);
    };
    undo.push(() => {
      table[key] = original;
    });
  };
  for (const key of HOOKED) hook(Atomics, key);
  hook(Object.getPrototypeOf(Uint8Array.prototype), 'set');
  hook(Buffer.prototype, 'write');
  try {
    return { value: act(), steps };
  } finally {
    for (const restore of undo.reverse()) restore();
  }
}

/**
 * Runs `act` and lets it die ahead of step `step`: nothing it does from there on happens, its `finally` blocks included.
 *
 * @returns what `act` returned, or undefined if it died
 */
export function killBefore<T>(step: number, act: () => T): T | undefined {
  try {
    return withSteps(act, (now) => {
      if (now >= step) throw new Killed();
    }).value;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    throw error;
  }
}

/** How many steps `act` takes. */
export function countSteps(act: () => unknown): number {
  return withSteps(act, () => {}).steps;
}
