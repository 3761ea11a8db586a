/** Collects what is wrong with the options of a load test, so that all of it is told at once. */
import { LOAD_LIMITS, type LoadLimit } from './limits';

export interface LoadFault {
  /** Which option, as in `LoadOptions`: `clients`, `stages[1].durationMs`. */
  option: string;
  /** What is wrong with it, what is allowed, and what to do. */
  message: string;
}

/** The options of a load test make no sense. Nothing was started. */
export class LoadOptionsError extends RangeError {
  readonly faults: readonly LoadFault[];

  constructor(faults: readonly LoadFault[]) {
    super(faults.map(({ option, message }) => `${option}: ${message}`).join('\n'));
    this.name = 'LoadOptionsError';
    this.faults = faults;
  }
}

export class Faults {
  readonly #faults: LoadFault[] = [];

  add(option: string, message: string): void {
    this.#faults.push({ option, message });
  }

  /** A number within a limit of the table. @returns the number, or the fallback: so that checking can go on */
  number(option: string, given: unknown, limit: LoadLimit, fallback: number, { whole = true } = {}): number {
    if (given === undefined) return fallback;
    const [lowest, highest] = LOAD_LIMITS[limit];
    if (
      typeof given === 'number' &&
      given >= lowest &&
      given <= highest &&
      (!whole || Number.isInteger(given))
    )
      return given;
    const kind = whole ? 'a whole number' : 'a number';
    this.add(option, `must be ${kind} from ${lowest} to ${highest}, and is ${shown(given)}`);
    return fallback;
  }

  oneOf<T extends string>(option: string, given: unknown, allowed: readonly T[], fallback: T): T {
    if (given === undefined) return fallback;
    if (allowed.includes(given as T)) return given as T;
    this.add(option, `must be one of ${allowed.join(', ')}, and is ${shown(given)}`);
    return fallback;
  }

  /** @throws {LoadOptionsError} if there is any */
  throwIfAny(): void {
    if (this.#faults.length > 0) throw new LoadOptionsError(this.#faults);
  }
}

const SHOWN_LENGTH = 80;

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
