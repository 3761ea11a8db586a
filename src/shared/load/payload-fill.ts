/** What fills the messages of a load test beside their stamps: the same for the same seed, stream and sequence, on every machine. */
import { endianness } from 'node:os';
import type { PayloadPlan } from './plan';

/** Bytes that a message's piece is cut out of. A good deal more than a compressor looks back (deflate: 32 KiB). */
const POOL_BYTES = 1024 * 1024;
const TEXT = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const CONSTANT = 'x';
const { imul } = Math;

export interface PayloadFill {
  /** Its length where that is not for the plan's sizes to say: lines have their own. */
  lengthOf(turn: number): number | undefined;
  /**
   * @param draw looks random, from 0 to 2^32 - 1
   * @param turn goes up by one from message to message
   */
  put(target: Buffer, at: number, length: number, draw: number, turn: number): void;
  /** The longest that `lengthOf` answers. */
  readonly longest: number | undefined;
}

export function makeFill({ fill, text, template }: PayloadPlan, seed: number): PayloadFill {
  if (fill.kind === 'constant') return new ConstantFill();
  if (fill.kind === 'random') return new RandomFill(seed, text || template !== undefined);
  return new LineFill(fill.lines.map((line) => Buffer.from(template === undefined ? line : inJson(line))));
}

/** A number that looks random, from 0 to 2^32 - 1, of three (the mixing of murmur3). */
export function drawOf(seed: number, stream: number, sequence: number): number {
  let mixed = imul(seed ^ imul(stream + 1, 0x9e37_79b1), 0x85eb_ca6b) ^ imul(sequence, 0xc2b2_ae35);
  mixed = imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A line may hold what a JSON text must not: templates are JSON more often than not. */
function inJson(line: string): string {
  return JSON.stringify(line).slice(1, -1);
}

class ConstantFill implements PayloadFill {
  readonly longest = undefined;

  lengthOf(): undefined {
    return undefined;
  }

  put(target: Buffer, at: number, length: number): void {
    target.fill(CONSTANT, at, at + length);
  }
}

class RandomFill implements PayloadFill {
  readonly longest = undefined;
  readonly #pool: Buffer;

  constructor(seed: number, text: boolean) {
    this.#pool = makePool(seed, text);
  }

  lengthOf(): undefined {
    return undefined;
  }

  put(target: Buffer, at: number, length: number, draw: number): void {
    const end = at + length;
    let from = draw % POOL_BYTES;
    for (let to = at; to < end; from = 0) to += this.#pool.copy(target, to, from, from + end - to);
  }
}

class LineFill implements PayloadFill {
  readonly longest: number;
  readonly #lines: Buffer[];

  constructor(lines: Buffer[]) {
    this.#lines = lines;
    this.longest = lines.reduce((longest, line) => Math.max(longest, line.length), 0);
  }

  lengthOf(turn: number): number {
    return this.#lines[turn % this.#lines.length]!.length;
  }

  put(target: Buffer, at: number, _length: number, _draw: number, turn: number): void {
    this.#lines[turn % this.#lines.length]!.copy(target, at);
  }
}

function makePool(seed: number, text: boolean): Buffer {
  const words = new Uint32Array(POOL_BYTES / Uint32Array.BYTES_PER_ELEMENT);
  for (let i = 0; i < words.length; i++) words[i] = drawOf(seed, 0, i);
  const pool = Buffer.from(words.buffer);
  if (endianness() === 'BE') pool.swap32(); // the same bytes on every machine
  if (text) for (let at = 0; at < POOL_BYTES; at++) pool[at] = TEXT[pool[at]! & 63]!;
  return pool;
}
