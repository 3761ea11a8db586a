/** Tells the log that peers are refused: of each kind the first at once, the others counted. Thread: the service's. */
import { log } from '../../../shared/log';

/** No two lines of a kind are closer than this. */
const QUIET_MS = 10_000;
const STATUS = { capacity: 503, origin: 403 } as const;
type Kind = keyof typeof STATUS;

export class RefusalNotice {
  readonly #nowMs: () => number;
  readonly #told: Record<Kind, { nextMs: number; refused: number }> = {
    capacity: { nextMs: Number.NEGATIVE_INFINITY, refused: 0 },
    origin: { nextMs: Number.NEGATIVE_INFINITY, refused: 0 },
  };

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** One more was refused. @param why in words */
  refused(kind: Kind, why: () => string): void {
    const told = this.#told[kind];
    told.refused++;
    if (this.#nowMs() < told.nextMs) return;
    const who = told.refused === 1 ? 'a peer' : `${told.refused} peers`;
    log.warn(`refused ${who} with ${STATUS[kind]}: ${why()}`);
    told.nextMs = this.#nowMs() + QUIET_MS;
    told.refused = 0;
  }
}
