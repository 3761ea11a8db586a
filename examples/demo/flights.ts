/**
 * The demo's input and its messages. Producers make the messages, the receiving process makes the same ones from the
 * same file by itself, and so knows every byte that must arrive, except when each was posted.
 *
 *     {"postedAt":"0000002901234567890","producer":"03","sequence":17,"flight":{"date":…}}
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A flight as the package `vega-datasets` ships it. */
export interface Flight {
  date: string;
  delay: number;
  distance: number;
  origin: string;
  destination: string;
}

/** The one channel of the demo. */
export const CHANNEL = 'flights';

const BEFORE_STAMP = '{"postedAt":"';
/** Nanoseconds of the monotonic clock, which all processes of a host share, in this many digits. */
const STAMP_DIGITS = 19;
const AFTER_STAMP = '","producer":"';
const PRODUCER_DIGITS = 2;
const DIGIT_0 = 0x30;

/** Where the parts with a fixed place lie in a message, in bytes. */
export const STAMP_START = BEFORE_STAMP.length;
export const STAMP_END = STAMP_START + STAMP_DIGITS;
export const PRODUCER_START = STAMP_END + AFTER_STAMP.length;
export const MAX_PRODUCERS = 10 ** PRODUCER_DIGITS - 1;

export function loadFlights(): Flight[] {
  const packageEntry = require.resolve('vega-datasets');
  const file = path.join(path.dirname(packageEntry), '..', 'data', 'flights-20k.json');
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The flights that producer number `producer` replays: every `producers`-th of the first `records`. */
export function shareOf(flights: Flight[], producer: number, producers: number, records: number): Flight[] {
  return flights.slice(0, records).filter((_flight, index) => index % producers === producer);
}

/** A message in two parts, between which `stampOf` belongs. */
export function serialise(flight: Flight, producer: number, sequence: number): [head: string, rest: string] {
  const number = String(producer).padStart(PRODUCER_DIGITS, '0');
  const rest = `${AFTER_STAMP}${number}","sequence":${sequence},"flight":${JSON.stringify(flight)}}`;
  return [BEFORE_STAMP, rest];
}

export function stampOf(nanoseconds: bigint): string {
  return String(nanoseconds).padStart(STAMP_DIGITS, '0');
}

/** Reads digits of a message. NaN if others than digits are there. */
export function readDigits(message: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = message[index] - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

export function producerOf(message: Buffer): number {
  return readDigits(message, PRODUCER_START, PRODUCER_START + PRODUCER_DIGITS);
}
