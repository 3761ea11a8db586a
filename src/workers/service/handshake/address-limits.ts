/**
 * How many connections come from where, and how fast handshakes come: by address, and by /64 where that is IPv6.
 *
 * What is held grows with the addresses that are connected, and with those of the last second or so: a bucket that is full
 * again is as none.
 *
 * Thread: the service's.
 */
import { addressKey } from '../../../shared/address-range';
import { NO_LIMIT } from '../../../shared/capacity';
import type { ResolvedAdmission } from '../../../shared/options';
import { TokenBucket, type TokenRate } from '../../../shared/token-bucket';

/** How often buckets that are full are let go. */
const SWEEP_MS = 1_000;

type Limits = Pick<
  ResolvedAdmission,
  'maxConnectionsPerAddress' | 'maxHandshakesPerSecond' | 'maxHandshakesPerSecondPerAddress'
>;

export class AddressLimits {
  /** The hub's own options: they change while it runs. */
  readonly #limits: Limits;
  readonly #nowMs: () => number;
  readonly #connections = new Map<string, number>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #ofAll = new TokenBucket();
  #sweptMs: number;

  constructor(limits: Limits, nowMs: () => number) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#sweptMs = nowMs();
  }

  /** Addresses that connections come from. */
  get addresses(): number {
    return this.#connections.size;
  }

  /** Addresses whose handshakes of late are remembered. */
  get remembered(): number {
    return this.#buckets.size;
  }

  /** Whether one more connection of this address would be too many. */
  isFull(address: string): boolean {
    const key = addressKey(address);
    return key !== '' && (this.#connections.get(key) ?? 0) >= this.#limits.maxConnectionsPerAddress;
  }

  /** A connection of this address comes. @returns what to call when it is gone */
  enter(address: string): () => void {
    const key = addressKey(address);
    this.#connections.set(key, (this.#connections.get(key) ?? 0) + 1);
    let there = true;
    return () => {
      if (!there) return;
      there = false;
      const left = (this.#connections.get(key) ?? 0) - 1;
      if (left > 0) this.#connections.set(key, left);
      else this.#connections.delete(key);
    };
  }

  /**
   * A handshake of this address comes.
   *
   * An address that comes too fast is told so before it takes anything of what is for all.
   *
   * @returns 0: it may; otherwise in how many ms the next one may
   */
  waitMs(address: string): number {
    const { maxHandshakesPerSecond: ofAll, maxHandshakesPerSecondPerAddress: ofOne } = this.#limits;
    const nowMs = this.#nowMs();
    this.#sweep(ofOne, nowMs);
    const key = addressKey(address);
    if (ofOne !== NO_LIMIT && key !== '') {
      const bucket = this.#bucketOf(key);
      if (!bucket.tryTake(1, nowMs, rateOf(ofOne))) return bucket.msUntil(1, nowMs, rateOf(ofOne));
    }
    if (ofAll === NO_LIMIT) return 0;
    return this.#ofAll.tryTake(1, nowMs, rateOf(ofAll)) ? 0 : this.#ofAll.msUntil(1, nowMs, rateOf(ofAll));
  }

  #bucketOf(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket();
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #sweep(rate: number, nowMs: number): void {
    if (nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    if (rate === NO_LIMIT) this.#buckets.clear();
    for (const [key, bucket] of this.#buckets) {
      if (bucket.msUntil(rate, nowMs, rateOf(rate)) === 0) this.#buckets.delete(key);
    }
  }
}

function rateOf(perSecond: number): TokenRate {
  return { perSecond, burst: perSecond };
}
