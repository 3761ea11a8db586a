/** What a producer checks before it posts, and how it writes it down. Pure. */
import type { FragmentPlace } from './outgoing-message';
import { MIN_LANE_BYTES } from './ring/layout';
import { MAX_KEY_BYTES, RecordKind } from './ring/record';

/** How long a post waits for room, unless it is told. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** The longest time-out: what a timer can hold. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** @throws {TypeError} if that is no connection's id */
export function checkConnectionId(connectionId: number): void {
  if (Number.isSafeInteger(connectionId) && connectionId >= 0) return;
  throw new TypeError(`connection id is ${String(connectionId)}: it must be the id of a connection's info`);
}

/** A fragment that is first and last is a message like any other. */
export function fragmentKind({ first, last }: FragmentPlace, text: boolean): RecordKind {
  if (first && last) return text ? RecordKind.SEND_TEXT : RecordKind.SEND_BINARY;
  if (first) return text ? RecordKind.FRAGMENT_TEXT : RecordKind.FRAGMENT_BINARY;
  return last ? RecordKind.FRAGMENT_LAST : RecordKind.FRAGMENT_NEXT;
}

/** @throws {TypeError | RangeError} */
export function encodeKey(key: string): Uint8Array {
  if (typeof key !== 'string') throw new TypeError(`key is ${String(key)}: it must be a string`);
  const bytes = Buffer.from(key, 'utf8');
  if (bytes.length > MAX_KEY_BYTES)
    throw new RangeError(`key of ${bytes.length} bytes: the longest is ${MAX_KEY_BYTES}`);
  return bytes;
}

/** What was given in place of a string or bytes: a class by its name, since `new Uint8Array(…)` may be all that is missing. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return value.constructor?.name ?? 'object';
}

/** @throws {TypeError | RangeError} naming the limits */
export function checkTimeout(timeoutMs: number = DEFAULT_TIMEOUT_MS): number {
  if (typeof timeoutMs !== 'number')
    throw new TypeError(`timeoutMs is ${typeof timeoutMs}: it must be a number`);
  if (!(timeoutMs >= 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(`timeoutMs is ${String(timeoutMs)}: it must be from 0 to ${MAX_TIMEOUT_MS}`);
  }
  return timeoutMs;
}

/** @throws {TypeError | RangeError} naming the limits, of which the higher is the ring's */
export function checkLaneBytes(laneBytes: number | undefined, most: number): number {
  if (laneBytes === undefined) return most;
  if (typeof laneBytes !== 'number') {
    throw new TypeError(`laneBytes is ${kindOf(laneBytes)}: it must be a number`);
  }
  if (Number.isInteger(laneBytes) && laneBytes >= MIN_LANE_BYTES && laneBytes <= most) return laneBytes;
  throw new RangeError(
    `laneBytes is ${laneBytes}: it must be an integer from ${MIN_LANE_BYTES} to ${most}, the hub's ring.laneBytes; raise that for more`,
  );
}
