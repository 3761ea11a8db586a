/** What became of tickets, gathered for each producer until the end of the turn. Thread: the service's. */
import type { SettledTicket } from '../../shared/settlements';

export class SettledAnswers {
  #byTag = new Map<number, SettledTicket[]>();

  add(tag: number, settled: SettledTicket): void {
    const waiting = this.#byTag.get(tag);
    if (waiting === undefined) this.#byTag.set(tag, [settled]);
    else waiting.push(settled);
  }

  /** Hands them out, to each producer all of its own at once. */
  tell(tell: (tag: number, tickets: SettledTicket[]) => void): void {
    if (this.#byTag.size === 0) return;
    const settled = this.#byTag;
    this.#byTag = new Map();
    for (const [tag, tickets] of settled) tell(tag, tickets);
  }
}
