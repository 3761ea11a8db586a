/**
 * How far the monotonic clock of another host is off, out of exchanges of messages with it.
 *
 * One exchange says for sure only this: the offset lies between `arrived - answered` and `sent - received`, since no message
 * arrives before it was sent. The middle of that is the NTP formula, half its width (half the round trip, without the time that
 * the other took) what it may be wrong by, however lopsided the ways are. So the exchange with the shortest round trip knows
 * best, and a later one is better only in that clocks drift apart meanwhile.
 */

/** Nanoseconds: the first and the last on the reference clock, the two in between on the other's. */
export interface ClockSample {
  sentNs: number;
  receivedNs: number;
  answeredNs: number;
  arrivedNs: number;
}

/** What is to be added to the other clock to have the reference clock. */
export interface ClockEstimate {
  offsetNs: number;
  /** The offset is at most so far from this, for sure, as long as the drift stays within `MAX_DRIFT_PPM`. */
  uncertaintyNs: number;
  /** How much the other clock is slow, millionths. Zero as long as the exchanges say nothing of it. */
  driftPpm: number;
}

/** What crystals of computers stay within: NTP disciplines no clock beyond 500, and takes 15 for normal. */
export const MAX_DRIFT_PPM = 100;
/** Best exchanges that are kept, of so long each; when there are more, neighbours share a slot. */
const SLOT_NS = 1_000_000_000;
const MAX_SLOTS = 128;

interface Point {
  /** On the other's clock. */
  atNs: number;
  offsetNs: number;
  /** Half the round trip. */
  boundNs: number;
}

interface Drift {
  /** Reference seconds that go by for each second of the other clock, less one. */
  rate: number;
  bound: number;
}

export class ClockEstimator {
  #slots: Point[] = [];
  #slotNs = SLOT_NS;
  #drift: Drift = UNKNOWN_DRIFT;

  /** How many exchanges counted so far. */
  samples = 0;

  /** @returns false for one that cannot be: of a clock that is none, it is left out */
  add(sample: ClockSample): boolean {
    const point = pointOf(sample);
    if (point === undefined) return false;
    this.samples++;
    const last = this.#slots.at(-1);
    if (last === undefined || this.#slotOf(last) !== this.#slotOf(point)) this.#slots.push(point);
    else if (point.boundNs < last.boundNs) this.#slots[this.#slots.length - 1] = point;
    if (this.#slots.length > MAX_SLOTS) this.#widen();
    this.#drift = driftOf(this.#slots);
    return true;
  }

  /** The shortest round trip, nanoseconds; infinite before the first exchange. */
  get shortestNs(): number {
    return 2 * Math.min(Number.POSITIVE_INFINITY, ...this.#slots.map(({ boundNs }) => boundNs));
  }

  /** What the latest exchange came to: only to know about when it is over there. */
  latest(): { offsetNs: number } {
    return this.#slots.at(-1) ?? { offsetNs: 0 };
  }

  /** @param atNs on the other's clock. @returns undefined before the first exchange */
  at(atNs: number): ClockEstimate | undefined {
    const { rate, bound } = this.#drift;
    let best: ClockEstimate | undefined;
    for (const point of this.#slots) {
      const ageNs = atNs - point.atNs;
      const uncertaintyNs = point.boundNs + bound * Math.abs(ageNs);
      if (best !== undefined && uncertaintyNs >= best.uncertaintyNs) continue;
      best = { offsetNs: point.offsetNs + rate * ageNs, uncertaintyNs, driftPpm: rate * 1e6 };
    }
    return best;
  }

  #slotOf(point: Point): number {
    return Math.floor(point.atNs / this.#slotNs);
  }

  #widen(): void {
    this.#slotNs *= 2;
    const kept: Point[] = [];
    for (const point of this.#slots) {
      const last = kept.at(-1);
      if (last === undefined || this.#slotOf(last) !== this.#slotOf(point)) kept.push(point);
      else if (point.boundNs < last.boundNs) kept[kept.length - 1] = point;
    }
    this.#slots = kept;
  }
}

const UNKNOWN_DRIFT: Drift = { rate: 0, bound: MAX_DRIFT_PPM / 1e6 };

function pointOf({ sentNs, receivedNs, answeredNs, arrivedNs }: ClockSample): Point | undefined {
  const heldNs = answeredNs - receivedNs;
  // The clocks drift while the other holds the message, too, and that time is taken off by the other's clock.
  const slackNs = (heldNs * MAX_DRIFT_PPM) / 1e6;
  const roundTripNs = arrivedNs - sentNs - heldNs + slackNs;
  if (!(heldNs >= 0) || !(roundTripNs >= 0) || !Number.isFinite(roundTripNs)) return undefined;
  return {
    atNs: receivedNs + heldNs / 2,
    offsetNs: (sentNs - receivedNs + (arrivedNs - answeredNs)) / 2,
    boundNs: roundTripNs / 2 + slackNs,
  };
}

/** Of the two exchanges that know it best: far apart, with short round trips. */
function driftOf(points: readonly Point[]): Drift {
  let best = UNKNOWN_DRIFT;
  const last = points.length - 1;
  for (let i = 0; i < points.length; i++) {
    // The earliest and the latest against each other one, instead of all pairs: they have the longest distance.
    for (const [from, to] of [
      [points[0]!, points[i]!],
      [points[i]!, points[last]!],
    ] as const) {
      const apartNs = to.atNs - from.atNs;
      if (apartNs <= 0) continue;
      const bound = (from.boundNs + to.boundNs) / apartNs;
      if (bound < best.bound) best = { rate: (to.offsetNs - from.offsetNs) / apartNs, bound };
    }
  }
  return best;
}
