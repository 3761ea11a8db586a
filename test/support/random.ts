/** Numbers that a seed gives again (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to below `limit`, an integer. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** True once in `times`. */
  onceIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** Up to half a mebibyte that looks random: a piece of one that is made once. */
  bytes(length: number): Buffer {
    noise ??= makeNoise();
    const from = this.below(noise.length - length + 1);
    return Buffer.from(noise.subarray(from, from + length));
  }
}

let noise: Buffer | undefined;

function makeNoise(): Buffer {
  const random = new Random(20);
  const bytes = Buffer.alloc(512 * 1024);
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(random.below(2 ** 32), at);
  return bytes;
}
