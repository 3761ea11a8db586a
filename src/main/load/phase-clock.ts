/** Which phase a test is in, and how long each took. Thread: the coordinator's. */
import type { LoadEvent } from './options';

export type PhaseName = Extract<LoadEvent, { type: 'phase' }>['name'];

export class PhaseClock {
  readonly #told: (name: PhaseName) => void;
  readonly #begun: { name: PhaseName; at: number }[] = [];

  constructor(told: (name: PhaseName) => void) {
    this.#told = told;
  }

  enter(name: PhaseName): void {
    this.#begun.push({ name, at: performance.now() });
    this.#told(name);
  }

  /** Whether the test came so far. */
  has(name: PhaseName): boolean {
    return this.#begun.some((phase) => phase.name === name);
  }

  list(): { name: string; ms: number }[] {
    const now = performance.now();
    return this.#begun.map(({ name, at }, index) => ({ name, ms: (this.#begun[index + 1]?.at ?? now) - at }));
  }
}
