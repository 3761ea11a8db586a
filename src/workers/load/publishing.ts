/**
 * When a load thread sends: whatever is due by the schedule, at once, with the time at which it should have gone. It never waits for
 * what became of earlier messages, and leaves none out on its own.
 *
 * Thread: a load thread.
 */
import { type Pace, Turns } from '../../shared/load/pace';
import type { Schedule } from '../../shared/load/schedule';
import type { Range } from '../../shared/load/shares';

/** A thread that is behind reads again after so many messages, however many are still due. */
const MESSAGES_PER_TURN = 512;

export interface Sender {
  /** @param intendedNs when it should go, on the reference clock */
  send(stream: number, intendedNs: number): void;
  /** A time of the schedule that passes without a message. */
  skip(): void;
}

export interface PublishingPlan {
  schedule: Schedule;
  streams: Range;
  /** Of the whole test. */
  publishers: number;
}

export class Publishing {
  readonly #turns: Turns;
  readonly #pace: Pace;
  readonly #slot: number;
  readonly #sender: Sender;
  readonly #now: () => number;
  #startNs = Number.POSITIVE_INFINITY;
  #waiting = false;
  #again = false;

  /** @param now the reference clock */
  constructor(plan: PublishingPlan, pace: { words: Pace; slot: number }, now: () => number, sender: Sender) {
    this.#turns = new Turns(plan.schedule, plan.streams, plan.publishers);
    this.#pace = pace.words;
    this.#slot = pace.slot;
    this.#now = now;
    this.#sender = sender;
  }

  /** When the next message is due, on the reference clock; infinity if there is none. */
  get dueNs(): number {
    return this.#startNs + this.#turns.dueNs;
  }

  /** @param startNs on the reference clock */
  begin(startNs: number): void {
    this.#startNs = startNs;
    this.#wait();
  }

  /** What was due and has not gone never will, and is counted. */
  stop(): void {
    const now = this.#now();
    for (; this.dueNs <= now; this.#turns.next()) this.#sender.skip();
    this.#startNs = Number.POSITIVE_INFINITY;
  }

  /** Sends what is due. */
  run(): void {
    const now = this.#now();
    for (let sent = 0; this.dueNs <= now; sent++) {
      if (sent === MESSAGES_PER_TURN) {
        this.#runAgain();
        return;
      }
      const { dueNs } = this;
      const { stream } = this.#turns;
      this.#turns.next();
      this.#sender.send(stream, dueNs);
    }
  }

  #runAgain(): void {
    if (this.#again) return;
    this.#again = true;
    setImmediate(() => {
      this.#again = false;
      this.run();
    });
  }

  /** Asks to be woken, as long as anything is to come. A pending wait cannot be taken back, so there is one at most. */
  #wait(): void {
    while (!this.#waiting && this.dueNs < Number.POSITIVE_INFINITY) {
      this.#pace.arm(this.#slot);
      this.run();
      const rung = this.#pace.wait(this.#slot);
      if (rung === undefined) continue;
      this.#waiting = true;
      void rung.then(() => {
        this.#waiting = false;
        this.run();
        this.#wait();
      });
    }
  }
}
