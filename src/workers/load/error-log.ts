/** Errors of a load thread, counted by phase and code: a storm of them costs no more than one. Thread: a load thread. */
import type { LoadError } from '../../shared/load/snapshot';

/** Codes come from the network: a server that invents a new one each time does not fill our memory. */
const MAX_KINDS = 100;
const OTHER = 'other';

export class ErrorLog {
  readonly #kinds = new Map<string, LoadError>();
  /** Whether there are new ones since `list`. */
  changed = false;

  add(phase: LoadError['phase'], code: string, sample: string): void {
    this.changed = true;
    const known = this.#kinds.get(`${phase} ${code}`);
    if (known !== undefined) known.count++;
    else if (this.#kinds.size < MAX_KINDS || code === OTHER)
      this.#kinds.set(`${phase} ${code}`, { phase, code, count: 1, sample });
    else this.add(phase, OTHER, sample);
  }

  list(): LoadError[] {
    this.changed = false;
    return [...this.#kinds.values()];
  }
}

/** The shortest name of an error that tells it from others. */
export function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
