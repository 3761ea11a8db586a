/**
 * When each message of a test should go: the open-loop schedule. It knows nothing of what became of the messages before, so a
 * server that stands still is asked all the same, and every latency counts from here. Pure.
 *
 * All messages of a test are numbered through: message `k` belongs to publisher `k mod P`, so the publishers take turns in even
 * distances, whatever the rate does. The time of a message comes out of its number by one closed formula: no error adds up.
 *
 *     rate                     within a stage of length D, from rate a to rate b, after t seconds:
 *      b │        ╱▔▔▔▔
 *        │      ╱              messages so far  n(t) = a t + (b - a) t² / 2 D
 *      a │▔▔▔▔╱                so message n at  t(n) = 2 n / (a + √(a² + 2 n (b - a) / D))
 *        └──────────────▶ t
 */
import type { Stage } from './plan';

/** Sums of messages that should be whole are off by rounding, such as 0.1 × 3: nearer than this counts as whole. */
const ROUNDING = 1e-6;

interface Piece {
  startNs: number;
  durationNs: number;
  /** Messages per second. */
  from: number;
  to: number;
  /** Messages of the whole schedule before this piece, and with it. */
  before: number;
  upTo: number;
}

export interface SchedulePlan {
  stages: Stage[];
  warmupMs: number;
  /** How many messages of the measure window there are at most. */
  maxMessages: number | undefined;
}

export class Schedule {
  readonly #pieces: Piece[] = [];
  /** Where the measure window begins. */
  readonly warmupNs: number;
  readonly durationNs: number;
  /** Where the measure window ends: with the duration, or when the first message past `maxMessages` would be due. */
  readonly endNs: number;
  /** Messages of the warm-up. */
  readonly warmupMessages: number;
  /** All messages, the warm-up's included. */
  readonly messages: number;

  constructor({ stages, warmupMs, maxMessages }: SchedulePlan) {
    const start = startingRate(stages);
    this.#add(warmupMs, start, start);
    this.warmupNs = warmupMs * 1e6;
    this.warmupMessages = Math.ceil(this.#last.upTo);
    let rate = 0;
    for (const { durationMs, ratePerSecond, ramp } of stages) {
      this.#add(durationMs, ramp ? rate : ratePerSecond, ratePerSecond);
      rate = ratePerSecond;
    }
    this.durationNs = this.#last.startNs + this.#last.durationNs;
    const wanted = Math.ceil(this.#last.upTo);
    this.messages = Math.min(wanted, this.warmupMessages + (maxMessages ?? Number.POSITIVE_INFINITY));
    this.endNs = this.messages < wanted ? this.#timeOf(this.messages) : this.durationNs;
  }

  /** When message `number` should go, nanoseconds after the start; infinity past the last. */
  intendedNs(number: number): number {
    return number < this.messages ? this.#timeOf(number) : Number.POSITIVE_INFINITY;
  }

  #timeOf(number: number): number {
    let at = 0;
    while (this.#pieces[at]!.upTo <= number) at++;
    return timeWithin(this.#pieces[at]!, number);
  }

  /** Messages per second that the schedule asks for at a time, nanoseconds after the start. */
  rateAt(ns: number): number {
    const piece = this.#pieces.find(({ startNs, durationNs }) => ns < startNs + durationNs);
    if (piece === undefined || ns < 0) return 0;
    return piece.from + ((piece.to - piece.from) * (ns - piece.startNs)) / piece.durationNs;
  }

  /** How many messages should have gone before a time, nanoseconds after the start. */
  messagesBefore(ns: number): number {
    const piece = this.#pieces.find(({ startNs, durationNs }) => ns < startNs + durationNs);
    if (piece === undefined) return this.messages;
    return Math.min(this.messages, Math.ceil(piece.before + messagesWithin(piece, ns)));
  }

  get #last(): Piece {
    return this.#pieces.at(-1)!;
  }

  #add(durationMs: number, from: number, to: number): void {
    const last = this.#pieces.at(-1);
    const before = last?.upTo ?? 0;
    const upTo = wholeIfNearly(before + (durationMs / 1e3) * ((from + to) / 2));
    const startNs = last === undefined ? 0 : last.startNs + last.durationNs;
    this.#pieces.push({ startNs, durationNs: durationMs * 1e6, from, to, before, upTo });
  }
}

/** A first stage that ramps begins at nothing, and so does its warm-up. */
export function startingRate(stages: readonly Stage[]): number {
  const [first] = stages;
  return first === undefined || first.ramp ? 0 : first.ratePerSecond;
}

function timeWithin({ startNs, durationNs, from, to, before }: Piece, number: number): number {
  const n = number - before;
  const growth = (to - from) / (durationNs / 1e9);
  const seconds =
    growth === 0 ? n / from : (2 * n) / (from + Math.sqrt(Math.max(0, from * from + 2 * growth * n)));
  // Rounding may say that the last message of a stage belongs behind it; and 0 / 0 is the first one of a ramp from nothing.
  return startNs + Math.min(durationNs, n === 0 ? 0 : seconds * 1e9);
}

function messagesWithin({ startNs, durationNs, from, to }: Piece, ns: number): number {
  const seconds = Math.max(0, ns - startNs) / 1e9;
  return wholeIfNearly(from * seconds + ((to - from) * seconds * seconds) / (2 * (durationNs / 1e9)));
}

function wholeIfNearly(count: number): number {
  const whole = Math.round(count);
  return Math.abs(count - whole) < ROUNDING ? whole : count;
}
