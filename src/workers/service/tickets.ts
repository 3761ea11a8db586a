/**
 * Tickets: what became of the messages that somebody wants to know about.
 *
 * A channel keeps the open tickets of its log in order of their sequence. Each reader that moves, or ends, is counted into
 * the tickets it passed. Channels without open tickets pay one comparison.
 *
 * Thread: the service's.
 */
import type { SettledTicket } from '../../shared/settlements';
import type { FrameSettled } from './private-queue';

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
  skipped: number;
  conflated: number;
  abandoned: number;
}

/** What may become of a message, for one connection. */
export type Fate = 'sent' | 'skipped' | 'conflated' | 'abandoned';

export class LogTickets {
  readonly #tell: TellSettled;
  #open: OpenTicket[] = [];

  constructor(tell: TellSettled) {
    this.#tell = tell;
  }

  /** The message that was just appended has a ticket. */
  add({ tag, ticket }: TicketOwner, sequence: number, addressed: number): void {
    this.#open.push({ tag, ticket, sequence, addressed, sent: 0, skipped: 0, conflated: 0, abandoned: 0 });
  }

  /** This became, for one reader, of the messages behind `from`, up to and with `to`. */
  count(from: number, to: number, fate: Fate): void {
    if (this.#open.length > 0) this.#count(from, to, () => fate);
  }

  /** The same where only `kept` (sequences, in order) had that fate, and the others were conflated. */
  countKept(from: number, to: number, kept: readonly number[], fate: Fate): void {
    if (this.#open.length === 0) return;
    const those = new Set(kept);
    this.#count(from, to, (sequence) => (those.has(sequence) ? fate : 'conflated'));
  }

  #count(from: number, to: number, fateOf: (sequence: number) => Fate): void {
    let settled = false;
    for (let index = this.#firstAfter(from); index < this.#open.length; index++) {
      const ticket = this.#open[index];
      if (ticket.sequence > to) break;
      ticket[fateOf(ticket.sequence)]++;
      if (isOpen(ticket)) continue;
      settled = true;
      const { addressed, sent, skipped, conflated, abandoned } = ticket;
      this.#tell(ticket.tag, [ticket.ticket, addressed, sent, skipped, conflated, abandoned]);
    }
    if (settled) this.#open = this.#open.filter(isOpen);
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

function isOpen({ addressed, sent, skipped, conflated, abandoned }: OpenTicket): boolean {
  return sent + skipped + conflated + abandoned < addressed;
}

/** Who is told when the last frame of a message to one peer alone is settled. */
export function frameSettler(
  owner: TicketOwner | FrameSettled | undefined,
  tell: TellSettled,
): FrameSettled | undefined {
  if (typeof owner !== 'object') return owner;
  return (sent) => tell(owner.tag, [owner.ticket, 1, sent ? 1 : 0, 0, 0, sent ? 0 : 1]);
}
