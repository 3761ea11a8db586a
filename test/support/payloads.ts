/** Messages that a sender and a receiver know without telling each other: told apart by producer and number. */
import { Random } from './random';

export interface Payload {
  data: Buffer;
  binary: boolean;
}

/** Some of them are empty (text and binary), two are as long as they may be. The others begin with `producer:number:`. */
export function payloadOf(producer: number, number: number, maxBytes: number): Payload {
  const binary = number % 2 === 1;
  if (number % 50 === 7 || number % 50 === 8) return { data: Buffer.alloc(0), binary };
  const head = `${producer}:${number}:`;
  const random = new Random(producer * 1_000_003 + number);
  const length =
    number === 20 || number === 21 ? maxBytes - head.length : random.below(random.onceIn(10) ? 1_000 : 100);
  if (binary) return { data: Buffer.concat([Buffer.from(head), random.bytes(length)]), binary };
  return { data: Buffer.from(head + 'ü'.repeat(length >>> 1).padEnd(length >>> 1, 'x')), binary };
}

/** Which message this is; undefined: an empty one. */
export function originOf(data: Uint8Array): { producer: number; number: number } | undefined {
  if (data.length === 0) return undefined;
  const [producer, number] = Buffer.from(data.subarray(0, 24)).toString('latin1').split(':').map(Number);
  return { producer, number };
}

/** What a producer posts. */
export function asPosted({ data, binary }: Payload): string | Uint8Array {
  return binary ? data : data.toString();
}
