/**
 * What becomes of one channel's messages: counted on the board, and told to who posted them with a ticket.
 *
 *     addressed = sent + skipped + conflated + abandoned + pending
 *
 * Ranges are of sequences, for one connection each: the messages behind `from`, up to and with `to`.
 *
 * Thread: the service's.
 */
import { type Board, ChannelCounter } from '../../shared/board';
import { LogTickets, type TellSettled, type TicketOwner } from './tickets';

/** What one connection got out of a range of which it did not get all. */
export interface Selection {
  from: number;
  to: number;
  /** The sequences that it got, in order. */
  readonly kept: readonly number[];
}

export class Ledger {
  readonly #board: Board;
  readonly #channel: number;
  readonly #tell: TellSettled;
  readonly #tickets: LogTickets;

  constructor(board: Board, channel: number, tell: TellSettled) {
    this.#board = board;
    this.#channel = channel;
    this.#tell = tell;
    this.#tickets = new LogTickets(tell);
  }

  count(counter: ChannelCounter, n: number): void {
    this.#board.count(this.#channel, counter, n);
  }

  /** A message was posted that is for nobody. */
  nobody(owner: TicketOwner | undefined): void {
    if (owner !== undefined) this.#tell(owner.tag, [owner.ticket, 0, 0, 0, 0, 0]);
  }

  /** The message that made the log's sequence this is for so many connections. */
  addressed(sequence: number, connections: number, owner: TicketOwner | undefined): void {
    this.count(ChannelCounter.ADDRESSED, connections);
    if (owner !== undefined) this.#tickets.add(owner, sequence, connections);
  }

  sent(from: number, to: number): void {
    this.count(ChannelCounter.SENT, to - from);
    this.#tickets.count(from, to, 'sent');
  }

  skipped(from: number, to: number): void {
    this.count(ChannelCounter.SKIPPED, to - from);
    this.#tickets.count(from, to, 'skipped');
  }

  abandoned(from: number, to: number): void {
    if (to <= from) return;
    this.count(ChannelCounter.ABANDONED, to - from);
    this.#tickets.count(from, to, 'abandoned');
  }

  /** Of a range, `kept` was sent or abandoned, and the rest conflated. */
  conflated({ from, to, kept }: Selection, fate: 'sent' | 'abandoned'): void {
    this.count(fate === 'sent' ? ChannelCounter.SENT : ChannelCounter.ABANDONED, kept.length);
    this.count(ChannelCounter.CONFLATED, to - from - kept.length);
    this.#tickets.countKept(from, to, kept, fate);
  }
}
