/**
 * Tickets: what became of the messages that somebody wants to know about.
 *
 * A channel keeps the open tickets of its log in order of their sequence. Each reader that moves, or ends, is counted into
 * the tickets it passed. Channels without open tickets pay one comparison.
 *
 * Thread: the service's.
 */
import type { SettledTicket } from '../../shared/settlements';

/** Who asked. */
export interface TicketOwner {
  /** The tag of the producer. */
  tag: number;
  ticket: number;
}

/** Tells the owner of a ticket. Batched by whoever implements it. */
export type TellSettled = (tag: number, settled: SettledTicket) => void;

interface OpenTicket extends TicketOwner {
  /** The message is the one that made the log's sequence this. */
  sequence: number;
  addressed: number;
  sent: number;
  abandoned: number;
}

export class LogTickets {
  readonly #tell: TellSettled;
  #open: OpenTicket[] = [];

  constructor(tell: TellSettled) {
    this.#tell = tell;
  }

  /** The message that was just appended has a ticket. */
  add(owner: TicketOwner, sequence: number, addressed: number): void {
    this.#open.push({ ...owner, sequence, addressed, sent: 0, abandoned: 0 });
  }

  /** A reader wrote the messages behind `from`, up to and with `to`. */
  sent(from: number, to: number): void {
    if (this.#open.length > 0) this.#count(from, to, 'sent');
  }

  /** A reader ended without having written the messages behind `from`, up to and with `to`. */
  abandoned(from: number, to: number): void {
    if (this.#open.length > 0) this.#count(from, to, 'abandoned');
  }

  #count(from: number, to: number, what: 'sent' | 'abandoned'): void {
    let settled = false;
    for (let index = this.#firstAfter(from); index < this.#open.length; index++) {
      const ticket = this.#open[index];
      if (ticket.sequence > to) break;
      ticket[what]++;
      if (ticket.sent + ticket.abandoned < ticket.addressed) continue;
      settled = true;
      this.#tell(ticket.tag, [ticket.ticket, ticket.addressed, ticket.sent, 0, 0, ticket.abandoned]);
    }
    if (settled)
      this.#open = this.#open.filter((ticket) => ticket.sent + ticket.abandoned < ticket.addressed);
  }

  /** Index of the first ticket of a message behind `sequence`: they are in order. */
  #firstAfter(sequence: number): number {
    let low = 0;
    let high = this.#open.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#open[middle].sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
