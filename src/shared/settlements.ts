/** Tickets at the producer's side: the numbers given out, and what the service says became of them. */

import { HubError, HubErrorCode } from './errors';

/** What became of a message, counted in connections: `addressed = sent + skipped + conflated + abandoned`. */
export interface Settlement {
  /** Subscribers of the channel when the service took the message from the ring. */
  addressed: number;
  /** Handed to the socket, whole. */
  sent: number;
  /** Left out for a peer that was behind. */
  skipped: number;
  /** Replaced by a newer message of the same key, for a peer that was behind. */
  conflated: number;
  /** Not sent, since the connection ended first. */
  abandoned: number;
}

/** In place of `addressed`: nobody will ever know, since the connection to the hub broke. */
export const FATE_UNKNOWN = -1;

/** What the service says of a ticket: ticket, addressed, sent, skipped, conflated, abandoned. Goes over the producer's port. */
export type SettledTicket = [number, number, number, number, number, number];

const NOTHING: Settlement = { addressed: 0, sent: 0, skipped: 0, conflated: 0, abandoned: 0 };
/** Tickets are positive 32-bit integers, and come round after that many. */
const LAST_TICKET = 2 ** 31 - 1;

interface Waiting {
  resolve(settlement: Settlement): void;
  reject(error: unknown): void;
  /** Where its record ends in the lane; undefined as long as it is not posted. */
  end: number | undefined;
}

function fateUnknown(): HubError {
  return new HubError(
    HubErrorCode.CONNECTION_LOST,
    'the connection to the hub broke before it told what became of this message, which it has',
  );
}

/** The service thread ended before it told what became of a message that it had taken. */
export function fateLost(code: HubErrorCode): HubError {
  const then = code === HubErrorCode.SERVICE_RESTARTED ? ', and was started again' : '';
  return new HubError(code, `the service thread ended before it told what became of this${then}`);
}

/** The open tickets of one producer. Thread: the producer's. */
export class TicketBook {
  readonly #waiting = new Map<number, Waiting>();
  readonly #onFirst: () => void;
  readonly #onNone: () => void;
  #last = 0;

  /** @param onFirst called when an answer is due, @param onNone when none is due any more */
  constructor(onFirst: () => void, onNone: () => void) {
    this.#onFirst = onFirst;
    this.#onNone = onNone;
  }

  get empty(): boolean {
    return this.#waiting.size === 0;
  }

  open(): { ticket: number; settled: Promise<Settlement> } {
    do this.#last = (this.#last % LAST_TICKET) + 1;
    while (this.#waiting.has(this.#last));
    const ticket = this.#last;
    const settled = new Promise<Settlement>((resolve, reject) =>
      this.#waiting.set(ticket, { resolve, reject, end: undefined }),
    );
    settled.catch(() => {}); // whoever does not wait for it need not handle its failure
    if (this.#waiting.size === 1) this.#onFirst();
    return { ticket, settled };
  }

  settle(settled: readonly SettledTicket[]): void {
    for (const [ticket, addressed, sent, skipped, conflated, abandoned] of settled) {
      const waiting = this.#waiting.get(ticket);
      this.#waiting.delete(ticket);
      if (addressed === FATE_UNKNOWN) waiting?.reject(fateUnknown());
      else waiting?.resolve({ addressed, sent, skipped, conflated, abandoned });
    }
    if (this.empty) this.#onNone();
  }

  /** Its record is in the lane, and ends there at this position. */
  posted(ticket: number, end: number): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting !== undefined) waiting.end = end;
  }

  /** What became of the records that end at or before `position` nobody will tell. */
  failTaken(position: number, error: unknown): void {
    for (const [ticket, { end, reject }] of this.#waiting) {
      if (end === undefined || ((end - position) | 0) > 0) continue;
      this.#waiting.delete(ticket);
      reject(error);
    }
    if (this.empty) this.#onNone();
  }

  /** Nothing became of it: it was not posted. */
  cancel(ticket: number): void {
    this.#waiting.get(ticket)?.resolve(NOTHING);
    this.#waiting.delete(ticket);
    if (this.empty) this.#onNone();
  }

  fail(error: unknown): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#onNone();
  }
}
